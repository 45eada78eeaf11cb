"""Before a person lets an alert out from a browser, they show once more that it is them: for that digest alone.

A session goes on while its person is away from the screen; a bearer token is shown with each request, and is its own
proof. Nothing turns this off.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from broadcaster.model.events import Event
from broadcaster.model.people import Caller
from broadcaster.store import journal, step_ups
from broadcaster.workflow.refusals import Fault, Refused, Why

GOOD_FOR = timedelta(minutes=5)


def note(
    conn: Connection, caller: Caller, alert_id: str, digest: str, how: str, evidence: Mapping[str, str], now: datetime
) -> datetime:
    """A person showed that it is them, and for which digest; until when that holds. evidence: what a passkey signed,
    for whoever checks it later."""
    step_ups.put(conn, caller.token_id, digest, now)
    journal.append(conn, [Event("SteppedUp", caller.actor, alert_id, {"digest": digest, "how": how, **evidence})], now)
    return now + GOOD_FOR


def refuse(conn: Connection, caller: Caller, alert_id: str, now: datetime) -> None:
    """Somebody at a person's browser could not show that it was them."""
    journal.append(conn, [Event("StepUpRefused", caller.actor, alert_id)], now)


def until(conn: Connection, caller: Caller, digest: str, now: datetime) -> datetime | None:
    """Until when it holds for this digest; None when it does not."""
    at = step_ups.at(conn, caller.token_id, digest)
    return None if at is None or not at <= now < at + GOOD_FOR else at + GOOD_FOR


def require(conn: Connection, caller: Caller, digest: str, now: datetime) -> None:
    """Refused for a session whose person has not shown it."""
    if caller.by_session and until(conn, caller, digest, now) is None:
        fault = Fault("password", "step-up", "typ uw wachtwoord, of gebruik uw passkey")
        raise Refused(Why.STEP_UP, "Laat eerst nog eens zien dat u het bent.", [fault])
