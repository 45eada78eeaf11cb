"""Ports of this machine."""

import socket


def free_port() -> int:
    """One at which nobody listens: for what must be known beforehand, or be tried in vain."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
