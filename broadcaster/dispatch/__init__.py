"""The delivery engine: from claimed rows to outcomes, and back into the rows."""
