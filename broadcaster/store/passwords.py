"""Whose password it is: one that somebody else gave opens nothing until its person chose their own.

Given and not chosen since: `password_given_at` without `password_chosen_at`. Both empty: typed on the hub's own
machine when the person was added.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from broadcaster.store.tables import person


@dataclass(frozen=True, slots=True)
class Given:
    """The last time that a person got a password of somebody. by: their name, None for who is at the hub's own
    machine. chosen_at: when the person took one of their own, None when they did not yet."""

    by: str | None
    at: datetime
    chosen_at: datetime | None


MUST_CHOOSE: ColumnElement[bool] = sa.and_(
    person.c.password_given_at.is_not(None), person.c.password_chosen_at.is_(None)
)
"""People who may only choose a password."""


def give(conn: Connection, person_id: str, password_hash: str, giver: str, now: datetime, *, own: bool) -> None:
    """Replace a person's password with one that `giver` (as the journal names them) gave. own: the person is taken to
    have typed it themselves."""
    told = {"password_given_by": giver, "password_given_at": now, "password_chosen_at": now if own else None}
    conn.execute(person.update().where(person.c.id == person_id).values(password_hash=password_hash, **told))


def choose(conn: Connection, person_id: str, given: str, password_hash: str, now: datetime) -> bool:
    """Replace the password that is stored as `given` with the person's own; False when it is another by now."""
    query = person.update().where(person.c.id == person_id, person.c.password_hash == given)
    query = query.where(person.c.disabled_at.is_(None))
    return conn.execute(query.values(password_hash=password_hash, password_chosen_at=now)).rowcount == 1


def given(conn: Connection, person_id: str) -> Given | None:
    """When a person last got a password of somebody; None when they never did."""
    giver = person.alias("giver")
    columns = (giver.c.name, person.c.password_given_at, person.c.password_chosen_at)
    joined = person.outerjoin(giver, giver.c.id == person.c.password_given_by)
    row = conn.execute(sa.select(*columns).select_from(joined).where(person.c.id == person_id)).one_or_none()
    if row is None or row.password_given_at is None:
        return None
    return Given(*row)
