"""The officers' console: pages from the server, over the same functions of the workflow as the API calls."""
