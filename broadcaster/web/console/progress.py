"""How far an alert is: per channel who has it, who does not, and who may; in a few groups that people can read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from broadcaster.model.delivery import State
from broadcaster.store import alerts, incidents, journal, people
from broadcaster.store.alerts import AlertRow
from broadcaster.store.incidents import IncidentRow
from broadcaster.web.alerts import standing
from broadcaster.workflow import approving

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
class Progress:
    """An alert as it stands. release: the state of its release; lines: what happened, newest first, each with a
    name."""

    row: AlertRow
    incident: IncidentRow | None
    release: str | None
    bars: list[Bar]
    missing: dict[str, int]
    lines: list[dict[str, Any]]

    def sum(self, *groups: str) -> int:
        """How many deliveries are in these groups."""
        return sum(bar.groups[name] for bar in self.bars for name in groups)

    @property
    def total(self) -> int:
        """All deliveries."""
        return sum(bar.total for bar in self.bars)

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.sum("under_way") == 0


def read(conn: Connection, alert_id: str) -> Progress:
    """Read how far an alert is."""
    row = approving.alert_of(conn, alert_id)
    release, counts = standing(conn, row)
    return Progress(
        row, incidents.get(conn, row.draft.incident), release, bars(counts), _missing(counts), _lines(conn, row)
    )


def bars(counts: Mapping[str, Mapping[str, int]]) -> list[Bar]:
    """A bar for every channel kind."""
    return [Bar(kind, grouped(states)) for kind, states in sorted(counts.items())]


def grouped(states: Mapping[str, int]) -> dict[str, int]:
    """Counts by state as counts by group."""
    return {
        name: sum(count for state, count in states.items() if State(state) in group) for name, group in GROUPS.items()
    }


def _missing(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """How many are in each state that leaves a reader without the message."""
    tally = {state.value: sum(states.get(state.value, 0) for states in counts.values()) for state in MISSING}
    return {state: count for state, count in tally.items() if count}


def _lines(conn: Connection, row: AlertRow) -> list[dict[str, Any]]:
    """The journal about an alert and its draft, newest first."""
    names = people.names(conn)
    found = journal.about(conn, [row.draft_id, *(other.id for other in alerts.of_draft(conn, row.draft_id))])
    return [
        {"at": line["at"], "kind": line["kind"], "who": names.get(line["actor"], ""), "data": line["data"]}
        for line in reversed(found)
        if line["kind"] != "DraftRevised"
    ]
