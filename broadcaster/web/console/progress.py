"""How far an alert is: per channel who has it, who does not, and who may; in a few groups that people can read."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from broadcaster.model.delivery import State
from broadcaster.store import alerts, incidents, journal, people, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.store.incidents import IncidentRow
from broadcaster.store.reached import Pile
from broadcaster.web.console.curve import Curve, curve, ready_at
from broadcaster.web.reaching import Far, began

K = TypeVar("K", bound=Hashable)
GROUPS: dict[str, frozenset[State]] = {
    "delivered": frozenset({State.DELIVERED}),
    "accepted": frozenset({State.ACCEPTED}),
    "under_way": frozenset({State.DUE, State.CLAIMED, State.STARTED}),
    "uncertain": frozenset({State.UNCERTAIN}),
    "failed": frozenset({State.FAILED}),
    "stopped": frozenset({State.EXPIRED, State.SUPERSEDED, State.HALTED}),
}
"""The states as an officer sees them, best first. What was taken and what is not known stay apart."""
MISSING = (State.FAILED, State.UNCERTAIN, State.EXPIRED, State.HALTED)
"""States of readers who may not have it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One channel: how many in each group; `parts` has those that are there, with where each begins and how wide it
    is, in thousandths."""

    kind: str
    groups: dict[str, int]

    @property
    def total(self) -> int:
        """All deliveries of the channel."""
        return sum(self.groups.values())

    @property
    def parts(self) -> list[tuple[str, int, int]]:
        """(group, from, width)."""
        found, begin = [], 0
        for name, count in self.groups.items():
            if count:
                width = max(1, round(1000 * count / self.total))
                found.append((name, begin, min(width, 1000 - begin)))
                begin = min(999, begin + width)
        return found


@dataclass(frozen=True, slots=True)
class Lack:
    """Readers who may not have it, of one channel, for one reason."""

    kind: str
    state: State
    reason: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Progress:
    """An alert as it stands. release: the state of its release; languages: a bar for each channel and language;
    lacks: who may not have it; curve: how many had it when; ready_at: when it is done at this pace; lines: what
    happened, newest first, each with a name; tasks: how many are to be done by hand, and of those late."""

    row: AlertRow
    incident: IncidentRow | None
    release: str | None
    bars: list[Bar]
    languages: list[tuple[str, Bar]]
    lacks: list[Lack]
    curve: Curve | None
    ready_at: datetime | None
    read_at: datetime
    lines: list[dict[str, Any]]
    tasks: tuple[int, int]

    def sum(self, *groups: str) -> int:
        """How many deliveries are in these groups."""
        return sum(bar.groups[name] for bar in self.bars for name in groups)

    @property
    def groups(self) -> dict[str, int]:
        """All deliveries by group: together they are the total."""
        return {name: self.sum(name) for name in GROUPS}

    @property
    def total(self) -> int:
        """All deliveries."""
        return sum(bar.total for bar in self.bars)

    @property
    def missing(self) -> int:
        """How many may not have it, and get no more by themselves."""
        return sum(lack.count for lack in self.lacks)

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.sum("under_way") == 0


def read(conn: Connection, far: Far, now: datetime) -> Progress:
    """What else there is to say of how far an alert is."""
    row, found = far.row, far.reached
    under_way = sum(pile.count for pile in found.piles if pile.state in GROUPS["under_way"])
    line = curve(found, began(conn, row), under_way)
    return Progress(
        row,
        incidents.get(conn, row.draft.incident),
        far.release,
        bars(_tally(found.piles, lambda pile: pile.kind)),
        [
            (language, Bar(kind, grouped(states)))
            for (kind, language), states in sorted(_tally(found.piles, lambda pile: (pile.kind, pile.language)).items())
        ],
        _lacks(found.piles),
        line,
        ready_at(line, under_way, found.read_at),
        found.read_at,
        _lines(conn, row),
        _tasks(conn, row, now),
    )


def _tally(piles: Sequence[Pile], key: Callable[[Pile], K]) -> dict[K, Counter[str]]:
    """Counts by state, by what `key` says of a pile."""
    found: dict[K, Counter[str]] = {}
    for pile in piles:
        found.setdefault(key(pile), Counter())[pile.state.value] += pile.count
    return found


def _lacks(piles: Sequence[Pile]) -> list[Lack]:
    found = Counter[tuple[str, State, str | None]]()
    for pile in piles:
        if pile.state in MISSING:
            found[pile.kind, pile.state, pile.reason if pile.state is State.FAILED else None] += pile.count
    return [Lack(*key, count) for key, count in sorted(found.items(), key=lambda item: (item[0][0], -item[1]))]


def _tasks(conn: Connection, row: AlertRow, now: datetime) -> tuple[int, int]:
    open_ones = [item.task for item in tasks.open_for(conn, None, now) if item.task.alert_id == row.id]
    return len(open_ones), sum(item.is_late(now) for item in open_ones)


def bars(counts: Mapping[str, Mapping[str, int]]) -> list[Bar]:
    """A bar for every channel kind."""
    return [Bar(kind, grouped(states)) for kind, states in sorted(counts.items())]


def grouped(states: Mapping[str, int]) -> dict[str, int]:
    """Counts by state as counts by group."""
    return {
        name: sum(count for state, count in states.items() if State(state) in group) for name, group in GROUPS.items()
    }


def _lines(conn: Connection, row: AlertRow) -> list[dict[str, Any]]:
    """The journal about an alert and its draft, newest first."""
    names, channels = people.names(conn), tasks.names(conn)
    found = journal.about(conn, [row.draft_id, *(other.id for other in alerts.of_draft(conn, row.draft_id))])
    return [
        {
            "at": line["at"],
            "kind": line["kind"],
            "who": names.get(line["actor"], ""),
            "data": line["data"],
            "channel": channels.get(line["data"].get("channel", ""), ""),
        }
        for line in reversed(found)
        if line["kind"] != "DraftRevised"
    ]
