"""Passkeys of people: added, used and removed. The journal has each, with the public key, so that what a passkey signed
can be checked after it is gone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from broadcaster import ids
from broadcaster.model.events import SYSTEM, Event
from broadcaster.model.people import Caller
from broadcaster.seal import passkeys as seal
from broadcaster.seal.passkeys import NewPasskey, PasskeyError, Site
from broadcaster.store import journal, passkeys
from broadcaster.store.passkeys import Passkey
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict

MOST = 10
"""Passkeys of one person."""
_NAME = 60


@dataclass(frozen=True, slots=True)
class Used:
    """Whose passkey signed. copied: it counted backwards, so there are two of it, and nobody is let in."""

    passkey: Passkey
    copied: bool = False


def add(conn: Connection, caller: Caller, made: NewPasskey, name: str, now: datetime) -> None:
    """Keep a passkey that was just made, under a name that its owner gave it."""
    assert caller.person_id is not None  # the pages are for people
    name = " ".join(name.split())
    if not 0 < len(name) <= _NAME:
        raise Refused(
            Why.INVALID, "De passkey heeft een naam nodig.", [Fault("name", "name", f"ten hoogste {_NAME} tekens")]
        )
    if len(passkeys.of_person(conn, caller.person_id)) >= MOST:
        raise conflict(f"U hebt al {MOST} passkeys: haal er eerst een weg.")
    passkey_id = ids.new_id(now)
    try:
        passkeys.add(
            conn, passkey_id, caller.person_id, made.credential_id, made.public_key, made.sign_count, name, now
        )
    except IntegrityError as error:
        raise conflict("Deze passkey is hier al bekend.") from error
    data = {"passkey": passkey_id, "public_key": seal.as_text(made.public_key)}
    journal.append(conn, [Event("PasskeyAdded", caller.actor, caller.person_id, data)], now)


def remove(conn: Connection, caller: Caller, passkey_id: str, now: datetime) -> bool:
    """Forget a passkey of this person; False when they have no such."""
    person_id = caller.person_id or ""
    if not passkeys.drop(conn, person_id, passkey_id):
        return False
    journal.append(conn, [Event("PasskeyRemoved", caller.actor, person_id, {"passkey": passkey_id})], now)
    return True


def use(conn: Connection, site: Site, credential: str, wanted: bytes, now: datetime) -> Used | None:
    """Whose passkey signed `wanted`; None when none of ours did."""
    try:
        found = passkeys.by_credential(conn, seal.credential_id(credential))
        if found is None:
            return None
        count = seal.signed(site, credential, wanted, found.public_key)
    except PasskeyError:
        return None
    if passkeys.use(conn, found.id, count, now):
        return Used(found)
    if passkeys.block(conn, found.id, now):
        journal.append(conn, [Event("PasskeyCopied", SYSTEM, found.person_id, {"passkey": found.id})], now)
    return Used(found, copied=True)
