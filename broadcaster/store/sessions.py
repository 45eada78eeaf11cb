"""Sessions of people at a browser. One is known by the SHA-256 of what the browser holds, as tokens are.

A session that is over is over in the database, so it ends wherever it is looked up: after 12 hours, after 15 minutes
without a request of the person, at sign-out, and when the person gets another password or is let in no more (OWASP ASVS
5.0, 7.3 and 7.4).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from broadcaster.model.people import Caller
from broadcaster.store import passwords, people
from broadcaster.store.tables import person, session, step_up

LONGEST = timedelta(hours=12)
IDLE = timedelta(minutes=15)
NOTED_EVERY = timedelta(minutes=1)
"""How old `seen_at` may be before it is written again: a person who works costs one small write a minute."""
_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Seen:
    """Who a session belongs to, and when it was last noted that they were there."""

    caller: Caller
    at: datetime


def valid(now: datetime) -> ColumnElement[bool]:
    """Sessions that are not over."""
    return sa.and_(session.c.ended_at.is_(None), session.c.created_at > now - LONGEST, session.c.seen_at > now - IDLE)


def add(conn: Connection, session_id: str, secret: str, person_id: str, now: datetime) -> None:
    """Begin a session."""
    values = {"hash": people.token_hash(secret), "id": session_id, "person_id": person_id}
    conn.execute(session.insert().values(**values, created_at=now, seen_at=now))


def find(conn: Connection, secret: str, now: datetime) -> Seen | None:
    """Whose session this is; None when it is unknown or over, its person disabled, or about to choose a
    password. The caller's `token_id` is the session's id."""
    columns = (session.c.id, session.c.person_id, session.c.seen_at, person.c.name)
    query = sa.select(*columns).join_from(session, person)
    query = query.where(session.c.hash == people.token_hash(secret), valid(now), person.c.disabled_at.is_(None))
    query = query.where(sa.not_(passwords.MUST_CHOOSE))
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    caller = Caller(row.id, people.roles(conn, row.person_id), row.person_id, row.name, by_session=True)
    return Seen(caller, row.seen_at)


def note(conn: Connection, session_id: str, now: datetime) -> None:
    """The person is there. One that ended meanwhile stays so."""
    query = session.update().where(session.c.id == session_id, valid(now), session.c.seen_at < now)
    conn.execute(query.values(seen_at=now))


def end(conn: Connection, session_id: str, now: datetime) -> bool:
    """End a session; False when it was over."""
    return (
        conn.execute(session.update().where(session.c.id == session_id, valid(now)).values(ended_at=now)).rowcount == 1
    )


def end_all(conn: Connection, person_id: str, now: datetime) -> int:
    """End every session of a person; how many."""
    query = session.update().where(session.c.person_id == person_id, session.c.ended_at.is_(None))
    return conn.execute(query.values(ended_at=now)).rowcount


def end_others(conn: Connection, person_id: str, session_id: str, now: datetime) -> int:
    """End every session of a person but one; how many."""
    query = session.update().where(session.c.person_id == person_id, session.c.id != session_id, valid(now))
    return conn.execute(query.values(ended_at=now)).rowcount


def listed(conn: Connection, person_id: str, now: datetime) -> list[dict[str, Any]]:
    """The sessions of a person that are not over, newest first: id, created_at, seen_at."""
    query = sa.select(session.c.id, session.c.created_at, session.c.seen_at)
    query = query.where(session.c.person_id == person_id, valid(now)).order_by(session.c.id.desc())
    return [dict(row) for row in conn.execute(query).mappings()]


def forget(conn: Connection, now: datetime) -> None:
    """Drop sessions that began a month ago; the journal keeps who signed in when."""
    old = session.c.created_at < now - _KEPT
    conn.execute(step_up.delete().where(step_up.c.session_id.in_(sa.select(session.c.id).where(old))))
    conn.execute(session.delete().where(old))
