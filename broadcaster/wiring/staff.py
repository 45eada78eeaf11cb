"""Adding and removing people, tokens and devices, from the command line; each is in the journal."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.clock import SystemClock
from broadcaster.model.device import DeviceKind
from broadcaster.model.events import SYSTEM, Event
from broadcaster.model.people import Role, conflicting
from broadcaster.seal import Seal, load_seal
from broadcaster.seal.passwords import SHORTEST, Passwords
from broadcaster.settings import Settings
from broadcaster.store import identities, journal, passkeys, people, reminders, second_factors, sessions
from broadcaster.workflow import enrolling, reminding
from broadcaster.workflow.enrolling import Code
from broadcaster.workflow.refusals import Refused


class StaffError(Exception):
    """What was asked of people or tokens cannot be; the message says what to do."""


def roles_named(names: Sequence[str]) -> frozenset[Role]:
    """The roles of these names. StaffError when one is unknown, or they do not go together."""
    try:
        roles = frozenset(Role(name) for name in names)
    except ValueError:
        raise StaffError(f"Roles are {', '.join(Role)}: give one of those.") from None
    if conflicting(roles):
        raise StaffError("An admin hands out roles, so may not write or approve: give another person the other role.")
    return roles


def _hash(password: str) -> str:
    if len(password) < SHORTEST:
        raise StaffError(f"The password is too short: use at least {SHORTEST} characters.")
    return Passwords().hashed(password)


def _person(conn: Connection, name: str) -> str:
    person_id = people.named(conn, name)
    if person_id is None:
        raise StaffError(f"There is no user '{name}': see 'omroeper user list'.")
    return person_id


def add(conn: Connection, name: str, roles: frozenset[Role], password: str) -> str:
    """Add a person; the id."""
    if any(person["name"] == name for person in people.everyone(conn)):
        raise StaffError(f"There is a user '{name}' already: choose another name.")
    now = SystemClock().now()
    person_id = ids.new_id(now)
    people.add(conn, person_id, name, roles, _hash(password), now)
    journal.append(conn, [Event("PersonAdded", SYSTEM, person_id, {"roles": sorted(roles)})], now)
    return person_id


def reset(conn: Connection, name: str, password: str) -> None:
    """Give a person another password; whoever is signed in as them is so no more. Codes, passkeys and links elsewhere
    are gone too: the telephone may be what was lost."""
    person_id, now = _person(conn, name), SystemClock().now()
    people.set_password(conn, person_id, _hash(password))
    second_factors.drop(conn, person_id)
    passkeys.drop(conn, person_id)
    identities.drop(conn, person_id)
    ended = sessions.end_all(conn, person_id, now)
    journal.append(conn, [Event("PasswordReset", SYSTEM, person_id, {"sessions": ended})], now)


def disable(conn: Connection, name: str) -> None:
    """Let a person in no more."""
    person_id, now = _person(conn, name), SystemClock().now()
    people.disable(conn, person_id, now)
    sessions.end_all(conn, person_id, now)
    journal.append(conn, [Event("PersonDisabled", SYSTEM, person_id)], now)


def contact(conn: Connection, seal: Seal, name: str, addresses: Mapping[str, str]) -> list[str]:
    """Remind a person at these addresses, by kind, from now on; an empty one: no more. The kinds that are left."""
    person_id, now = _person(conn, name), SystemClock().now()
    for kind, address in addresses.items():
        try:
            reminding.set_contact(conn, seal, person_id, kind, address, SYSTEM, now)
        except ValueError:
            raise StaffError(f"That is no address for --{kind}: give a number as +31612345678, or a mailbox.") from None
    return sorted(reminders.contacts(conn, person_id))


def create_token(conn: Connection, settings: Settings, user: str | None, point: str | None) -> tuple[str, str]:
    """Make a token for a person, for a display, or for a machine that may only draft; its id and text."""
    if user is not None and point is not None:
        raise StaffError("A token is for a user or for a point: give one of the two.")
    if point is not None:
        _need_point(settings, point)
    now, secret = SystemClock().now(), ids.new_secret()
    token_id = ids.new_id(now)
    person_id = _person(conn, user) if user is not None else None
    people.add_token(conn, token_id, secret, now, person_id=person_id, point_id=point)
    journal.append(conn, [Event("TokenCreated", SYSTEM, token_id, {"person": person_id, "point": point})], now)
    return token_id, secret


def _need_point(settings: Settings, point: str) -> None:
    if not settings.scope_of(point):
        raise StaffError(f"There is no support point '{point}' in the configuration: add it there first.")


def invite(conn: Connection, settings: Settings, point: str, kind: str) -> Code:
    """A code that lets in one device of a kind at a point."""
    if kind not in set(DeviceKind):
        raise StaffError(f"A device is a {' or a '.join(DeviceKind)}: give one of those with --kind.")
    _need_point(settings, point)
    seal = load_seal(settings.keys_folder)
    return enrolling.invite(conn, settings, seal, SYSTEM, point, DeviceKind(kind), SystemClock().now())


def revoke_device(conn: Connection, device_id: str) -> bool:
    """Let a device in no more; False when there was no such valid one."""
    try:
        enrolling.revoke(conn, SYSTEM, device_id, SystemClock().now())
    except Refused:
        return False
    return True


def revoke_token(conn: Connection, token_id: str) -> bool:
    """Make a token worthless; False when there was no such valid one."""
    now = SystemClock().now()
    if not people.revoke_token(conn, token_id, now):
        return False
    journal.append(conn, [Event("TokenRevoked", SYSTEM, token_id)], now)
    return True
