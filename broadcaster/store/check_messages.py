"""Check messages: which alerts are one, over which accounts they go, and what came of the last at each account."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from broadcaster.model.draft import CHECK_SCENARIO
from broadcaster.store import alerts, dialect
from broadcaster.store.columns import as_text, instant, millis

LOOKS_BACK = timedelta(days=400)
"""A check message of longer ago proves nothing."""
_SAYS_SO = "%" + as_text({"scenario": CHECK_SCENARIO})[1:-1] + "%"
"""Nearly enough: the content of the few that are found is read. In a text the quotes would be escaped."""


@dataclass(frozen=True, slots=True)
class LastCheck:
    """The last check message that went over an account. accepted: taken by the provider, nothing heard since.
    arrived: with a receipt of delivery, last at `arrived_at`."""

    alert_id: str
    number: int
    account: str
    released_at: datetime
    sent: int
    accepted: int
    arrived: int
    arrived_at: datetime | None


def is_one(conn: Connection, alert_id: str) -> bool:
    """Whether an alert is a check message."""
    row = alerts.get(conn, alert_id)
    return row is not None and row.content.get("scenario") == CHECK_SCENARIO


def spread(conn: Connection, alert_id: str, accounts: Mapping[str, Sequence[str]]) -> None:
    """Divide what is due of an alert over the accounts of its kind: each then proves itself, the spare ones too."""
    query = "SELECT id, kind FROM delivery WHERE alert_id = :alert AND state = 'due' ORDER BY n"
    waiting: dict[str, list[int]] = {}
    for id_, kind in conn.execute(text(query), {"alert": alert_id}):
        waiting.setdefault(kind, []).append(id_)
    for kind, ids in waiting.items():
        for turn, account in enumerate(accounts.get(kind, ())):
            _give(conn, account, ids[turn :: len(accounts[kind])])


def _give(conn: Connection, account: str, ids: list[int]) -> None:
    query = f"UPDATE delivery SET account = :account WHERE id IN (SELECT id FROM {dialect.ids(conn, 'ids')} j)"
    conn.execute(text(query), {"account": account, "ids": dialect.as_rows(ids)})


def last_checks(conn: Connection, since: datetime) -> list[LastCheck]:
    """The last check message of each account that was released after `since`."""
    query = (
        "SELECT a.id, a.number, a.content, coalesce(s.at, p.at) AS released_at FROM alert a"
        " JOIN approval p ON p.alert_id = a.id JOIN expansion x ON x.alert_id = a.id"
        " LEFT JOIN schedule s ON s.alert_id = a.id"
        " WHERE a.lane = 'live' AND a.sent_at > :since AND a.content LIKE :says ORDER BY a.id"
    )
    found: dict[str, LastCheck] = {}
    for row in conn.execute(text(query), {"since": millis(since), "says": _SAYS_SO}):
        if json.loads(row.content).get("scenario") == CHECK_SCENARIO:
            found |= {check.account: check for check in _of(conn, row.id, row.number, instant(row.released_at))}
    return sorted(found.values(), key=lambda check: check.account)


def _of(conn: Connection, alert_id: str, number: int, released_at: datetime) -> list[LastCheck]:
    """What came of one, by account: where a message moved to another account, that one sent it."""
    query = (
        "SELECT account, count(*), sum(CASE state WHEN 'accepted' THEN 1 ELSE 0 END),"
        " sum(CASE state WHEN 'delivered' THEN 1 ELSE 0 END), max(CASE state WHEN 'delivered' THEN state_at END)"
        " FROM delivery WHERE alert_id = :alert GROUP BY account"
    )
    return [
        LastCheck(alert_id, number, account, released_at, sent, accepted, arrived, None if at is None else instant(at))
        for account, sent, accepted, arrived, at in conn.execute(text(query), {"alert": alert_id})
    ]
