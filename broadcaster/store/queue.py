"""The queue: claiming, starting and recording deliveries. Every statement works on a set of rows at once.

A row goes from `due` to `claimed` to `started`, and from there to where its outcome says. Who owns it
is fenced by its epoch: whatever arrives with an older one takes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.store import dialect
from broadcaster.store.columns import millis
from broadcaster.store.deliveries import ACTIVE
from broadcaster.store.tables import OPEN

_LONGEST_CHAIN = 32
"""Moves of one address that are followed: an end to a circle, which no provider should report."""


class Claimed(NamedTuple):
    """A delivery somebody owns now. `sealed` is its address, sealed. (A tuple: made by the hundred thousand.)
    `changed`: not None when that address is not what it was, and must be looked up."""

    id: int
    epoch: int
    alert_id: str
    n: int
    rank: int
    rendition: int
    attempts: int
    transmissions: int
    sealed: bytes
    changed: int | None = None


class Result(NamedTuple):
    """Where one delivery goes after an attempt. `sent` is False when certainly nothing went out: then
    the transmission is not counted. `burned` is False when the attempt is not counted either."""

    id: int
    epoch: int
    alert_id: str
    state: State
    account: str
    outcome: str
    sent: bool = True
    burned: bool = True
    due_at: datetime | None = None
    next_account: str | None = None
    reason: str | None = None
    provider_ref: str | None = None
    provider_code: str | None = None
    detail: str | None = None

    def alike(self) -> tuple[object, ...]:
        """What results have in common that one statement can write together."""
        return (*_shared_fields(self), self.due_at is None)


_shared_fields = attrgetter(
    "epoch", "state", "sent", "burned", "reason", "account", "outcome", "provider_code", "detail"
)


def claim(
    conn: Connection, lane: Lane, account: str, owner: str, limit: int, now: datetime, after: str = ""
) -> list[Claimed]:
    """Take up to `limit` due deliveries of an account: most severe first, evenly over equal alerts.

    after: the `turn` of the time before. Who comes after it is first now, so that equals have their turn also where
    `limit` is smaller than their number.
    """
    claimed: list[Claimed] = []
    for rank, peers in groupby(_waiting(conn, lane, account, now), key=lambda row: row.severity_rank):
        left = sorted(peers, key=lambda row: (row.id <= after, row.id))
        while left and len(claimed) < limit:
            share = -(-(limit - len(claimed)) // len(left))
            claimed += _take(conn, left.pop(0).id, account, rank, share, now)
    return _own(conn, claimed, owner, now)


def turn(claimed: Sequence[Claimed]) -> str:
    """The last alert that had a full share of a claim, among the equals that had to divide what was left of it."""
    shares = Counter(one.alert_id for one in claimed if one.rank == claimed[-1].rank)
    return next((alert_id for alert_id, count in reversed(shares.items()) if count == max(shares.values())), "")


def _waiting(conn: Connection, lane: Lane, account: str, now: datetime) -> Sequence[Row[Any]]:
    """Alerts that may send and have deliveries due at an account, most severe first."""
    query = (
        f"SELECT a.id, a.severity_rank FROM alert a WHERE a.lane = :lane AND {ACTIVE} AND EXISTS"
        " (SELECT 1 FROM delivery d WHERE d.alert_id = a.id AND d.account = :account"
        f" AND d.{OPEN} AND d.state = 'due' AND d.due_at <= :now)"
        " ORDER BY a.severity_rank, a.id"
    )
    return conn.execute(dialect.sql(query), {"lane": lane.value, "account": account, "now": millis(now)}).all()


def _take(conn: Connection, alert_id: str, account: str, rank: int, limit: int, now: datetime) -> list[Claimed]:
    query = dialect.sql(
        "SELECT d.id, d.epoch + 1, d.n, e.rendition, d.attempts, d.transmissions, a.sealed,"
        " coalesce(a.opted_out_at, a.retired_at, a.moved_to_id)"
        " FROM delivery d JOIN addressee e ON e.alert_id = d.alert_id AND e.n = d.n"
        " JOIN address a ON a.id = e.address_id"
        f" WHERE d.alert_id = :alert AND d.account = :account AND d.{OPEN} AND d.state = 'due' AND d.due_at <= :now"
        f" ORDER BY d.due_at, d.id LIMIT :limit {dialect.skip_locked(conn, 'd')}"
    )
    parameters = {"alert": alert_id, "account": account, "now": millis(now), "limit": limit}
    found = [
        Claimed(id_, epoch, alert_id, n, rank, rendition, attempts, transmissions, sealed, changed)
        for id_, epoch, n, rendition, attempts, transmissions, sealed, changed in conn.execute(query, parameters)
    ]
    changed = [claim.id for claim in found if claim.changed is not None]
    if not changed:
        return found
    newest = _newest(conn, changed)
    if gone := [id_ for id_ in changed if id_ not in newest]:
        _fail_opted_out(conn, gone, now)
    there = [claim for claim in found if claim.changed is None or claim.id in newest]
    return [claim if claim.changed is None else claim._replace(sealed=newest[claim.id]) for claim in there]


def _newest(conn: Connection, deliveries: Sequence[int]) -> dict[int, bytes]:
    """The newest address of each delivery's reader, sealed, by way of every address it moved to; none when that
    one is retired, or the reader opted out at any of them."""
    query = (
        "WITH RECURSIVE chain (delivery_id, id, step) AS (SELECT d.id, e.address_id, 0 FROM delivery d"
        " JOIN addressee e ON e.alert_id = d.alert_id AND e.n = d.n"
        f" WHERE d.id IN (SELECT id FROM {dialect.ids(conn, 'ids')} j) UNION ALL"
        " SELECT c.delivery_id, a.moved_to_id, c.step + 1 FROM chain c JOIN address a ON a.id = c.id"
        f" WHERE a.moved_to_id IS NOT NULL AND c.step < {_LONGEST_CHAIN})"
        " SELECT c.delivery_id, a.sealed, a.opted_out_at, a.retired_at"
        " FROM chain c JOIN address a ON a.id = c.id ORDER BY c.delivery_id, c.step"
    )
    steps = conn.execute(dialect.sql(query), {"ids": dialect.as_rows(deliveries)}).all()
    ends = {step.delivery_id: step for step in steps}  # the last one of each
    gone = {step.delivery_id for step in steps if step.opted_out_at is not None}
    return {id_: bytes(end.sealed) for id_, end in ends.items() if id_ not in gone and end.retired_at is None}


def _fail_opted_out(conn: Connection, ids: list[int], now: datetime) -> None:
    query = (
        "UPDATE delivery SET state = 'failed', reason = 'opted-out', state_at = :now, due_at = NULL"
        f" WHERE id IN (SELECT id FROM {dialect.ids(conn, 'ids')} j)"
    )
    conn.execute(dialect.sql(query), {"ids": dialect.as_rows(ids), "now": millis(now)})


def _own(conn: Connection, claimed: list[Claimed], owner: str, now: datetime) -> list[Claimed]:
    if claimed:
        query = (
            "UPDATE delivery SET state = 'claimed', owner = :owner, epoch = epoch + 1, state_at = :now"
            f" WHERE id IN (SELECT id FROM {dialect.ids(conn, 'ids')} j)"
        )
        conn.execute(
            dialect.sql(query), {"ids": dialect.as_rows([c.id for c in claimed]), "owner": owner, "now": millis(now)}
        )
    return claimed


def start(conn: Connection, claims: Sequence[tuple[int, int]], now: datetime) -> set[int]:
    """Mark (id, epoch) pairs as on the wire from here on; those that may really go out.

    The others were halted, superseded, expired or lost meanwhile. The database refuses a third copy.
    """
    change = (
        "state = 'started', state_at = :now, attempts = attempts + 1, transmissions = transmissions + 1"
        " WHERE epoch = :epoch AND state = 'claimed' AND transmissions < 2"
        f" AND alert_id IN (SELECT a.id FROM alert a WHERE {ACTIVE})"
    )
    started: set[int] = set()
    for epoch, ids in _by_epoch(claims).items():
        started |= _change(
            conn, change, ids, {"epoch": epoch, "now": millis(now)}, "state = 'started' AND epoch = :epoch"
        )
    return started


def _change(conn: Connection, change: str, ids: list[int], parameters: dict[str, object], changed: str) -> set[int]:
    """Change rows; the ids of those that took it. Only where some did not are they looked up, by `changed`."""
    given = parameters | {"ids": dialect.as_rows(ids)}
    among = f"id IN (SELECT id FROM {dialect.ids(conn, 'ids')} j)"
    if conn.execute(dialect.sql(f"UPDATE delivery SET {change} AND {among}"), given).rowcount == len(ids):
        return set(ids)
    return set(conn.scalars(dialect.sql(f"SELECT id FROM delivery WHERE {changed} AND {among}"), given))


def _by_epoch(claims: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    """Ids by epoch: nearly always one group, so that a set of rows is a plain list of ids."""
    groups: dict[int, list[int]] = {}
    for id_, epoch in claims:
        groups.setdefault(epoch, []).append(id_)
    return groups


def record(conn: Connection, results: Sequence[Result], now: datetime) -> list[Result]:
    """Write what came of attempts; those that took. A stale epoch takes nothing."""
    groups: dict[tuple[object, ...], list[Result]] = {}
    for result in results:
        groups.setdefault(result.alike(), []).append(result)
    took: list[Result] = []
    for group in groups.values():
        ids = _settle(conn, group, now) if group[0].due_at is None else _postpone(conn, group, now)
        taken = group if len(ids) == len(group) else [result for result in group if result.id in ids]
        append_attempts(conn, taken, now)
        took += taken
    return took


def _settle(conn: Connection, group: list[Result], now: datetime) -> set[int]:
    """Bring results that are alike to rest."""
    change = (
        "state = :state, state_at = :now, due_at = NULL, owner = NULL, reason = :reason,"
        " transmissions = transmissions - :unsent,"
        " attempts = attempts - :unburned WHERE epoch = :epoch AND state = 'started'"
    )
    # A row that took it moved to this state in this very transaction, at this very epoch.
    return _change(
        conn,
        change,
        [r.id for r in group],
        _shared(group, now),
        "state = :state AND epoch = :epoch AND state_at = :now",
    )


def _shared(group: list[Result], now: datetime) -> dict[str, object]:
    one = group[0]
    return {
        "epoch": one.epoch,
        "state": one.state.value,
        "reason": one.reason,
        "now": millis(now),
        "unsent": int(not one.sent),
        "unburned": int(not one.burned),
    }


def _postpone(conn: Connection, group: list[Result], now: datetime) -> set[int]:
    """Make results that are alike due again, each at its own instant and account."""
    rows = dialect.rows(conn, "rows", [("id", "bigint"), ("due", "bigint"), ("account", "text")])
    query = dialect.sql(
        "UPDATE delivery SET state = :state, state_at = :now, owner = NULL, reason = :reason,"
        " due_at = j.due, account = j.account,"
        f" transmissions = transmissions - :unsent, attempts = attempts - :unburned FROM {rows} j"
        " WHERE delivery.id = j.id AND delivery.epoch = :epoch AND delivery.state = 'started' RETURNING delivery.id"
    )
    given = [(r.id, millis(r.due_at), r.next_account or r.account) for r in group if r.due_at is not None]
    return set(conn.scalars(query, _shared(group, now) | {"rows": dialect.as_rows(given)}))


def append_attempts(conn: Connection, group: list[Result], now: datetime) -> None:
    """Write one attempt for each of some results that are alike."""
    if not group:
        return
    one = group[0]
    parameters = {
        "epoch": one.epoch,
        "account": one.account,
        "now": millis(now),
        "outcome": one.outcome,
        "code": one.provider_code,
        "detail": one.detail,
    }
    insert = "INSERT INTO attempt (delivery_id, epoch, account, at, outcome, provider_code, detail, provider_ref)"
    if all(result.provider_ref is None for result in group):
        rows = f"SELECT id, :epoch, :account, :now, :outcome, :code, :detail, NULL FROM {dialect.ids(conn, 'rows')} j"
        given: Sequence[object] = [result.id for result in group]
    else:
        columns = dialect.rows(conn, "rows", [("id", "bigint"), ("ref", "text")])
        rows = f"SELECT j.id, :epoch, :account, :now, :outcome, :code, :detail, j.ref FROM {columns} j"
        given = [(result.id, result.provider_ref) for result in group]
    conn.execute(dialect.sql(f"{insert} {rows}"), parameters | {"rows": dialect.as_rows(given)})


def give_back(conn: Connection, claims: Sequence[tuple[int, int]], now: datetime) -> None:
    """Return claimed, unstarted deliveries; it costs them nothing."""
    query = dialect.sql(
        "UPDATE delivery SET state = 'due', owner = NULL, state_at = :now"
        f" WHERE id IN (SELECT id FROM {dialect.ids(conn, 'ids')} j) AND epoch = :epoch AND state = 'claimed'"
    )
    for epoch, ids in _by_epoch(claims).items():
        conn.execute(query, {"ids": dialect.as_rows(ids), "epoch": epoch, "now": millis(now)})


def refuse(conn: Connection, claims: Sequence[tuple[int, int]], reason: str, now: datetime) -> int:
    """Bring claimed deliveries to rest that may never be sent; how many. Nothing went out."""
    query = dialect.sql(
        "UPDATE delivery SET state = 'failed', reason = :reason, state_at = :now, due_at = NULL, owner = NULL"
        f" WHERE id IN (SELECT id FROM {dialect.ids(conn, 'ids')} j) AND epoch = :epoch AND state = 'claimed'"
    )
    given = {"reason": reason, "now": millis(now)}
    return sum(
        conn.execute(query, given | {"ids": dialect.as_rows(ids), "epoch": epoch}).rowcount
        for epoch, ids in _by_epoch(claims).items()
    )
