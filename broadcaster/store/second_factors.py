"""The secrets of people's code apps, sealed. One that was not confirmed yet asks for nothing."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.store.tables import second_factor


@dataclass(frozen=True, slots=True)
class Factor:
    """A person's. last_step: the newest step of time whose code was used."""

    sealed: bytes
    confirmed_at: datetime | None
    last_step: int


def of(conn: Connection, person_id: str) -> Factor | None:
    """What a person has, confirmed or not."""
    columns = (second_factor.c.sealed, second_factor.c.confirmed_at, second_factor.c.last_step)
    row = conn.execute(sa.select(*columns).where(second_factor.c.person_id == person_id)).one_or_none()
    return None if row is None else Factor(bytes(row.sealed), row.confirmed_at, row.last_step)


def put(conn: Connection, person_id: str, sealed: bytes, now: datetime) -> None:
    """Begin anew with an unconfirmed secret."""
    drop(conn, person_id)
    conn.execute(second_factor.insert().values(person_id=person_id, sealed=sealed, added_at=now))


def confirm(conn: Connection, person_id: str, now: datetime) -> None:
    """From here on it is asked for."""
    query = second_factor.update().where(second_factor.c.person_id == person_id)
    conn.execute(query.values(confirmed_at=now))


def use(conn: Connection, person_id: str, step: int) -> bool:
    """Use up the code of a step of time; False when it, or a later one, was used before (RFC 6238, section 5.2)."""
    query = second_factor.update().where(second_factor.c.person_id == person_id, second_factor.c.last_step < step)
    return conn.execute(query.values(last_step=step)).rowcount == 1


def drop(conn: Connection, person_id: str) -> bool:
    """Forget it; False when there was none."""
    return conn.execute(second_factor.delete().where(second_factor.c.person_id == person_id)).rowcount == 1
