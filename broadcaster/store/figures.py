"""The figures that whoever watches over the hub looks at: counts and instants, never whose.

Counting the deliveries of notices that are valid reads each of them once; everything else costs next to nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.store import dialect, journal
from broadcaster.store.columns import instant

MOST_FACTS = 100_000
"""Facts that wait are counted up to here."""
UNDER_WAY = frozenset({State.CLAIMED, State.STARTED})


@dataclass(frozen=True, slots=True)
class Pile:
    """Deliveries of valid notices that are alike. reason: of those that failed. oldest_at: since when the oldest of
    those that are due waits."""

    account: str
    kind: str
    state: State
    reason: str | None
    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class BoardAge:
    """How far a point's board is. signed_seq: of the last one signed, which lags behind `seq` for a moment."""

    point_id: str
    mode: str
    seq: int
    signed_seq: int
    issued_at: datetime | None


@dataclass(frozen=True, slots=True)
class Totals:
    """What there is once. facts_waiting: at most `MOST_FACTS`."""

    journal: int
    facts_waiting: int
    boards: tuple[BoardAge, ...]


def piles(conn: Connection) -> list[Pile]:
    """The deliveries of every live notice that may still send, or is being wound up."""
    query = (
        "SELECT d.account, d.kind, d.state, CASE d.state WHEN 'failed' THEN d.reason END, count(*),"
        " min(CASE d.state WHEN 'due' THEN d.due_at END)"
        " FROM alert a JOIN expansion x ON x.alert_id = a.id JOIN delivery d ON d.alert_id = a.id"
        f" WHERE a.lane = '{Lane.LIVE.value}' AND a.swept_at IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    )
    return [
        Pile(account, kind, State(state), reason, count, None if oldest is None else instant(oldest))
        for account, kind, state, reason, count, oldest in conn.execute(dialect.sql(query))
    ]


def totals(conn: Connection) -> Totals:
    """The journal, what providers told and nobody read yet, and the boards."""
    facts = f"SELECT count(*) FROM (SELECT 1 FROM fact WHERE applied_at IS NULL LIMIT {MOST_FACTS}) f"
    waiting = int(conn.execute(dialect.sql(facts)).scalar_one())
    return Totals(journal.head(conn).seq, waiting, tuple(board_ages(conn)))


def board_ages(conn: Connection) -> list[BoardAge]:
    """How far the board of every point is, by point and mode."""
    query = "SELECT point_id, mode, seq, signed_seq, issued_at FROM board ORDER BY point_id, mode"
    return [
        BoardAge(point, mode, seq, signed, None if issued is None else instant(issued))
        for point, mode, seq, signed, issued in conn.execute(dialect.sql(query))
    ]


def addresses(conn: Connection) -> dict[str, int]:
    """How many addresses there are of each kind, those of public channels too."""
    query = "SELECT kind, count(*) AS many FROM address WHERE retired_at IS NULL GROUP BY kind"
    return {row.kind: row.many for row in conn.execute(text(query))}
