"""Who signs in and out. The journal has both, and every refusal: by the person's id, never by what was typed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.events import SYSTEM, Event
from broadcaster.model.people import Caller
from broadcaster.seal.passkeys import Site
from broadcaster.store import journal, people, sessions
from broadcaster.workflow import passkeys

UNKNOWN = "unknown"
"""What the journal has in place of a person whose name is not known here."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A person with this name, and the stored password that was compared. given: by somebody else, so that it only
    serves to choose another."""

    person_id: str
    stored: str | None
    given: bool = False


def look_up(conn: Connection, name: str) -> Credentials | None:
    """Whoever has this name and is let in; None for nobody."""
    found = people.credentials(conn, name)
    return None if found is None else Credentials(*found)


def sign_in(
    conn: Connection, name: str, compared: Credentials, anew: str | None, how: str, now: datetime
) -> str | None:
    """Begin a session; what the browser is to hold. None when the person, or the password, is another by now.

    anew: the same password as it is stored today.
    """
    if look_up(conn, name) != compared or compared.given:
        refuse(conn, compared, now)
        return None
    if anew is not None:
        people.set_password(conn, compared.person_id, anew)
    return begin(conn, compared.person_id, how, now)


def begin(conn: Connection, person_id: str, how: str, now: datetime) -> str:
    """Begin a session of a person who is known; what the browser is to hold. how: what they showed."""
    session_id, secret = ids.new_id(now), ids.new_secret()
    sessions.add(conn, session_id, secret, person_id, now)
    journal.append(conn, [Event("SignedIn", person_id, session_id, {"how": how})], now)
    return secret


def by_passkey(conn: Connection, site: Site, credential: str, wanted: bytes, now: datetime) -> str | None:
    """Begin a session of whose passkey signed `wanted`; what the browser is to hold. None when nobody's did."""
    used = passkeys.use(conn, site, credential, wanted, now)
    if used is None or used.copied:
        person = used.passkey.person_id if used else UNKNOWN
        journal.append(conn, [Event("SignInRefused", SYSTEM, person, {"how": "passkey"})], now)
        return None
    return begin(conn, used.passkey.person_id, "passkey", now)


def refuse(conn: Connection, compared: Credentials | None, now: datetime) -> None:
    """Note that somebody was not let in."""
    journal.append(conn, [Event("SignInRefused", SYSTEM, compared.person_id if compared else UNKNOWN)], now)


def sign_out(conn: Connection, caller: Caller, now: datetime) -> None:
    """End the session that this caller is known by."""
    if sessions.end(conn, caller.token_id, now):
        journal.append(conn, [Event("SignedOut", caller.actor, caller.token_id)], now)


def end_session(conn: Connection, caller: Caller, session_id: str, now: datetime) -> bool:
    """End another session of the same person; False when there is none that goes on."""
    own = {item["id"] for item in sessions.listed(conn, caller.person_id or "", now)}
    if session_id not in own or not sessions.end(conn, session_id, now):
        return False
    journal.append(conn, [Event("SessionEnded", caller.actor, session_id)], now)
    return True
