"""Who has an alert and who has not: every addressee in exactly one pile, and how many had it at which moment.

All of it is one reading of the database, so that it adds up. Reading a million deliveries takes seconds (decision 60):
whoever shows this often keeps what was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from broadcaster.model.delivery import State
from broadcaster.store import dialect
from broadcaster.store.columns import instant

STEP = timedelta(seconds=5)
"""How exact the moments are."""
HAS_IT = frozenset({State.ACCEPTED, State.DELIVERED})
"""States of readers who have it, as far as a provider can tell."""


@dataclass(frozen=True, slots=True)
class Pile:
    """Addressees that are alike. language: of the text they get. reason: why not, where somebody said so."""

    kind: str
    language: str
    state: State
    reason: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Reached:
    """piles: all addressees. steps: (moment, how many had it by then) of those who have it, as the moments come."""

    piles: tuple[Pile, ...]
    steps: tuple[tuple[datetime, int], ...]
    read_at: datetime

    @property
    def total(self) -> int:
        """All addressees."""
        return sum(pile.count for pile in self.piles)

    @property
    def has_it(self) -> int:
        """How many have it."""
        return sum(pile.count for pile in self.piles if pile.state in HAS_IT)


def read(conn: Connection, alert_id: str, unmade: State | None, now: datetime) -> Reached:
    """Read it. unmade: what an addressee without a delivery counts as; None while nobody approved the alert, and
    nothing is due. A transaction that reads more and wants it to add up begins with `dialect.one_reading`."""
    if unmade is None:
        return Reached((), (), now)
    return Reached(tuple(_piles(conn, alert_id, unmade)), tuple(_steps(conn, alert_id)), now)


_PILES = """
    SELECT r.kind, r.language, g.state, g.reason, sum(g.count) FROM (
        SELECT e.rendition, d.state, d.reason, count(*) AS count
        FROM delivery d JOIN addressee e ON e.alert_id = d.alert_id AND e.n = d.n
        WHERE d.alert_id = :alert GROUP BY e.rendition, d.state, d.reason
        UNION ALL
        SELECT e.rendition, CAST(:unmade AS text), NULL, count(*)
        FROM addressee e LEFT JOIN expansion x ON x.alert_id = e.alert_id
        WHERE e.alert_id = :alert AND e.n >= coalesce(x.next_n, 1) GROUP BY e.rendition
    ) g JOIN rendition r ON r.alert_id = :alert AND r.position = g.rendition
    GROUP BY r.kind, r.language, g.state, g.reason ORDER BY r.kind, r.language, g.state, g.reason"""
# Who was accepted and delivered later has it since it was accepted.
_STEPS = """
    SELECT at / :step, count(*) FROM (
        SELECT CASE d.state WHEN 'accepted' THEN d.state_at ELSE coalesce((
            SELECT min(a.at) FROM attempt a WHERE a.delivery_id = d.id AND a.outcome = 'accepted'),
            d.state_at) END AS at
        FROM delivery d WHERE d.alert_id = :alert AND d.state IN ('accepted', 'delivered')
    ) s GROUP BY at / :step ORDER BY at / :step"""


def _piles(conn: Connection, alert_id: str, unmade: State) -> Sequence[Pile]:
    rows = conn.execute(dialect.sql(_PILES), {"alert": alert_id, "unmade": unmade.value})
    return [Pile(kind, language, State(state), reason, int(count)) for kind, language, state, reason, count in rows]


def _steps(conn: Connection, alert_id: str) -> Sequence[tuple[datetime, int]]:
    step = int(STEP.total_seconds() * 1000)
    found, by_then = [], 0
    for at, count in conn.execute(dialect.sql(_STEPS), {"alert": alert_id, "step": step}):
        by_then += count
        found.append((instant((int(at) + 1) * step), by_then))
    return found
