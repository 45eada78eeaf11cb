"""Answers to writes that carry an Idempotency-Key, kept in the transaction that did what they tell.

The key's row is written before the effect: a second request with the same key waits for the first
to end, and then finds its answer (PostgreSQL; on SQLite there is one writer anyway). What is refused
rolls back, row and all, so only what was done is remembered.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection, text

from broadcaster.store.columns import millis
from broadcaster.store.tables import answer

KEPT_IN = timedelta(hours=24)
"""How long a key holds; whoever repeats a request later gets a second effect."""


class KeyTaken(Exception):
    """The caller used this key before, for another request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller is told: a status code, a body as text, and headers that belong to it."""

    status_code: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """One caller's key, and the SHA-256 (in hex) of the request it stands for."""

    caller: str
    key: str
    request_sha256: str


def once(conn: Connection, key: Key, now: datetime, effect: Callable[[Connection], Answer]) -> Answer:
    """The answer of `effect`, which is then kept; or the one kept earlier. KeyTaken."""
    if not _take(conn, key, now):
        kept = recall(conn, key, now)
        assert kept is not None  # the row that was in the way
        return kept
    given = effect(conn)
    values = {"status_code": given.status_code, "body": given.body, "headers": given.headers}
    conn.execute(answer.update().where(answer.c.caller == key.caller, answer.c.key == key.key).values(values))
    return given


def _take(conn: Connection, key: Key, now: datetime) -> bool:
    """Write the key's row; False when it is there, and still holds."""
    mine = sa.and_(answer.c.caller == key.caller, answer.c.key == key.key)
    conn.execute(answer.delete().where(mine, answer.c.at <= now - KEPT_IN))
    query = text(
        "INSERT INTO answer (caller, key, request_sha256, status_code, body, headers, at)"
        " VALUES (:caller, :key, :sha256, 0, '', '{}', :now) ON CONFLICT DO NOTHING"
    )
    parameters = {"caller": key.caller, "key": key.key, "sha256": key.request_sha256, "now": millis(now)}
    return conn.execute(query, parameters).rowcount == 1


def recall(conn: Connection, key: Key, now: datetime) -> Answer | None:
    """The answer kept for this key; None when there is none. KeyTaken."""
    query = sa.select(answer).where(answer.c.caller == key.caller, answer.c.key == key.key, answer.c.at > now - KEPT_IN)
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    if row.request_sha256 != key.request_sha256:
        raise KeyTaken
    return Answer(row.status_code, row.body, row.headers, replayed=True)


def forget(conn: Connection, now: datetime) -> int:
    """Remove what no longer holds; how many."""
    return conn.execute(answer.delete().where(answer.c.at <= now - KEPT_IN)).rowcount
