"""How many had an alert at which moment: a line drawn by the server, and a sentence for who sees no line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadcaster.store.reached import STEP, Reached

WIDTH, HEIGHT = 1000, 300
_MOST = 120
"""Points of a line: more than anybody sees."""
_MARKS = 4
_PACE_OVER = timedelta(seconds=60)
_SHARES = (50, 95)


@dataclass(frozen=True, slots=True)
class Curve:
    """A line from (0, HEIGHT) to the right. marks: moments at equal distances below it. shares: when so many per cent
    of all had it. pace: how many a second got it of late."""

    points: tuple[tuple[int, int], ...]
    marks: tuple[datetime, ...]
    shares: tuple[tuple[int, datetime], ...]
    pace: float

    @property
    def is_short(self) -> bool:
        """Whether its marks are less than a minute or so apart, so that seconds matter."""
        return self.marks[-1] - self.marks[0] < timedelta(minutes=8)

    @property
    def line(self) -> str:
        """The line as SVG has it."""
        return " ".join(f"{x},{y}" for x, y in self.points)

    @property
    def below(self) -> str:
        """What lies below it."""
        return f"0,{HEIGHT} {self.line} {self.points[-1][0]},{HEIGHT}" if self.points else ""


def curve(found: Reached, begins: datetime, under_way: int) -> Curve | None:
    """The line of what was read: up to then while something is under way, else up to the last who got it. None while
    nobody has it."""
    if not found.steps or not found.total:
        return None
    begins = min(begins, found.steps[0][0] - STEP).replace(microsecond=0)  # the report knows whole seconds
    ends = max(found.read_at, found.steps[-1][0]) if under_way else found.steps[-1][0]
    span = max(ends - begins, STEP)
    points = [(0, HEIGHT)]
    for at, count in _thinned(found.steps):
        x = round(WIDTH * ((at - begins) / span))
        points += [(x, points[-1][1]), (x, HEIGHT - round(HEIGHT * count / found.total))]
    if points[-1][0] < WIDTH:
        points.append((WIDTH, points[-1][1]))
    marks = tuple(begins + span * n / _MARKS for n in range(_MARKS + 1))
    return Curve(tuple(points), marks, tuple(_shares(found)), _pace(found, begins))


def _thinned(steps: Sequence[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
    """Some of the steps, evenly, and always the last."""
    every = -(-len(steps) // _MOST)
    return [step for n, step in enumerate(steps) if (len(steps) - 1 - n) % every == 0]


def _shares(found: Reached) -> list[tuple[int, datetime]]:
    """When half of all had it, and when nearly all, as far as it came to that."""
    when = []
    for share in _SHARES:
        at = next((at for at, count in found.steps if count * 100 >= share * found.total), None)
        if at is not None:
            when.append((share, at))
    return when


def _pace(found: Reached, begins: datetime) -> float:
    since = max(begins, found.read_at - _PACE_OVER)
    earlier = max((count for at, count in found.steps if at <= since), default=0)
    passed = max((found.read_at - since).total_seconds(), STEP.total_seconds())
    return (found.steps[-1][1] - earlier) / passed


def ready_at(line: Curve | None, under_way: int, read_at: datetime) -> datetime | None:
    """When it will be done if it goes on like this; None when nothing moves: then nobody can say."""
    if line is None or line.pace <= 0 or not under_way:
        return None
    return read_at + timedelta(seconds=min(under_way / line.pace, 7 * 86400))
