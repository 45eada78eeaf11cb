"""Boards: made, signed, served, fetched and verified. A display and a relay use the same code as the hub."""
