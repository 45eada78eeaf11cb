"""The HTTP surface: requests in, the workflow's decisions out. It maps and decides nothing itself."""
