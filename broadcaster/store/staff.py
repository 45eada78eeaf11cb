"""Everybody who works here, and the tokens that are out, as an administrator looks at them: no address, no secret."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Select

from broadcaster.model.people import Role
from broadcaster.store import passwords, people, reminders, sessions
from broadcaster.store.tables import device, identity, passkey, person, second_factor, session, token


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person. must_choose: whether they still have the password that somebody gave them. passkeys, sessions: how
    many; code: whether one goes with the password; linked: at a provider of OpenID Connect. reached: the kinds by which
    they are reminded."""

    id: str
    name: str
    roles: tuple[Role, ...]
    since: datetime
    disabled_at: datetime | None
    code: bool
    linked: bool
    passkeys: int
    reached: tuple[str, ...]
    sessions: int
    must_choose: bool


@dataclass(frozen=True, slots=True)
class Token:
    """A token that works. person_id or point_id: whose it is; neither: a machine's, which may only draft."""

    id: str
    person_id: str | None
    point_id: str | None
    created_at: datetime


def everyone(conn: Connection, now: datetime) -> list[Colleague]:
    """Every person there ever was, who is let in first, then by name."""
    roles = {row["id"]: tuple(map(Role, row["roles"])) for row in people.everyone(conn)}
    codes = set(conn.scalars(sa.select(second_factor.c.person_id).where(second_factor.c.confirmed_at.is_not(None))))
    keys = _counted(conn, sa.select(passkey.c.person_id, sa.func.count()).group_by(passkey.c.person_id))
    going = sa.select(session.c.person_id, sa.func.count()).where(sessions.valid(now))
    open_ones = _counted(conn, going.group_by(session.c.person_id))
    linked = set(conn.scalars(sa.select(identity.c.person_id)))
    reached = reminders.reached_by(conn)
    given = set(conn.scalars(sa.select(person.c.id).where(passwords.MUST_CHOOSE)))
    rows = conn.execute(sa.select(person.c.id, person.c.name, person.c.created_at, person.c.disabled_at))
    found = [
        Colleague(
            row.id,
            row.name,
            roles.get(row.id, ()),
            row.created_at,
            row.disabled_at,
            row.id in codes,
            row.id in linked,
            keys.get(row.id, 0),
            tuple(reached.get(row.id, ())),
            open_ones.get(row.id, 0),
            row.id in given,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.disabled_at is not None, one.name.casefold()))


def _counted(conn: Connection, query: Select[str, int]) -> dict[str, int]:
    return {row[0]: row[1] for row in conn.execute(query)}


def tokens(conn: Connection) -> list[Token]:
    """Every token that works, the latest first; not those that devices were given with a code."""
    columns = (token.c.id, token.c.person_id, token.c.point_id, token.c.created_at)
    query = sa.select(*columns).join_from(token, person, isouter=True)
    query = query.where(token.c.revoked_at.is_(None), person.c.disabled_at.is_(None))
    query = query.where(token.c.id.not_in(sa.select(device.c.token_id))).order_by(token.c.id.desc())
    return [Token(*row) for row in conn.execute(query)]
