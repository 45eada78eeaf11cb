"""The queue: claiming, starting and recording deliveries. Every statement works on a set of rows at once.

A row goes from `due` to `claimed` to `started`, and from there to where its outcome says. Who owns it
is fenced by its epoch: whatever arrives with an older one takes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection

from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.store import dialect
from broadcaster.store.columns import millis
from broadcaster.store.deliveries import ACTIVE, stopped
from broadcaster.store.tables import OPEN


class Claimed(NamedTuple):
    """A delivery somebody owns now. `sealed` is its address, sealed; `gone_at` is set when that address
    opted out or was retired. (A tuple: made by the hundred thousand.)"""

    id: int
    epoch: int
    alert_id: str
    n: int
    rank: int
    rendition: int
    attempts: int
    transmissions: int
    sealed: bytes
    gone_at: int | None = None


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
        return (
            self.epoch,
            self.state,
            self.sent,
            self.burned,
            self.reason,
            self.due_at is None,
            self.account,
            self.outcome,
            self.provider_code,
            self.detail,
        )


def claim(conn: Connection, lane: Lane, account: str, owner: str, limit: int, now: datetime) -> list[Claimed]:
    """Take up to `limit` due deliveries of an account: most severe first, evenly over equal alerts."""
    waiting = conn.execute(
        dialect.sql(
            f"SELECT a.id, a.severity_rank FROM alert a WHERE a.lane = :lane AND {ACTIVE} AND EXISTS"
            " (SELECT 1 FROM delivery d WHERE d.alert_id = a.id AND d.account = :account"
            f" AND d.{OPEN} AND d.state = 'due' AND d.due_at <= :now)"
            " ORDER BY a.severity_rank, a.id"
        ),
        {"lane": lane.value, "account": account, "now": millis(now)},
    ).all()
    claimed: list[Claimed] = []
    for rank, peers in groupby(waiting, key=lambda row: row.severity_rank):
        left = list(peers)
        while left and len(claimed) < limit:
            share = -(-(limit - len(claimed)) // len(left))
            claimed += _take(conn, left.pop(0).id, account, rank, share, now)
    return _own(conn, claimed, owner, now)


def _take(conn: Connection, alert_id: str, account: str, rank: int, limit: int, now: datetime) -> list[Claimed]:
    query = dialect.sql(
        "SELECT d.id, d.epoch + 1, d.alert_id, d.n, CAST(:rank AS integer), e.rendition, d.attempts, d.transmissions,"
        " a.sealed,"
        " coalesce(a.opted_out_at, a.retired_at)"
        " FROM delivery d JOIN addressee e ON e.alert_id = d.alert_id AND e.n = d.n"
        " JOIN address a ON a.id = e.address_id"
        f" WHERE d.alert_id = :alert AND d.account = :account AND d.{OPEN} AND d.state = 'due' AND d.due_at <= :now"
        f" ORDER BY d.due_at, d.id LIMIT :limit {dialect.skip_locked(conn, 'd')}"
    )
    parameters = {"alert": alert_id, "rank": rank, "account": account, "now": millis(now), "limit": limit}
    found = [*map(Claimed._make, conn.execute(query, parameters).all())]
    gone = [claim.id for claim in found if claim.gone_at is not None]
    if not gone:
        return found
    _fail_opted_out(conn, gone, now)
    return [claim for claim in found if claim.gone_at is None]


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
        _append_attempts(conn, taken, now)
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


def _append_attempts(conn: Connection, group: list[Result], now: datetime) -> None:
    """One attempt for each of some results that are alike."""
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


def disown(conn: Connection, owner: str, account: str, now: datetime) -> int:
    """Make due again what an owner holds of an account and certainly did not send; how many deliveries."""
    query = (
        "UPDATE delivery SET owner = NULL, epoch = epoch + 1, state_at = :now,"
        " transmissions = transmissions - CASE state WHEN 'started' THEN 1 ELSE 0 END,"
        " attempts = attempts - CASE state WHEN 'started' THEN 1 ELSE 0 END, state = 'due'"
        f" WHERE owner = :owner AND account = :account AND {OPEN} AND state IN ('claimed', 'started')"
    )
    return conn.execute(dialect.sql(query), {"owner": owner, "account": account, "now": millis(now)}).rowcount


def free(conn: Connection, owner: str, repeating: Sequence[str], now: datetime) -> int:
    """Take over from an owner that is gone; how many deliveries.

    What it claimed but did not start goes back at no cost. What it started may have gone out: it is
    sent once more where the provider drops duplicates (`repeating` accounts) or lives may depend on
    it, and else it is uncertain. The epoch goes up, so whatever the old owner still says is stale.
    """
    started = (
        "SELECT d.id, d.epoch, d.alert_id, d.account, d.transmissions,"
        " a.severity_rank, a.halted_at, a.superseded_at, a.expires_at"
        " FROM delivery d JOIN alert a ON a.id = d.alert_id"
        f" WHERE d.owner = :owner AND d.{OPEN} AND d.state = 'started'"
    )
    lost = conn.execute(dialect.sql(started), {"owner": owner}).all()
    again = [
        row.id
        for row in lost
        if row.transmissions < 2
        and (row.account in repeating or row.severity_rank <= 1)
        and stopped(row.halted_at, row.superseded_at, row.expires_at, millis(now)) is None
    ]
    for row in lost:
        _append_attempts(conn, [Result(row.id, row.epoch, row.alert_id, State.UNCERTAIN, row.account, "lost")], now)
    back = f"state = 'claimed' OR id IN (SELECT id FROM {dialect.ids(conn, 'again')} j)"
    query = (
        "UPDATE delivery SET owner = NULL, epoch = epoch + 1, state_at = :now,"
        f" state = CASE WHEN {back} THEN 'due' ELSE 'uncertain' END, due_at = CASE WHEN {back} THEN :now END,"
        " reason = CASE WHEN state = 'started' THEN 'uncertain' ELSE reason END"
        f" WHERE owner = :owner AND {OPEN}"
    )
    return conn.execute(
        dialect.sql(query), {"owner": owner, "again": dialect.as_rows(again), "now": millis(now)}
    ).rowcount


def adopt(conn: Connection, kind: str, account: str, known: Sequence[str], now: datetime) -> int:
    """Give due live deliveries whose account is gone from the configuration to another of its kind."""
    query = (
        "UPDATE delivery SET account = :account, state_at = :now"
        f" WHERE {OPEN} AND state = 'due' AND lane = 'live' AND kind = :kind"
        f" AND account NOT IN (SELECT item FROM {dialect.texts(conn, 'known')} j)"
    )
    parameters = {"account": account, "kind": kind, "known": dialect.as_rows(known), "now": millis(now)}
    return conn.execute(dialect.sql(query), parameters).rowcount
