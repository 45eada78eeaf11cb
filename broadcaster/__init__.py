"""Omroeper: an event-driven crisis-communication broadcaster."""

__version__ = "0.1.0"
