"""People who sign in at a provider of OpenID Connect. It tells who somebody is; what they may do stays ours, and nobody
comes in who was not added here."""

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from broadcaster.model.events import SYSTEM, Event
from broadcaster.model.people import Caller
from broadcaster.store import identities, journal
from broadcaster.workflow import signing_in
from broadcaster.workflow.refusals import conflict


def link(conn: Connection, caller: Caller, issuer: str, subject: str, now: datetime) -> None:
    """The caller is this person there."""
    assert caller.person_id is not None  # the pages are for people
    try:
        identities.put(conn, issuer, subject, caller.person_id, now)
    except IntegrityError as error:
        raise conflict("Deze aanmelding hoort al bij iemand anders.") from error
    journal.append(conn, [Event("IdentityLinked", caller.actor, caller.person_id, {"issuer": issuer})], now)


def unlink(conn: Connection, caller: Caller, issuer: str, now: datetime) -> None:
    """The caller signs in there no more."""
    person_id = caller.person_id or ""
    if identities.drop(conn, person_id, issuer):
        journal.append(conn, [Event("IdentityUnlinked", caller.actor, person_id, {"issuer": issuer})], now)


def sign_in(conn: Connection, issuer: str, subject: str, now: datetime) -> str | None:
    """Begin a session of whoever this is; what the browser is to hold. None when it is nobody here."""
    person_id = identities.find(conn, issuer, subject)
    if person_id is None:
        journal.append(conn, [Event("SignInRefused", SYSTEM, signing_in.UNKNOWN, {"how": "oidc"})], now)
        return None
    return signing_in.begin(conn, person_id, "oidc", now)
