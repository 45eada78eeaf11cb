"""Deliveries that change hands: from an owner that is gone or in doubt, or from one account to another.

Nothing here is ever sent a third time: what may have gone out counts, whoever has it next.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import Connection

from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.store import dialect
from broadcaster.store.columns import millis
from broadcaster.store.deliveries import ACTIVE, ENDS_AT, SLICE, stopped
from broadcaster.store.queue import Result, append_attempts
from broadcaster.store.tables import OPEN

_UNSENT = f"d.{OPEN} AND d.state = 'due' AND d.transmissions = 0"
"""SQL: a delivery `d` that waits and certainly never went out."""
_CLOCKS_DIFFER_IN = timedelta(minutes=1)
"""How far the clocks of two machines that both work may be apart."""


def disown(
    conn: Connection, owner: str, account: str, unsent: Sequence[int], repeating: Sequence[str], now: datetime
) -> int:
    """Let go of what an owner holds of an account when nothing of it is under way; how many deliveries.

    `unsent`: what it asked to start without hearing whether that was done, and so certainly did not send: due
    again at no cost, like what was claimed only. Anything else that was started may have gone out.
    """
    query = (
        "UPDATE delivery SET owner = NULL, epoch = epoch + 1, state_at = :now,"
        " transmissions = transmissions - CASE state WHEN 'started' THEN 1 ELSE 0 END,"
        " attempts = attempts - CASE state WHEN 'started' THEN 1 ELSE 0 END, state = 'due'"
        f" WHERE owner = :owner AND account = :account AND {OPEN} AND (state = 'claimed'"
        f" OR (state = 'started' AND id IN (SELECT id FROM {dialect.ids(conn, 'unsent')} j)))"
    )
    given: dict[str, object] = {"owner": owner, "account": account, "now": millis(now)}
    given["unsent"] = dialect.as_rows(unsent)
    returned = conn.execute(dialect.sql(query), given).rowcount
    return returned + _free(conn, owner, repeating, now, account=account)


def free(conn: Connection, owner: str, repeating: Sequence[str], now: datetime) -> int:
    """Take over from an owner that is gone; how many deliveries.

    What it claimed but did not start goes back at no cost. What it started may have gone out: it is
    sent once more where the provider drops duplicates (`repeating` accounts) or lives may depend on
    it, and else it is uncertain. The epoch goes up, so whatever the old owner still says is stale.
    """
    return _free(conn, owner, repeating, now)


def _free(conn: Connection, owner: str, repeating: Sequence[str], now: datetime, *, account: str | None = None) -> int:
    """`free`, of one account only or of all."""
    among = f"owner = :owner AND {OPEN}" + (" AND account = :account" if account else "")
    given: dict[str, object] = {"owner": owner, "account": account} if account else {"owner": owner}
    started = (
        "SELECT d.id, d.epoch, d.alert_id, d.account, d.transmissions,"
        f" a.severity_rank, a.halted_at, a.superseded_at, {ENDS_AT} AS ends_at"
        f" FROM delivery d JOIN alert a ON a.id = d.alert_id WHERE {among} AND d.state = 'started'"
    )
    lost = conn.execute(dialect.sql(started), given).all()
    again = [
        row.id
        for row in lost
        if row.transmissions < 2
        and (row.account in repeating or row.severity_rank <= 1)
        and stopped(row.halted_at, row.superseded_at, row.ends_at, millis(now)) is None
    ]
    for row in lost:
        append_attempts(conn, [Result(row.id, row.epoch, row.alert_id, State.UNCERTAIN, row.account, "lost")], now)
    back = f"state = 'claimed' OR id IN (SELECT id FROM {dialect.ids(conn, 'again')} j)"
    query = (
        "UPDATE delivery SET owner = NULL, epoch = epoch + 1, state_at = :now,"
        f" state = CASE WHEN {back} THEN 'due' ELSE 'uncertain' END, due_at = CASE WHEN {back} THEN :now END,"
        " reason = CASE WHEN state = 'started' THEN 'uncertain' ELSE reason END"
        f" WHERE {among}"
    )
    return conn.execute(dialect.sql(query), given | {"again": dialect.as_rows(again), "now": millis(now)}).rowcount


def move(conn: Connection, lane: Lane, account: str, target: str, now: datetime) -> dict[str, int]:
    """Give a slice of what waits at an account and never went out to another, due at once; how many per alert.

    In the order of claims: most severe first, evenly over equal alerts. What may have gone out stays: its second
    copy belongs where the first went.
    """
    query = (
        f"SELECT a.id, a.severity_rank FROM alert a WHERE a.lane = :lane AND {ACTIVE} AND EXISTS"
        f" (SELECT 1 FROM delivery d WHERE d.alert_id = a.id AND d.account = :account AND {_UNSENT})"
        " ORDER BY a.severity_rank, a.id"
    )
    given = {"lane": lane.value, "account": account, "now": millis(now)}
    waiting = conn.execute(dialect.sql(query), given).all()
    moved: dict[str, int] = {}
    for _, peers in groupby(waiting, key=lambda row: row.severity_rank):
        left = list(peers)
        while left and (room := SLICE - sum(moved.values())):
            share = -(-room // len(left))
            alert_id = left.pop(0).id
            moved[alert_id] = _move(conn, alert_id, account, target, share, now)
    return moved


def _move(conn: Connection, alert_id: str, account: str, target: str, limit: int, now: datetime) -> int:
    query = (
        "UPDATE delivery SET account = :target, state_at = :now,"
        " due_at = CASE WHEN due_at > :now THEN :now ELSE due_at END WHERE id IN"
        f" (SELECT d.id FROM delivery d WHERE d.alert_id = :alert AND d.account = :account AND {_UNSENT}"
        f" ORDER BY d.due_at, d.id LIMIT :limit {dialect.skip_locked(conn, 'd')})"
    )
    given = {"alert": alert_id, "account": account, "target": target, "limit": limit, "now": millis(now)}
    return conn.execute(dialect.sql(query), given).rowcount


def recall(conn: Connection, lane: Lane, now: datetime) -> int:
    """Make due now what a process put off whose clock ran ahead of ours, as a restart with the wrong date does; how
    many deliveries. The instant of their last change gives it away: it has not come yet."""
    query = (
        f"UPDATE delivery SET due_at = :now, state_at = :now WHERE {OPEN} AND state = 'due' AND lane = :lane"
        " AND state_at > :latest AND due_at > :now"
    )
    given = {"lane": lane.value, "now": millis(now), "latest": millis(now + _CLOCKS_DIFFER_IN)}
    return conn.execute(dialect.sql(query), given).rowcount


def adopt(conn: Connection, kind: str, account: str, known: Sequence[str], now: datetime) -> int:
    """Give due live deliveries whose account is gone from the configuration to another of its kind."""
    query = (
        "UPDATE delivery SET account = :account, state_at = :now"
        f" WHERE {OPEN} AND state = 'due' AND lane = 'live' AND kind = :kind"
        f" AND account NOT IN (SELECT item FROM {dialect.texts(conn, 'known')} j)"
    )
    parameters = {"account": account, "kind": kind, "known": dialect.as_rows(known), "now": millis(now)}
    return conn.execute(dialect.sql(query), parameters).rowcount
