"""The passkeys of people: public keys, and how often each has signed."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.store.tables import passkey, person


@dataclass(frozen=True, slots=True)
class Passkey:
    """One. blocked_at: when it showed that there are two of it."""

    id: str
    person_id: str
    credential_id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int
    name: str
    added_at: datetime
    used_at: datetime | None
    blocked_at: datetime | None


_COLUMNS = tuple(passkey.c[name] for name in Passkey.__slots__)


def add(
    conn: Connection,
    passkey_id: str,
    person_id: str,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
    name: str,
    now: datetime,
) -> None:
    """Add one. IntegrityError when its credential is known."""
    values = {
        "id": passkey_id,
        "person_id": person_id,
        "credential_id": credential_id,
        "public_key": public_key,
        "sign_count": sign_count,
        "name": name,
        "added_at": now,
    }
    conn.execute(passkey.insert().values(values))


def of_person(conn: Connection, person_id: str) -> list[Passkey]:
    """A person's, oldest first."""
    query = sa.select(*_COLUMNS).where(passkey.c.person_id == person_id).order_by(passkey.c.id)
    return [_passkey(row) for row in conn.execute(query)]


def by_credential(conn: Connection, credential_id: bytes) -> Passkey | None:
    """The one that a browser knows by this; None when there is none, or its person is let in no more."""
    query = sa.select(*_COLUMNS).join_from(passkey, person)
    query = query.where(passkey.c.credential_id == credential_id, person.c.disabled_at.is_(None))
    row = conn.execute(query).one_or_none()
    return None if row is None else _passkey(row)


def _passkey(row: sa.Row[Any]) -> Passkey:
    found = Passkey(**dict(zip(Passkey.__slots__, row, strict=True)))
    return replace(found, credential_id=bytes(found.credential_id), public_key=bytes(found.public_key))


def use(conn: Connection, passkey_id: str, sign_count: int, now: datetime) -> bool:
    """Note a signature; False when the count did not go up, or the passkey is blocked. 0 is of one that does not
    count (Web Authentication level 3, section 6.1.1)."""
    goes_up = sa.or_(passkey.c.sign_count < sign_count, sa.and_(passkey.c.sign_count == 0, sa.literal(sign_count) == 0))
    query = passkey.update().where(passkey.c.id == passkey_id, passkey.c.blocked_at.is_(None), goes_up)
    return conn.execute(query.values(sign_count=sign_count, used_at=now)).rowcount == 1


def block(conn: Connection, passkey_id: str, now: datetime) -> bool:
    """Let nobody in with it any more; False when it was so already."""
    query = passkey.update().where(passkey.c.id == passkey_id, passkey.c.blocked_at.is_(None))
    return conn.execute(query.values(blocked_at=now)).rowcount == 1


def drop(conn: Connection, person_id: str, passkey_id: str | None = None) -> int:
    """Forget one of a person's, or all; how many."""
    query = passkey.delete().where(passkey.c.person_id == person_id)
    return conn.execute(query if passkey_id is None else query.where(passkey.c.id == passkey_id)).rowcount
