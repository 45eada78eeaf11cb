"""A relay: a small box at a support point that pulls boards, keeps them, and serves them on the local network.

It has no database and no secret but its device's key: files, each replaced as a whole. What it takes from anyone,
a hub, another relay or a stick, it verifies first.
"""
