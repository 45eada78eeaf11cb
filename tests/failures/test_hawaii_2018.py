"""Hawaii, 13 January 2018: a drill sent as a real missile alert by one person."""
