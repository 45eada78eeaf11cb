"""How often a relay does what it does all the time, in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """clock: looks whether the time is proven. carry: reports up. ask: for receipts. tell: what screens show. hear: the
    hub's word on a board, which it gives every minute. sticks: looks for one."""

    clock: float = 10.0
    carry: float = 5.0
    ask: float = 60.0
    tell: float = 60.0
    hear: float = 30.0
    sticks: float = 3.0


USUAL = Pace()
