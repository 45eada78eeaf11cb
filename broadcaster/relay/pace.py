"""How often a relay does what it does all the time, in seconds."""

from dataclasses import dataclass

from broadcaster.boards.client import WAIT_IN


@dataclass(frozen=True, slots=True)
class Pace:
    """clock: looks whether the time is proven. carry: reports up. ask: for receipts. tell: what screens show. hear: the
    hub's word on a board, which it gives every minute. sticks: looks for one. hold: a source may keep an answer so long
    while there is nothing new; a line that falls silent is noticed after that."""

    clock: float = 10.0
    carry: float = 5.0
    ask: float = 60.0
    tell: float = 60.0
    hear: float = 30.0
    sticks: float = 3.0
    hold: float = WAIT_IN


USUAL = Pace()
