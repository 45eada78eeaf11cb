"""Three days without mains, lines or masts, told in a minute or two: a hub, the relays of three support points, sticks
that a courier carries, and a clock that can be moved on."""
