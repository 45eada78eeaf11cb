"""Persons, their roles, and tokens. A token is stored as its SHA-256 only."""

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.model.people import Caller, Role
from broadcaster.store import passwords
from broadcaster.store.tables import person, person_role, token


def add(
    conn: Connection, person_id: str, name: str, held: frozenset[Role], password_hash: str | None, now: datetime
) -> None:
    """Add a person. IntegrityError when the name is taken."""
    conn.execute(person.insert().values(id=person_id, name=name, password_hash=password_hash, created_at=now))
    conn.execute(person_role.insert(), [{"person_id": person_id, "role": role.value} for role in sorted(held)])


def named(conn: Connection, name: str) -> str | None:
    """The id of the person with this name; None when there is none, or no longer."""
    query = sa.select(person.c.id).where(person.c.name == name, person.c.disabled_at.is_(None))
    return conn.scalar(query)


def credentials(conn: Connection, name: str) -> tuple[str, str | None, bool] | None:
    """The id and the stored password of the person with this name, and whether it only serves to choose another; None
    when there is none, or no longer."""
    columns = (person.c.id, person.c.password_hash, passwords.MUST_CHOOSE)
    query = sa.select(*columns).where(person.c.name == name, person.c.disabled_at.is_(None))
    row = conn.execute(query).one_or_none()
    return None if row is None else (row[0], row[1], bool(row[2]))


def roles(conn: Connection, person_id: str) -> frozenset[Role]:
    """What a person may do."""
    held = conn.scalars(sa.select(person_role.c.role).where(person_role.c.person_id == person_id))
    return frozenset(Role(role) for role in held)


def set_password(conn: Connection, person_id: str, password_hash: str) -> None:
    """Replace a person's password."""
    conn.execute(person.update().where(person.c.id == person_id).values(password_hash=password_hash))


def disable(conn: Connection, person_id: str, now: datetime) -> None:
    """Let a person in no more; their tokens stop with them."""
    conn.execute(person.update().where(person.c.id == person_id).values(disabled_at=now))


def enable(conn: Connection, person_id: str) -> None:
    """Let a person in again."""
    conn.execute(person.update().where(person.c.id == person_id).values(disabled_at=None))


def set_roles(conn: Connection, person_id: str, held: frozenset[Role]) -> None:
    """Replace what a person may do."""
    conn.execute(person_role.delete().where(person_role.c.person_id == person_id))
    conn.execute(person_role.insert(), [{"person_id": person_id, "role": role.value} for role in sorted(held)])


def admins(conn: Connection) -> set[str]:
    """The ids of the administrators who are let in."""
    query = sa.select(person.c.id).join(person_role).where(person_role.c.role == Role.ADMIN.value)
    return set(conn.scalars(query.where(person.c.disabled_at.is_(None))))


def everyone(conn: Connection) -> list[dict[str, Any]]:
    """Every person with id, name, roles, whether disabled, and whether they must choose a password first, by name."""
    held: dict[str, list[str]] = {}
    for row in conn.execute(sa.select(person_role).order_by(person_role.c.role)):
        held.setdefault(row.person_id, []).append(row.role)
    columns = (person.c.id, person.c.name, person.c.disabled_at, passwords.MUST_CHOOSE.label("given"))
    return [
        {
            "id": p.id,
            "name": p.name,
            "roles": held.get(p.id, []),
            "disabled": p.disabled_at is not None,
            "must_choose": bool(p.given),
        }
        for p in conn.execute(sa.select(*columns).order_by(person.c.name))
    ]


def token_hash(secret: str) -> bytes:
    """What is stored of a token. It has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def add_token(
    conn: Connection,
    token_id: str,
    secret: str,
    now: datetime,
    *,
    person_id: str | None = None,
    point_id: str | None = None,
) -> None:
    """Add a token for a person, for a display at a point, or (neither) for a machine that may only draft."""
    role = Role.AUTHOR.value if person_id is None and point_id is None else None
    values = {
        "id": token_id,
        "hash": token_hash(secret),
        "person_id": person_id,
        "point_id": point_id,
        "role": role,
        "created_at": now,
    }
    conn.execute(token.insert().values(values))


def revoke_token(conn: Connection, token_id: str, now: datetime) -> bool:
    """Make a token worthless; False when there was no such valid one."""
    query = token.update().where(token.c.id == token_id, token.c.revoked_at.is_(None)).values(revoked_at=now)
    return conn.execute(query).rowcount == 1


def revoke_tokens_of(conn: Connection, person_id: str, now: datetime) -> int:
    """Make every token of a person worthless; how many."""
    query = token.update().where(token.c.person_id == person_id, token.c.revoked_at.is_(None))
    return conn.execute(query.values(revoked_at=now)).rowcount


def caller(conn: Connection, secret: str) -> Caller | None:
    """Who holds this token; None when it is unknown, revoked, or its person disabled."""
    columns = (token.c.id, token.c.person_id, token.c.point_id, token.c.role, person.c.name, person.c.disabled_at)
    query = sa.select(*columns).join_from(token, person, isouter=True)
    row = conn.execute(query.where(token.c.hash == token_hash(secret), token.c.revoked_at.is_(None))).one_or_none()
    if row is None or row.disabled_at is not None:
        return None
    if row.person_id is None:
        may = frozenset({Role(row.role)}) if row.role else frozenset[Role]()
        return Caller(row.id, may, point_id=row.point_id)
    return Caller(row.id, roles(conn, row.person_id), row.person_id, row.name)


def names(conn: Connection) -> dict[str, str]:
    """What everybody is called, by id; those who left too."""
    return dict(conn.execute(sa.select(person.c.id, person.c.name)).all())
