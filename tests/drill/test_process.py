"""R11: the drill process itself: no connection, no secret, no key, one at a time."""
