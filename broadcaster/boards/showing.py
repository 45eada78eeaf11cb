"""What a reader may be told about a held board at an instant. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from broadcaster.boards.refusals import Refusal, Refused
from broadcaster.boards.snapshot import valid_at
from broadcaster.boards.verifying import Board
from broadcaster.model.board import Notice

CLOCK_MARGIN_IN = timedelta(minutes=1)
"""Two honest clocks may differ by this much."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The notices to show. `age_in` is the time since the hub issued the board; None when this
    machine's clock is behind the hub's, so that nobody can say."""

    board: Board
    age_in: timedelta | None
    notices: list[Notice]


def show(board: Board, now: datetime) -> Shown | Refused:
    """The board as it stands at `now`: a notice leaves at its expiry, all of them at the board's."""
    issued_at = board.payload.issued_at
    present = max(now, issued_at)  # it is at least as late as what the hub has signed
    if present >= board.payload.not_after:
        return Refused(Refusal.EXPIRED)
    known = now >= issued_at - CLOCK_MARGIN_IN
    return Shown(board, present - issued_at if known else None, valid_at(present, board.payload.notices))
