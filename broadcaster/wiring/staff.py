"""Adding and removing people, tokens and devices, from the command line: by name, and with English reasons."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from broadcaster.clock import SystemClock
from broadcaster.model.device import DeviceKind
from broadcaster.model.events import SYSTEM
from broadcaster.model.people import Role
from broadcaster.seal import Seal, load_seal
from broadcaster.seal.passwords import SHORTEST, Passwords
from broadcaster.settings import Settings
from broadcaster.store import people, reminders
from broadcaster.web.console.sentences import in_english
from broadcaster.workflow import enrolling, reminding, staffing
from broadcaster.workflow.enrolling import Code
from broadcaster.workflow.refusals import Refused, Why


class StaffError(Exception):
    """What was asked of people or tokens cannot be; the message says what to do."""


@contextmanager
def _reasons() -> Iterator[None]:
    """Refusals as this command line says them."""
    try:
        yield
    except Refused as refused:
        said = [in_english(refused.title), *(in_english(fault.message) for fault in refused.faults)]
        raise StaffError(" ".join(said)) from None


def roles_named(names: Sequence[str]) -> frozenset[Role]:
    """The roles of these names. StaffError when one is unknown, or they do not go together."""
    try:
        roles = frozenset(Role(name) for name in names)
    except ValueError:
        raise StaffError(f"Roles are {', '.join(Role)}: give one of those.") from None
    with _reasons():
        return staffing.checked(roles)


def _hash(password: str) -> str:
    if len(password) < SHORTEST:
        raise StaffError(f"The password is too short: use at least {SHORTEST} characters.")
    return Passwords().hashed(password)


def _person(conn: Connection, name: str) -> str:
    person_id = people.named(conn, name)
    if person_id is None:
        raise StaffError(f"There is no user '{name}': see 'omroeper user list'.")
    return person_id


def add(conn: Connection, name: str, roles: frozenset[Role], password: str, *, own: bool = True) -> str:
    """Add a person; the id. own: the password was typed here; one that was made up only serves to choose another."""
    with _reasons():
        return staffing.add(conn, SYSTEM, name, roles, _hash(password), SystemClock().now(), own=own)


def reset(conn: Connection, name: str, password: str, *, own: bool = True) -> None:
    """Give a person another password; see `staffing.reset`, and `add` for own."""
    with _reasons():
        staffing.reset(conn, SYSTEM, _person(conn, name), _hash(password), SystemClock().now(), own=own)


def disable(conn: Connection, name: str) -> None:
    """Let a person in no more."""
    with _reasons():
        staffing.disable(conn, SYSTEM, _person(conn, name), SystemClock().now())


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
    person_id = _person(conn, user) if user is not None else None
    with _reasons():
        return staffing.create_token(conn, settings, SYSTEM, person_id, point, SystemClock().now())


def invite(conn: Connection, settings: Settings, point: str, kind: str) -> Code:
    """A code that lets in one device of a kind at a point."""
    if kind not in set(DeviceKind):
        raise StaffError(f"A device is a {' or a '.join(DeviceKind)}: give one of those with --kind.")
    if not settings.scope_of(point):
        raise StaffError(f"There is no support point '{point}' in the configuration: add it there first.")
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
    try:
        staffing.revoke_token(conn, SYSTEM, token_id, SystemClock().now())
    except Refused as refused:
        if refused.why is not Why.NOT_FOUND:
            raise
        return False
    return True
