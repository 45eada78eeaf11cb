"""How the point stands: what counts now, in which mode, and what the host told last. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from broadcaster.boards.bundle import Receipt
from broadcaster.boards.refusals import Refused
from broadcaster.boards.showing import show
from broadcaster.boards.verifying import Board
from broadcaster.model.board import Notice
from broadcaster.model.report import Opening, Report


@dataclass(frozen=True, slots=True)
class Notices:
    """What a board shows at an instant. held: whether any came in; outdated: it came in, and is over."""

    current: tuple[Notice, ...] = ()
    held: bool = False
    outdated: bool = False

    @property
    def numbers(self) -> list[int]:
        """The numbers, in order."""
        return sorted(notice.number for notice in self.current)


def notices_of(board: Board | None, now: datetime) -> Notices:
    """What a display shows of a board."""
    if board is None:
        return Notices()
    shown = show(board, now)
    if isinstance(shown, Refused):
        return Notices(held=True, outdated=True)
    return Notices(tuple(shown.notices), held=True, outdated=bool(board.payload.notices) and not shown.notices)


def is_exercise(live: Notices, exercise: Notices) -> bool:
    """Whether the page stands in an exercise: one is shown, and nothing real is."""
    return bool(exercise.current) and not live.current


def last_opening(told: Iterable[Report]) -> tuple[Opening, datetime] | None:
    """What was told last of being open, and since when it is so; `told` has the newest first."""
    found: tuple[Opening, datetime] | None = None
    for report in told:
        if report.opening is None:
            continue
        if found is not None and report.opening.open is not found[0].open:
            break
        found = (found[0] if found else report.opening, report.at)
    return found


def on_paper(told: Iterable[Report]) -> tuple[int, ...]:
    """The numbers that hang, as was told last."""
    said = (report.showing.paper for report in told if report.showing is not None)
    return next((paper for paper in said if paper is not None), ())


def to_take_down(notices: Notices, hanging: Iterable[int]) -> list[int]:
    """The numbers that may hang and no longer count."""
    replaced = {notice.replaces for notice in notices.current if notice.replaces is not None}
    return sorted((replaced | set(hanging)) - set(notices.numbers))


def last_read(told: Iterable[Report], receipts: Mapping[str, Receipt]) -> datetime | None:
    """When an officer last read something of this point."""
    read = (receipts[report.id].read_at for report in told if report.id in receipts)
    return max((at for at in read if at is not None), default=None)
