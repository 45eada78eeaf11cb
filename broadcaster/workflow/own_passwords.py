"""People choose their own password: in the place of one that somebody else gave, with which they can do nothing else,
or of their own.

So who gives access cannot act as somebody unseen. Either the one-time password still waits for its owner, or somebody
chose another with it, and then the owner's does not work; and both steps stand in the journal and on the owner's page.
"""

from datetime import datetime

from sqlalchemy import Connection

from broadcaster.model.events import Event
from broadcaster.model.people import Caller
from broadcaster.seal.passwords import SHORTEST
from broadcaster.store import journal, passwords, sessions
from broadcaster.workflow import signing_in
from broadcaster.workflow.refusals import Fault, Refused, Why
from broadcaster.workflow.signing_in import Credentials

LONGEST = 1000
_SIGNS = 5
"""Different ones that a password has at least: no row of the same letter."""


def check(name: str, new: str, again: str) -> None:
    """Refused when a person of this name may not take this password, or did not type it twice (NIST SP 800-63B-4,
    section 3.1.1.2: long, and no rules about kinds of characters)."""
    faults = []
    if not SHORTEST <= len(new) <= LONGEST:
        faults.append(Fault("new", "length", f"kies een wachtwoord van {SHORTEST} tot {LONGEST} tekens"))
    elif len(set(new)) < _SIGNS or new.casefold() == name.casefold():
        faults.append(Fault("new", "simple", "dit wachtwoord is te makkelijk te raden: kies bijvoorbeeld vier woorden"))
    if new != again:
        faults.append(Fault("again", "other", "typ twee keer hetzelfde wachtwoord"))
    if faults:
        raise refused(*faults)


def refused(*faults: Fault) -> Refused:
    """Nothing was chosen, and why."""
    return Refused(Why.INVALID, "U hebt nog geen nieuw wachtwoord.", faults)


def choose(conn: Connection, compared: Credentials, stored: str, how: str, now: datetime) -> str | None:
    """Take a password in the place of the one that was given, and begin a session; what the browser is to hold. None
    when the person, or the password, is another by now. how: what they showed."""
    if compared.stored is None or not passwords.choose(conn, compared.person_id, compared.stored, stored, now):
        signing_in.refuse(conn, compared, now)
        return None
    journal.append(conn, [Event("PasswordChosen", compared.person_id, compared.person_id, {"given": True})], now)
    return signing_in.begin(conn, compared.person_id, how, now)


def change(conn: Connection, caller: Caller, known: str, stored: str, now: datetime) -> bool:
    """Take another password in the place of one's own; whoever else is signed in as this person is so no more. False
    when it is another by now."""
    assert caller.person_id is not None  # the pages are for people
    if not passwords.choose(conn, caller.person_id, known, stored, now):
        return False
    ended = sessions.end_others(conn, caller.person_id, caller.token_id, now)
    told = {"given": False, "sessions": ended}
    journal.append(conn, [Event("PasswordChosen", caller.actor, caller.person_id, told)], now)
    return True
