"""Who people are at a provider of OpenID Connect, by the provider's address and its own name for them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.store.tables import identity, person


def find(conn: Connection, issuer: str, subject: str) -> str | None:
    """The id of the person; None when nobody here is that, or they are let in no more."""
    query = sa.select(identity.c.person_id).join_from(identity, person)
    query = query.where(identity.c.issuer == issuer, identity.c.subject == subject, person.c.disabled_at.is_(None))
    return conn.scalar(query)


def is_linked(conn: Connection, issuer: str, person_id: str) -> bool:
    """Whether a person is somebody at this provider."""
    query = sa.select(identity.c.subject).where(identity.c.issuer == issuer, identity.c.person_id == person_id)
    return conn.scalar(query) is not None


def put(conn: Connection, issuer: str, subject: str, person_id: str, now: datetime) -> None:
    """A person is this from now on, and nothing else there. IntegrityError when another person is."""
    conn.execute(identity.delete().where(identity.c.issuer == issuer, identity.c.person_id == person_id))
    conn.execute(identity.insert().values(issuer=issuer, subject=subject, person_id=person_id, linked_at=now))


def drop(conn: Connection, person_id: str, issuer: str | None = None) -> int:
    """Forget who a person is there, or everywhere; how many."""
    query = identity.delete().where(identity.c.person_id == person_id)
    return conn.execute(query if issuer is None else query.where(identity.c.issuer == issuer)).rowcount
