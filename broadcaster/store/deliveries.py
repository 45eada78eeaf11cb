"""Deliveries: made in slices from the frozen addressees, named when an alert stops, counted and listed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, text

from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.model.events import SYSTEM, Event
from broadcaster.store import dialect, journal
from broadcaster.store.columns import instant, millis
from broadcaster.store.tables import OPEN

log = structlog.get_logger()
MOST_FOLLOWED = 20
"""Alerts whose progress is told."""
SLICE = 4_000
"""Rows an expansion or a sweep touches in one transaction."""
FIRST_SLICE = 500
"""The first rows of an alert: no more than go out at once, so that those leave at once."""


ACTIVE = """stage = 'approved' AND halted_at IS NULL AND superseded_at IS NULL AND expires_at > :now"""
"""SQL: an alert that may send at `:now`."""
ENDS_AT = """CASE WHEN a.stage = 'expired' THEN 0 ELSE a.expires_at END"""
"""SQL: when an alert `a` ends, in milliseconds. What a clock that ran ahead took for expired stays so."""
NOT_APPROVED = "not-approved"
"""The reason of a delivery that failed because what stands in the database is not what somebody approved."""
WENT_OUT = """(d.transmissions > 0 OR d.state IN ('started', 'accepted', 'delivered', 'uncertain'))"""
"""SQL: a delivery `d` whose bytes may have gone out."""


def expand(conn: Connection, alert_id: str, accounts: Mapping[str, str], now: datetime) -> int:
    """Make the next slice of an alert's deliveries; how many, 0 when it is complete.

    `accounts`: the account that starts with each channel kind. The cursor moves in this transaction.
    An alert that was stopped meanwhile gets its rows all the same, in their end state. So does an addressee
    of a withdrawal to whom there is nothing to withdraw. Of a slice that does not hold exactly the addressees that were
    approved, by number, nothing is sent: its rows fail for good, and the journal and the log say so.
    """
    query = (
        "SELECT x.next_n, x.lane, a.addressee_count, a.replaces_id, a.halted_at, a.superseded_at, a.expires_at"
        " FROM expansion x JOIN alert a ON a.id = x.alert_id WHERE x.alert_id = :alert AND x.done_at IS NULL"
    )
    found = conn.execute(text(query + dialect.lock(conn, "UPDATE OF x")), {"alert": alert_id}).one_or_none()
    if found is None:
        return 0
    state = stopped(found.halted_at, found.superseded_at, found.expires_at, millis(now)) or State.DUE
    until = found.next_n + (SLICE if found.next_n > 1 else min(SLICE, FIRST_SLICE))
    given = {"alert": alert_id, "lane": found.lane, "state": state.value, "reason": None, "now": millis(now)}
    given |= {"since": found.next_n, "until": until}
    if _addressed(conn, given) != min(until - 1, found.addressee_count) - found.next_n + 1:
        given |= {"state": State.FAILED.value, "reason": NOT_APPROVED}
    if found.replaces_id is not None:
        given |= {"replaced": found.replaces_id}
        _name_pending(conn, given)
    made = _make(conn, accounts, given)
    if given["reason"]:
        refused = Event("DeliveriesRefused", SYSTEM, alert_id, {"reason": NOT_APPROVED, "count": made})
        journal.append(conn, [refused], now)
        log.critical("a slice of an alert is not what was approved, nothing of it is sent", alert=alert_id)
    done = millis(now) if until > found.addressee_count else None
    moved = {"next": until, "done": done, "alert": alert_id}
    conn.execute(text("UPDATE expansion SET next_n = :next, done_at = :done WHERE alert_id = :alert"), moved)
    return made


def _addressed(conn: Connection, given: dict[str, Any]) -> int:
    """How many addressees a slice has. Counting slice by slice costs nothing that anybody waits for; counting a million
    before the first message costs it 0.1 s and more."""
    query = "SELECT count(*) FROM addressee WHERE alert_id = :alert AND n >= :since AND n < :until"
    return int(conn.scalar(dialect.sql(query), {name: given[name] for name in ("alert", "since", "until")}) or 0)


_PENDING = "LEFT JOIN delivery d ON d.alert_id = :replaced AND d.n = e.pending_n"
# What is open after `_name_pending` is on the wire, or in another transaction's hands: one withdrawal too many
# harms less than one too few.
_NOT_REACHED = f"(e.pending_n IS NOT NULL AND (d.id IS NULL OR NOT ({WENT_OUT} OR d.{OPEN})))"


def _name_pending(conn: Connection, given: dict[str, Any]) -> None:
    """Bring to rest what addressees of this slice wait for: a row that was named cannot start any more, so
    what is read of it now stays true."""
    open_ones = (
        f"SELECT d.id FROM addressee e JOIN delivery d ON d.alert_id = :replaced AND d.n = e.pending_n AND d.{OPEN}"
        " WHERE e.alert_id = :alert AND e.n >= :since AND e.n < :until AND d.state IN ('due', 'claimed')"
        f" {dialect.skip_locked(conn, 'd')}"
    )
    query = (
        "UPDATE delivery SET state = (SELECT CASE WHEN a.halted_at IS NULL THEN 'superseded' ELSE 'halted' END"
        " FROM alert a WHERE a.id = :replaced), state_at = :now, due_at = NULL, owner = NULL, epoch = epoch + 1"
        f" WHERE id IN ({open_ones})"
    )
    conn.execute(text(query), given)


def _make(conn: Connection, accounts: Mapping[str, str], given: dict[str, Any]) -> int:
    """Deliveries for the addressees from number `since` up to `until`; a kind without an account waits under
    its own name until one is configured."""
    starting = dialect.rows(conn, "accounts", [("kind", "text"), ("account", "text")])
    idle, joined = ("1 = 0", "") if "replaced" not in given else (_NOT_REACHED, _PENDING)
    query = (
        "INSERT INTO delivery (alert_id, n, lane, kind, account, state, state_at, due_at, reason)"
        " SELECT e.alert_id, e.n, :lane, r.kind, coalesce(s.account, r.kind),"
        f" CASE WHEN {idle} THEN 'superseded' ELSE :state END, :now,"
        f" CASE WHEN NOT ({idle}) AND :state = 'due' THEN :now END,"
        f" CASE WHEN {idle} THEN 'not-reached' ELSE CAST(:reason AS text) END"
        " FROM addressee e JOIN rendition r ON r.alert_id = e.alert_id AND r.position = e.rendition"
        f" LEFT JOIN {starting} s ON s.kind = r.kind {joined}"
        " WHERE e.alert_id = :alert AND e.n >= :since AND e.n < :until ORDER BY e.n"
    )
    return conn.execute(text(query), given | {"accounts": dialect.as_rows(list(accounts.items()))}).rowcount


T = TypeVar("T", int, datetime)


def stopped(halted_at: T | None, superseded_at: T | None, expires_at: T, now: T) -> State | None:
    """The end state of an alert's unsent deliveries at `now`; None while it may send."""
    if halted_at is not None:
        return State.HALTED
    if superseded_at is not None:
        return State.SUPERSEDED
    return State.EXPIRED if expires_at <= now else None


def expanding(conn: Connection, lane: Lane) -> list[str]:
    """Alerts of a lane whose deliveries are not all made yet, whose turn it is first.

    Every alert gets its first slice before any gets its next one, so that its first message leaves at once. Then the
    most severe, and of equals the one that has the fewest: they go on in turns. What was stopped comes last: of that
    there is nothing to send.
    """
    query = (
        "SELECT x.alert_id FROM expansion x JOIN alert a ON a.id = x.alert_id"
        " WHERE x.done_at IS NULL AND x.lane = :lane ORDER BY"
        " CASE WHEN a.halted_at IS NULL AND a.superseded_at IS NULL AND a.stage = 'approved' THEN 0 ELSE 1 END,"
        " CASE WHEN x.next_n = 1 THEN 0 ELSE 1 END, a.severity_rank, x.next_n, x.alert_id"
    )
    return list(conn.scalars(text(query), {"lane": lane.value}))


def stopped_alerts(conn: Connection, lane: Lane, now: datetime) -> set[str]:
    """Alerts of a lane that were released and must send nothing any more, not swept yet."""
    query = (
        "SELECT a.id FROM alert a JOIN expansion x ON x.alert_id = a.id WHERE a.lane = :lane AND a.swept_at IS NULL"
        f" AND NOT ({ACTIVE})"
    )
    return set(conn.scalars(text(query), {"lane": lane.value, "now": millis(now)}))


def sweep(conn: Connection, alert_id: str, now: datetime) -> int:
    """Name a slice of a stopped alert's unsent deliveries; how many. Marks the alert when none is left."""
    row = conn.execute(
        text(f"SELECT halted_at, superseded_at, {ENDS_AT} AS ends_at FROM alert a WHERE id = :alert"),
        {"alert": alert_id},
    ).one()
    state = stopped(row.halted_at, row.superseded_at, row.ends_at, millis(now))
    if state is None:
        return 0
    named = _name_slice(conn, alert_id, state, now, State.DUE)
    # A claim that never starts is named too: its owner's mark `started` then takes nothing.
    named = named or _name_slice(conn, alert_id, state, now, State.CLAIMED)
    if not named and not _open(conn, alert_id):
        conn.execute(
            text("UPDATE alert SET swept_at = :now WHERE id = :alert"), {"alert": alert_id, "now": millis(now)}
        )
    return named


_IN_DOUBT = "(:state = 'expired' AND transmissions > 0)"
"""SQL: at its deadline a delivery of which a copy may have arrived: nobody may call that expired (`policy` neither)."""


def _name_slice(conn: Connection, alert_id: str, state: State, now: datetime, which: State) -> int:
    query = (
        f"UPDATE delivery SET state = CASE WHEN {_IN_DOUBT} THEN 'uncertain' ELSE :state END,"
        f" reason = CASE WHEN {_IN_DOUBT} THEN 'uncertain' ELSE reason END,"
        " state_at = :now, due_at = NULL, owner = NULL, epoch = epoch + 1"
        f" WHERE id IN (SELECT d.id FROM delivery d WHERE d.alert_id = :alert AND d.{OPEN} AND d.state = :which"
        f" LIMIT {SLICE} {dialect.skip_locked(conn, 'd')})"
    )
    parameters = {"alert": alert_id, "state": state.value, "which": which.value, "now": millis(now)}
    return conn.execute(text(query), parameters).rowcount


def _open(conn: Connection, alert_id: str) -> bool:
    """Whether an alert has unexpanded addressees, or deliveries that are not at rest."""
    query = (
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM expansion WHERE alert_id = :alert AND done_at IS NULL)"
        f" OR EXISTS (SELECT 1 FROM delivery WHERE alert_id = :alert AND {OPEN})"
    )
    return conn.scalar(text(query), {"alert": alert_id}) is not None


def settled(conn: Connection, alert_id: str) -> bool:
    """Whether nothing will happen to an alert's deliveries by itself any more."""
    return not _open(conn, alert_id)


def resend(
    conn: Connection, alert_id: str, states: Sequence[State], accounts: Mapping[str, str], now: datetime
) -> dict[str, int]:
    """Make due again what is in one of `states`, at the account its kind starts with; how many of each kind.

    Not what has had its two transmissions, nor who opted out or whose address is gone.
    """
    starting = dialect.rows(conn, "accounts", [("kind", "text"), ("account", "text")])
    gone = (
        "SELECT e.n FROM addressee e JOIN address a ON a.id = e.address_id"
        " WHERE e.alert_id = :alert AND coalesce(a.opted_out_at, a.retired_at) IS NOT NULL"
    )
    query = (
        "UPDATE delivery SET state = 'due', state_at = :now, due_at = :now, owner = NULL, reason = NULL,"
        f" account = coalesce((SELECT s.account FROM {starting} s WHERE s.kind = delivery.kind), kind)"
        f" WHERE alert_id = :alert AND state IN (SELECT item FROM {dialect.texts(conn, 'states')} j)"
        f" AND transmissions < 2 AND coalesce(reason, '') <> 'opted-out' AND n NOT IN ({gone}) RETURNING kind"
    )
    given = {"alert": alert_id, "now": millis(now), "states": dialect.as_rows(states)}
    kinds = conn.scalars(text(query), given | {"accounts": dialect.as_rows(list(accounts.items()))})
    return dict(sorted(Counter(kinds).items()))


# One statement, so one state of the database: what is made meanwhile is counted on one side, and not on both or none.
_COUNTS = """
    SELECT kind, state, count(*) FROM delivery WHERE alert_id = :alert GROUP BY kind, state
    UNION ALL
    SELECT r.kind, CAST(:waiting AS text), count(*) FROM addressee e
    JOIN rendition r ON r.alert_id = e.alert_id AND r.position = e.rendition
    LEFT JOIN expansion x ON x.alert_id = e.alert_id
    WHERE e.alert_id = :alert AND e.n >= coalesce(x.next_n, 1) GROUP BY r.kind"""


def counts(conn: Connection, alert_id: str, waiting: State = State.DUE) -> dict[str, dict[str, int]]:
    """Deliveries by channel kind and state; addressees without a delivery count as `waiting`."""
    tally: dict[str, Counter[str]] = {}
    for kind, state, count in conn.execute(dialect.sql(_COUNTS), {"alert": alert_id, "waiting": waiting.value}):
        tally.setdefault(kind, Counter())[state] += count
    return {kind: dict(sorted(states.items())) for kind, states in sorted(tally.items())}


@dataclass(frozen=True, slots=True)
class Progress:
    """How an alert's deliveries stand. over: it is past, and nothing will happen to them by itself any more."""

    alert_id: str
    counts: dict[str, dict[str, int]]
    over: bool


def progress(conn: Connection, known: Sequence[str], now: datetime) -> list[Progress]:
    """The counts of alerts under way, the newest few, and of those that were `known` to be."""
    query = (
        "SELECT a.id FROM alert a JOIN expansion x ON x.alert_id = a.id"
        f" WHERE a.stage = 'approved' AND a.expires_at > :now ORDER BY a.id DESC LIMIT {MOST_FOLLOWED}"
    )
    current = list(conn.scalars(text(query), {"now": millis(now)}))
    past = [alert_id for alert_id in known if alert_id not in current]
    # Whether it is over is asked first: what happens in between is then counted once more.
    over = {alert_id: settled(conn, alert_id) for alert_id in past}
    return [Progress(item, counts(conn, item), over.get(item, False)) for item in (*current, *past)]


def listed(conn: Connection, alert_id: str, state: State | None, after: int, limit: int) -> list[dict[str, Any]]:
    """Deliveries of an alert after number `after`, in order; never an address."""
    query = (
        "SELECT d.n, d.kind, d.account, d.state, d.state_at, d.due_at, d.attempts, d.transmissions, d.reason,"
        " r.language"
        " FROM delivery d JOIN addressee e ON e.alert_id = d.alert_id AND e.n = d.n"
        " JOIN rendition r ON r.alert_id = e.alert_id AND r.position = e.rendition"
        " WHERE d.alert_id = :alert AND d.n > :after"
        + (" AND d.state = :state" if state else "")
        + " ORDER BY d.n LIMIT :limit"
    )
    parameters: dict[str, Any] = {"alert": alert_id, "after": after, "limit": limit} | (
        {"state": state.value} if state else {}
    )
    return [_as_listed(dict(row)) for row in conn.execute(text(query), parameters).mappings()]


def _as_listed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"state_at": instant(row["state_at"]), "due_at": instant(row["due_at"]) if row["due_at"] else None}
