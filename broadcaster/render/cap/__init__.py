"""The Common Alerting Protocol 1.2, out and in.

https://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2.html
"""
