"""Los Angeles, 9 January 2025: an area that was never uploaded, and ten million people."""
