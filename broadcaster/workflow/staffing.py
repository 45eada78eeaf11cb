"""Who works here, and what they may do: the rules for an administrator at a browser and for the command line alike.

An administrator gives access and holds none of what it opens: no role that writes or approves beside it, and no token
that acts as somebody else. The last one is not locked out, and nobody gives up their own office by themselves.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.events import SYSTEM, Event
from broadcaster.model.people import Role, conflicting
from broadcaster.settings import Settings
from broadcaster.store import dialect, identities, journal, passkeys, passwords, people, second_factors, sessions
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict, forbidden, not_found

_LOCK = 7_021_968
_LONGEST_NAME = 100


def _begin(conn: Connection, actor: str) -> None:
    """Changes of people happen one after another, by who is an administrator at that moment."""
    dialect.one_at_a_time(conn, _LOCK)
    if actor != SYSTEM and actor not in people.admins(conn):
        raise forbidden("U bent geen beheerder meer.")


def checked(roles: Iterable[Role]) -> frozenset[Role]:
    """Roles that go together. Refused when they do not."""
    found = frozenset(roles)
    if not found:
        raise _wrong(Fault("role", "missing", "kies ten minste één rol"))
    if conflicting(found):
        fault = "een beheerder deelt rollen uit, dus mag niet schrijven of accorderen: geef de andere rol aan een ander"
        raise _wrong(Fault("role", "conflicting", fault))
    return found


def _wrong(fault: Fault) -> Refused:
    return Refused(Why.INVALID, "Er is niets veranderd.", [fault])


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise _wrong(Fault("name", "name", f"geef een naam van ten hoogste {_LONGEST_NAME} tekens"))
    return name


def add(
    conn: Connection, actor: str, name: str, roles: Iterable[Role], stored: str, now: datetime, *, own: bool = False
) -> str:
    """Add a person; the id. stored: the password as it is kept. own: the person typed it themselves; else it only
    serves to choose one."""
    _begin(conn, actor)
    name, held = _checked_name(name), checked(roles)
    if any(person["name"] == name for person in people.everyone(conn)):
        raise _wrong(Fault("name", "taken", f"er is al iemand die '{name}' heet: kies een andere naam"))
    person_id = ids.new_id(now)
    people.add(conn, person_id, name, held, stored, now)
    if not own:
        passwords.give(conn, person_id, stored, actor, now, own=False)
    _tell(conn, "PersonAdded", actor, person_id, now, roles=sorted(held), own_password=own)
    return person_id


def change_roles(conn: Connection, actor: str, person_id: str, roles: Iterable[Role], now: datetime) -> None:
    """Let a person do other things from now on."""
    _begin(conn, actor)
    wanted, held = checked(roles), people.roles(conn, _known(conn, person_id))
    if wanted == held:
        return
    if Role.ADMIN not in wanted:
        _refuse_without_admin(conn, actor, person_id)
    people.set_roles(conn, person_id, wanted)
    _tell(conn, "PersonRolesChanged", actor, person_id, now, before=sorted(held), roles=sorted(wanted))


def reset(conn: Connection, actor: str, person_id: str, stored: str, now: datetime, *, own: bool = False) -> None:
    """Give a person another password; whoever is signed in as them is so no more. Codes, passkeys and links elsewhere
    are gone too: the telephone may be what was lost. own: as for `add`."""
    _begin(conn, actor)
    passwords.give(conn, _known(conn, person_id), stored, actor, now, own=own)
    second_factors.drop(conn, person_id)
    passkeys.drop(conn, person_id)
    identities.drop(conn, person_id)
    ended = sessions.end_all(conn, person_id, now)
    _tell(conn, "PasswordReset", actor, person_id, now, sessions=ended, own_password=own)


def disable(conn: Connection, actor: str, person_id: str, now: datetime) -> None:
    """Let a person in no more."""
    _begin(conn, actor)
    _refuse_without_admin(conn, actor, _known(conn, person_id))
    people.disable(conn, person_id, now)
    sessions.end_all(conn, person_id, now)
    _tell(conn, "PersonDisabled", actor, person_id, now)


def enable(conn: Connection, actor: str, person_id: str, now: datetime) -> None:
    """Let a person in again, with the password they had; the tokens they had then stay worthless."""
    _begin(conn, actor)
    revoked = people.revoke_tokens_of(conn, _known(conn, person_id), now)
    people.enable(conn, person_id)
    _tell(conn, "PersonEnabled", actor, person_id, now, tokens=revoked)


def end_sessions(conn: Connection, actor: str, person_id: str, now: datetime) -> None:
    """Have a person sign in anew, wherever they are."""
    _begin(conn, actor)
    ended = sessions.end_all(conn, _known(conn, person_id), now)
    _tell(conn, "SessionsEnded", actor, person_id, now, sessions=ended)


def _known(conn: Connection, person_id: str) -> str:
    if person_id not in people.names(conn):
        raise not_found("Deze persoon")
    return person_id


def _refuse_without_admin(conn: Connection, actor: str, person_id: str) -> None:
    """Refuse to take an administrator away when it is oneself, or the last."""
    admins = people.admins(conn)
    if person_id not in admins:
        return
    if person_id == actor:
        raise conflict("U kunt uzelf niet als beheerder weghalen: vraag een andere beheerder.")
    if admins == {person_id}:
        raise conflict("Dit is de laatste beheerder: maak eerst een ander beheerder.")


# --- tokens ------------------------------------------------------------------------------------------


def create_token(
    conn: Connection, settings: Settings, actor: str, person_id: str | None, point: str | None, now: datetime
) -> tuple[str, str]:
    """Make a token for a person, for a display, or (neither) for a machine that may only draft; its id and text.

    Whoever makes a token sees it, so one that acts as a person is made on the hub's own machine alone.
    """
    _begin(conn, actor)
    if person_id is not None and actor != SYSTEM:
        raise forbidden("Een token van een persoon maakt u op de machine van de centrale, met 'omroeper token create'.")
    if point is not None and not settings.scope_of(point):
        raise _wrong(Fault("point", "unknown", f"er is geen noodsteunpunt '{point}' in de configuratie"))
    token_id, secret = ids.new_id(now), ids.new_secret()
    people.add_token(conn, token_id, secret, now, person_id=person_id, point_id=point)
    _tell(conn, "TokenCreated", actor, token_id, now, person=person_id, point=point)
    return token_id, secret


def revoke_token(conn: Connection, actor: str, token_id: str, now: datetime) -> None:
    """Make a token worthless."""
    _begin(conn, actor)
    if not people.revoke_token(conn, token_id, now):
        raise not_found("Dit token")
    _tell(conn, "TokenRevoked", actor, token_id, now)


def _tell(conn: Connection, kind: str, actor: str, about: str, now: datetime, **data: object) -> None:
    journal.append(conn, [Event(kind, actor, about, data)], now)
