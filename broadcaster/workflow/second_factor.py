"""A code of six digits beside the password, that changes every thirty seconds (TOTP, RFC 6238).

The secret stands sealed in the database; a code counts once. Losing the telephone is the administrator's
`omroeper user reset`.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import Connection

from broadcaster.model.events import Event
from broadcaster.model.people import Caller
from broadcaster.seal import Seal
from broadcaster.store import journal, passkeys, second_factors

ISSUER = "Omroeper"
_CONTEXT = "second factor"
_STEP_IN = 30
_DRIFT = 1
"""Steps of time that a telephone may be off, either way (RFC 6238, section 5.2)."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a person has beside their password: a code, passkeys, or both. Any of them will do."""

    code: bool
    passkey: bool

    @property
    def asks(self) -> bool:
        """Whether a password alone lets this person in no more."""
        return self.code or self.passkey


def beside(conn: Connection, person_id: str) -> Beside:
    """What stands beside a person's password."""
    return Beside(needed(conn, person_id), bool(passkeys.of_person(conn, person_id)))


def needed(conn: Connection, person_id: str) -> bool:
    """Whether a code goes with this person's password."""
    found = second_factors.of(conn, person_id)
    return found is not None and found.confirmed_at is not None


def begin(conn: Connection, seal: Seal, caller: Caller, now: datetime) -> str:
    """A new secret for a person, as its app takes it (base 32); it asks for nothing until it is confirmed."""
    secret = pyotp.random_base32()
    second_factors.put(conn, _person(caller), seal.seal(secret, _CONTEXT), now)
    return secret


def pending(conn: Connection, seal: Seal, caller: Caller) -> str | None:
    """The secret that waits to be confirmed; None when there is none."""
    found = second_factors.of(conn, _person(caller))
    return None if found is None or found.confirmed_at is not None else seal.open(found.sealed, _CONTEXT)


def address(secret: str, caller: Caller) -> str:
    """The secret as the QR code has it (the Key URI format of the code apps)."""
    return pyotp.TOTP(secret).provisioning_uri(name=caller.name or "", issuer_name=ISSUER)


def confirm(conn: Connection, seal: Seal, caller: Caller, code: str, now: datetime) -> bool:
    """Begin to ask for codes, once the app has shown a right one; whether it did."""
    if pending(conn, seal, caller) is None or not passes(conn, seal, _person(caller), code, now):
        return False
    second_factors.confirm(conn, _person(caller), now)
    journal.append(conn, [Event("SecondFactorAdded", caller.actor, _person(caller))], now)
    return True


def passes(conn: Connection, seal: Seal, person_id: str, code: str, now: datetime) -> bool:
    """Whether this is the person's code of about now, that nobody used before."""
    found = second_factors.of(conn, person_id)
    if found is None:
        return False
    step = _step_of(seal.open(found.sealed, _CONTEXT), code, now)
    return step is not None and second_factors.use(conn, person_id, step)


def remove(conn: Connection, caller: Caller, now: datetime) -> None:
    """Ask for the password alone again."""
    if second_factors.drop(conn, _person(caller)):
        journal.append(conn, [Event("SecondFactorRemoved", caller.actor, _person(caller))], now)


def _person(caller: Caller) -> str:
    assert caller.person_id is not None  # the pages are for people
    return caller.person_id


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    digits = "".join(code.split())
    app, current = pyotp.TOTP(secret), int(now.timestamp()) // _STEP_IN
    steps = range(current - _DRIFT, current + _DRIFT + 1)
    return next((step for step in steps if hmac.compare_digest(app.generate_otp(step), digits)), None)
