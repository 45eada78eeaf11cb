"""R11: ten thousand random lives; nothing but a real alert ever reaches a live channel."""
