"""How a demo ends that could not be played."""


class DemoFailure(Exception):
    """The demo cannot go on; the message is one English sentence."""
