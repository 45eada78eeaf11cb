"""The page of a support point's host: a volunteer without an account, on the relay of the point itself.

Everything works without a line: the page, what it keeps and what it shows are on the relay.
"""
