"""Zeeland, 2018: boards of ninety characters stayed blank, for the text needed a hundred."""
