"""The queue: claiming, starting and recording deliveries. Every statement works on a set of rows at once.

A row goes from `due` to `claimed` to `started`, and from there to where its outcome says. Who owns it
is fenced by its epoch: whatever arrives with an older one takes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, text

from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.store import dialect
from broadcaster.store.columns import millis
from broadcaster.store.deliveries import ACTIVE, stopped


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery somebody owns now. `sealed` is its address, sealed."""

    id: int
    epoch: int
    alert_id: str
    n: int
    rank: int
    rendition: int
    attempts: int
    transmissions: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Result:
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


def claim(conn: Connection, lane: Lane, account: str, owner: str, limit: int, now: datetime) -> list[Claimed]:
    """Take up to `limit` due deliveries of an account: most severe first, evenly over equal alerts."""
    waiting = conn.execute(
        text(
            f"SELECT a.id, a.severity_rank FROM alert a WHERE a.lane = :lane AND {ACTIVE} AND EXISTS"
            " (SELECT 1 FROM delivery d WHERE d.alert_id = a.id AND d.account = :account AND d.state = 'due' AND d.due_at <= :now)"
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
    query = (
        "SELECT d.id, d.epoch + 1, d.n, e.rendition, d.attempts, d.transmissions, a.opted_out_at, a.retired_at, a.sealed"
        " FROM delivery d JOIN addressee e ON e.alert_id = d.alert_id AND e.n = d.n JOIN address a ON a.id = e.address_id"
        " WHERE d.alert_id = :alert AND d.account = :account AND d.state = 'due' AND d.due_at <= :now"
        f" ORDER BY d.due_at, d.id LIMIT :limit {dialect.skip_locked(conn, 'd')}"
    )
    parameters = {"alert": alert_id, "account": account, "now": millis(now), "limit": limit}
    taken, gone = [], []
    for id_, epoch, n, rendition, attempts, transmissions, opted_out_at, retired_at, sealed in conn.execute(text(query), parameters):
        if opted_out_at is None and retired_at is None:
            taken.append(Claimed(id_, epoch, alert_id, n, rank, rendition, attempts, transmissions, sealed))
        else:
            gone.append(id_)
    if gone:
        _fail_opted_out(conn, gone, now)
    return taken


def _fail_opted_out(conn: Connection, ids: list[int], now: datetime) -> None:
    query = f"UPDATE delivery SET state = 'failed', reason = 'opted-out', state_at = :now WHERE id IN (SELECT id FROM {dialect.ids(conn, 'ids')} j)"
    conn.execute(text(query), {"ids": dialect.as_rows(ids), "now": millis(now)})


def _own(conn: Connection, claimed: list[Claimed], owner: str, now: datetime) -> list[Claimed]:
    if claimed:
        query = (
            "UPDATE delivery SET state = 'claimed', owner = :owner, epoch = epoch + 1, state_at = :now"
            f" WHERE id IN (SELECT id FROM {dialect.ids(conn, 'ids')} j)"
        )
        conn.execute(text(query), {"ids": dialect.as_rows([c.id for c in claimed]), "owner": owner, "now": millis(now)})
    return claimed


def start(conn: Connection, claims: Sequence[tuple[int, int]], now: datetime) -> set[int]:
    """Mark (id, epoch) pairs as on the wire from here on; those that may really go out.

    The others were halted, superseded, expired or lost meanwhile. The database refuses a third copy.
    """
    rows = dialect.rows(conn, "rows", [("id", "bigint"), ("epoch", "integer")])
    query = (
        "UPDATE delivery SET state = 'started', state_at = :now, attempts = attempts + 1, transmissions = transmissions + 1"
        f" FROM {rows} j WHERE delivery.id = j.id AND delivery.epoch = j.epoch AND delivery.state = 'claimed'"
        f" AND delivery.transmissions < 2 AND delivery.alert_id IN (SELECT a.id FROM alert a WHERE {ACTIVE})"
        " RETURNING delivery.id"
    )
    return set(conn.scalars(text(query), {"rows": dialect.as_rows(claims), "now": millis(now)}))


def record(conn: Connection, results: Sequence[Result], now: datetime) -> set[int]:
    """Write what came of attempts; the ids that took it. A stale epoch takes nothing."""
    took: set[int] = set()
    uniform = sorted((r for r in results if r.due_at is None), key=_where_to)
    for (state, sent, burned, reason), group in groupby(uniform, key=_where_to):
        took |= _settle(conn, list(group), state, sent, burned, reason or None, now)
    took |= _postpone(conn, [r for r in results if r.due_at is not None], now)
    _append_attempts(conn, [r for r in results if r.id in took], now)
    return took


def _where_to(result: Result) -> tuple[str, bool, bool, str]:
    return result.state.value, result.sent, result.burned, result.reason or ""


def _settle(
    conn: Connection, results: list[Result], state: str, sent: bool, burned: bool, reason: str | None, now: datetime
) -> set[int]:
    rows = dialect.rows(conn, "rows", [("id", "bigint"), ("epoch", "integer")])
    query = (
        "UPDATE delivery SET state = :state, state_at = :now, owner = NULL, reason = :reason,"
        " transmissions = transmissions - :unsent, attempts = attempts - :unburned"
        f" FROM {rows} j WHERE delivery.id = j.id AND delivery.epoch = j.epoch AND delivery.state = 'started' RETURNING delivery.id"
    )
    parameters = {
        "rows": dialect.as_rows([(r.id, r.epoch) for r in results]),
        "state": state,
        "reason": reason,
        "now": millis(now),
        "unsent": int(not sent),
        "unburned": int(not burned),
    }
    return set(conn.scalars(text(query), parameters))


def _postpone(conn: Connection, results: list[Result], now: datetime) -> set[int]:
    if not results:
        return set()
    columns = [("id", "bigint"), ("epoch", "integer"), ("due", "bigint"), ("account", "text"), ("unsent", "integer"),
               ("unburned", "integer"), ("reason", "text")]  # fmt: skip
    query = (
        "UPDATE delivery SET state = 'due', state_at = :now, owner = NULL, due_at = j.due, account = j.account,"
        " reason = j.reason, transmissions = transmissions - j.unsent, attempts = attempts - j.unburned"
        f" FROM {dialect.rows(conn, 'rows', columns)} j"
        " WHERE delivery.id = j.id AND delivery.epoch = j.epoch AND delivery.state = 'started' RETURNING delivery.id"
    )
    rows = [
        (r.id, r.epoch, millis(r.due_at), r.next_account or r.account, int(not r.sent), int(not r.burned), r.reason)
        for r in results
        if r.due_at is not None
    ]
    return set(conn.scalars(text(query), {"rows": dialect.as_rows(rows), "now": millis(now)}))


def _same_attempt(result: Result) -> tuple[str, str, str, str]:
    return result.account, result.outcome, result.provider_code or "", result.detail or ""


def _append_attempts(conn: Connection, results: list[Result], now: datetime) -> None:
    rows = dialect.rows(conn, "rows", [("id", "bigint"), ("epoch", "integer"), ("ref", "text")])
    query = text(
        "INSERT INTO attempt (delivery_id, epoch, account, at, outcome, provider_code, detail, provider_ref)"
        f" SELECT j.id, j.epoch, :account, :now, :outcome, :code, :detail, j.ref FROM {rows} j"
    )
    for (account, outcome, code, detail), group in groupby(sorted(results, key=_same_attempt), key=_same_attempt):
        parameters = {"account": account, "outcome": outcome, "code": code or None, "detail": detail or None, "now": millis(now)}
        conn.execute(query, {**parameters, "rows": dialect.as_rows([(r.id, r.epoch, r.provider_ref) for r in group])})


def give_back(conn: Connection, claims: Sequence[tuple[int, int]], now: datetime) -> None:
    """Return claimed, unstarted deliveries; it costs them nothing."""
    rows = dialect.rows(conn, "rows", [("id", "bigint"), ("epoch", "integer")])
    query = (
        f"UPDATE delivery SET state = 'due', owner = NULL, state_at = :now FROM {rows} j"
        " WHERE delivery.id = j.id AND delivery.epoch = j.epoch AND delivery.state = 'claimed'"
    )
    conn.execute(text(query), {"rows": dialect.as_rows(claims), "now": millis(now)})


def free(conn: Connection, owner: str, repeating: Sequence[str], now: datetime) -> int:
    """Take over from an owner that is gone; how many deliveries.

    What it claimed but did not start goes back at no cost. What it started may have gone out: it is
    sent once more where the provider drops duplicates (`repeating` accounts) or lives may depend on
    it, and else it is uncertain. The epoch goes up, so whatever the old owner still says is stale.
    """
    started = (
        "SELECT d.id, d.epoch, d.alert_id, d.account, d.transmissions, a.severity_rank, a.halted_at, a.superseded_at, a.expires_at"
        " FROM delivery d JOIN alert a ON a.id = d.alert_id WHERE d.owner = :owner AND d.state = 'started'"
    )
    lost = conn.execute(text(started), {"owner": owner}).all()
    again = [
        row.id
        for row in lost
        if row.transmissions < 2
        and (row.account in repeating or row.severity_rank <= 1)
        and stopped(row.halted_at, row.superseded_at, row.expires_at, millis(now)) is None
    ]
    _append_attempts(conn, [Result(r.id, r.epoch, r.alert_id, State.UNCERTAIN, r.account, "lost") for r in lost], now)
    query = (
        "UPDATE delivery SET owner = NULL, epoch = epoch + 1, state_at = :now, due_at = :now,"
        f" state = CASE WHEN state = 'claimed' OR id IN (SELECT id FROM {dialect.ids(conn, 'again')} j) THEN 'due' ELSE 'uncertain' END,"
        " reason = CASE WHEN state = 'started' THEN 'uncertain' ELSE reason END"
        " WHERE owner = :owner AND state IN ('claimed', 'started')"
    )
    return conn.execute(text(query), {"owner": owner, "again": dialect.as_rows(again), "now": millis(now)}).rowcount


def owners(conn: Connection, lane: Lane) -> set[str]:
    """Who holds deliveries of a lane."""
    query = "SELECT DISTINCT owner FROM delivery WHERE owner IS NOT NULL AND lane = :lane"
    return set(conn.scalars(text(query), {"lane": lane.value}))


def adopt(conn: Connection, kind: str, account: str, known: Sequence[str], now: datetime) -> int:
    """Give due live deliveries whose account is gone from the configuration to another of its kind."""
    query = (
        "UPDATE delivery SET account = :account, state_at = :now WHERE state = 'due' AND lane = 'live' AND kind = :kind"
        f" AND account NOT IN (SELECT item FROM {dialect.texts(conn, 'known')} j)"
    )
    parameters = {"account": account, "kind": kind, "known": dialect.as_rows(known), "now": millis(now)}
    return conn.execute(text(query), parameters).rowcount
