"""Asking a person once more whether it is them: for the password, and the code where there is one, or for a passkey.

Before an alert goes out, and before a way to sign in is added or taken away: by who can show it, not by who finds the
browser open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from broadcaster.seal import passkeys as seal
from broadcaster.store import passkeys, people
from broadcaster.web import tickets
from broadcaster.web.calls import Call
from broadcaster.web.forms import Form
from broadcaster.web.origins import peer
from broadcaster.web.passkey_site import site_of
from broadcaster.web.problems import Problem
from broadcaster.web.signing_in import DESK, open_at
from broadcaster.workflow import passkeys as workflow
from broadcaster.workflow import second_factor, stepping_up
from broadcaster.workflow.refusals import Fault, Refused, Why

_KIND = "step-up"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person gave. ticket, passkey: what `challenge` handed out, and what the browser made of it."""

    password: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    ticket: str = field(default="", repr=False)
    passkey: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """How a person showed it. evidence: what a passkey signed."""

    how: str
    evidence: Mapping[str, str] = field(default_factory=dict)


async def challenge(call: Call, about: str) -> dict[str, Any]:
    """What a passkey of the caller is asked to sign, about one thing: `options` for the browser, and the `ticket` that
    comes back with what it made of them."""
    site = site_of(call)
    own = await call.parts.store.read(passkeys.of_person, call.caller.person_id or "")
    if site is None or not own:
        raise _wrong(Fault("passkey", "none", "u hebt hier geen passkey: typ uw wachtwoord"))
    ticket = tickets.sealed(call, _KIND, {"session": call.caller.token_id, "about": about})
    wanted = _wanted(call, ticket, about)
    assert wanted is not None  # it was sealed just now
    return {"ticket": ticket, "options": seal.request_options(site, wanted[1], [one.credential_id for one in own])}


def _wanted(call: Call, ticket: str, about: str) -> tuple[dict[str, str], bytes] | None:
    """An opened ticket of this session about this, and what was to be signed."""
    found = tickets.opened(call, _KIND, ticket)
    if found is None or found["session"] != call.caller.token_id or found["about"] != about:
        return None
    return found, seal.challenge(found["nonce"], about)


def shown_in(form: Form) -> Shown:
    """What stands in the fields of a form."""
    return Shown(*(form.get(name) for name in ("password", "code", "ticket", "passkey")))


async def prove(call: Call, shown: Shown, about: str, *, code: bool = True) -> Proof:
    """How the caller shows that it is them. Refused when they do not, and a problem when they were wrong too often.

    about: the id or the digest of what it is for; a passkey signs for that alone. code: whether that is asked for too,
    where there is one.
    """
    throttle, address = call.request.app[DESK].throttle, peer(call.request, call.parts.house.settings.hub)
    if not (shown.passkey or shown.password):
        raise _wrong(Fault("password", "missing", "typ uw wachtwoord, of gebruik uw passkey"))
    if wait_in := throttle.wait_in(call.caller.name, address):
        raise _later(call, wait_in)
    throttle.begin(call.caller.name, address)
    try:
        proof = await (_by_passkey(call, shown, about) if shown.passkey else _by_password(call, shown, code=code))
    except Refused:
        await call.parts.store.run(stepping_up.refuse, call.caller, about, call.parts.clock.now())
        raise
    throttle.forgive(call.caller.name, address)
    return proof


async def _by_password(call: Call, shown: Shown, *, code: bool) -> Proof:
    """The password first: a wrong one uses no code up."""
    store, person_id = call.parts.store, call.caller.person_id or ""
    known = await store.read(people.credentials, call.caller.name)
    stored = known[1] if known else None
    if not await call.request.app[DESK].matches(stored, shown.password):
        raise _wrong(Fault("password", "wrong", "dit wachtwoord klopt niet: kijk of Caps Lock aan staat"))
    if not code or not await store.read(second_factor.needed, person_id):
        return Proof("password")
    if not shown.code.strip():
        raise _wrong(Fault("code", "missing", "typ de code van zes cijfers uit uw app"))
    if not await store.run(second_factor.passes, call.parts.seal, person_id, shown.code, call.parts.clock.now()):
        raise _wrong(Fault("code", "wrong", "deze code klopt niet, of is al gebruikt: wacht op de volgende"))
    return Proof("password and code")


async def _by_passkey(call: Call, shown: Shown, about: str) -> Proof:
    site, wanted = site_of(call), _wanted(call, shown.ticket, about)
    if site is None or wanted is None or not await tickets.spend(call, wanted[0]):
        raise _wrong(Fault("passkey", "old", "dit duurde te lang: gebruik uw passkey nog een keer"))
    used = await call.parts.store.run(workflow.use, site, shown.passkey, wanted[1], call.parts.clock.now())
    if used is None or used.passkey.person_id != call.caller.person_id:
        raise _wrong(Fault("passkey", "wrong", "deze passkey is niet de uwe: neem een andere, of typ uw wachtwoord"))
    if used.copied:
        raise _wrong(
            Fault(
                "passkey", "copied", "er is een kopie van deze passkey, dus zij geldt niet meer: waarschuw de beheerder"
            )
        )
    evidence = {"passkey": used.passkey.id, "nonce": wanted[0]["nonce"], **seal.evidence(shown.passkey)}
    return Proof("passkey", evidence)


def _wrong(fault: Fault) -> Refused:
    return Refused(Why.STEP_UP, "Laat eerst nog eens zien dat u het bent.", [fault])


def _later(call: Call, wait_in: float) -> Problem:
    """Refused without a look at what was given."""
    seconds, at = open_at(call, wait_in)
    headers = {"Retry-After": str(seconds)}
    return Problem("too-many", f"U gaf te vaak iets verkeerds op. Probeer het opnieuw om {at} uur.", headers=headers)
