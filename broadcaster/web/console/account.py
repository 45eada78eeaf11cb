"""A person's own access: where they are signed in, their passkeys, and the code beside their password.

A way to sign in is added or taken away by who shows that it is them, not by who finds the browser open.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import segno
from sqlalchemy import Connection

from broadcaster.model.cap import Status
from broadcaster.model.people import Caller
from broadcaster.model.reminding import KINDS as REACHED_AT
from broadcaster.seal import Seal
from broadcaster.seal import passkeys as seal
from broadcaster.seal.passkeys import PasskeyError
from broadcaster.seal.passwords import SHORTEST
from broadcaster.store import identities, journal, people, sessions
from broadcaster.store import passkeys as stored
from broadcaster.store.answers import Answer
from broadcaster.store.passkeys import Passkey
from broadcaster.web import bodies, forms, frames, proving, signing_in_elsewhere, tickets
from broadcaster.web.calls import Call, given
from broadcaster.web.console import frame
from broadcaster.web.console.dress import words_for
from broadcaster.web.passkey_site import site_of
from broadcaster.web.problems import KINDS, Problem
from broadcaster.web.provider import ProviderError
from broadcaster.web.proving import Shown
from broadcaster.web.signing_in import DESK
from broadcaster.workflow import linking, own_passwords, passkeys, reminding, second_factor, signing_in
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict, not_found

PATH = "/console/account"
_NEW = "new passkey"
_STEPS = ("PersonAdded", "PasswordReset", "PasswordChosen")
_SHOWN_STEPS = 6
_SHOWN = 3
"""Signs of a number that tell its owner which it is, and others nothing."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a person has. steps: who gave them a password and when they chose one, the last first: kind, at, by (a name,
    None at the hub's own machine). secret: of a code app that was not confirmed yet. linked: whether they are somebody
    at the provider. reached: the last signs of each number or address at which they are reminded, by kind."""

    steps: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    passkeys: list[Passkey]
    asks_code: bool
    secret: str | None
    linked: bool
    reached: dict[str, str]


def read(conn: Connection, seal: Seal, caller: Caller, issuer: str | None, now: datetime) -> Access:
    """Read it all."""
    person_id = caller.person_id or ""
    return Access(
        _steps(conn, person_id),
        sessions.listed(conn, person_id, now),
        stored.of_person(conn, person_id),
        second_factor.needed(conn, person_id),
        second_factor.pending(conn, seal, caller),
        issuer is not None and identities.is_linked(conn, issuer, person_id),
        {kind: address[-_SHOWN:] for kind, address in reminding.contacts_of(conn, seal, person_id).items()},
    )


def _steps(conn: Connection, person_id: str) -> list[dict[str, Any]]:
    names, found = people.names(conn), journal.about(conn, [person_id], _STEPS)[-_SHOWN_STEPS:]
    return [{"kind": line["kind"], "at": line["at"], "by": names.get(line["actor"])} for line in reversed(found)]


async def show(call: Call) -> Answer:
    """`GET /console/account`."""
    return await _page(call)


async def _page(call: Call, said: str = "", refused: Refused | None = None, typed: str = "", way: str = "") -> Answer:
    """The page. said: the word for what was just done; refused: why it was not; typed: the name of a passkey; way: to
    the provider, for who is about to say who they are there."""
    oidc = call.parts.house.settings.oidc
    issuer = oidc.issuer if oidc else None
    found = await call.parts.store.read(read, call.parts.seal, call.caller, issuer, call.parts.clock.now())
    values = {
        "access": found,
        "qr": _qr(second_factor.address(found.secret, call.caller)) if found.secret else "",
        "said": words_for(call.request)(said) if said else "",
        "refused": refused,
        "typed": typed,
        "kinds": REACHED_AT,
        "oidc": oidc,
        "way": way,
        "shortest": SHORTEST,
        "can_passkey": site_of(call) is not None,
        "anchors": lambda field: {name: name for name in ("name", "code", "new", "again")}.get(field, ""),
    }
    status_code = KINDS[refused.why.value].status_code if refused else 200
    return frame.shown(call, "account.html", values, Status.ACTUAL, status_code)


def _qr(text: str) -> str:
    """A QR code as SVG, without a style that the page's policy would refuse."""
    return segno.make(text, error="m").svg_inline(scale=5, border=4, light="#fff", omitsize=True, svgclass="qr")


async def _refused(call: Call, refused: Refused | Problem, typed: str = "") -> Answer:
    """The page with what was refused; whoever was wrong too often is told until when to wait."""
    if isinstance(refused, Refused):
        return await _page(call, refused=refused, typed=typed)
    if refused.kind != "too-many":
        raise refused
    page = await _page(call, refused=Refused(Why.STEP_UP, refused.detail), typed=typed)
    return replace(page, status_code=KINDS[refused.kind].status_code, headers=page.headers | refused.headers)


async def reach(call: Call) -> Answer:
    """`POST /console/account/reach/{kind}`: where this person is reminded from now on; nothing: no more."""
    kind, parts, words = call.request.match_info["kind"], call.parts, words_for(call.request)
    if kind not in REACHED_AT:
        raise not_found("Dit kanaal")
    address = (await forms.read(call.request)).get("address")
    person_id, now = call.caller.person_id or "", parts.clock.now()
    try:
        await parts.store.run(reminding.set_contact, parts.seal, person_id, kind, address, call.caller.actor, now)
    except ValueError:
        wrong = words("account.reach_wrong_sms" if kind == "sms" else "account.reach_wrong_email")
        return await _page(call, refused=Refused(Why.INVALID, wrong))
    return await _page(call, "account.reach_saved")


async def end_session(call: Call) -> Answer:
    """`POST /console/account/sessions/{id}/end`."""
    await forms.read(call.request)
    if not await call.parts.store.run(signing_in.end_session, call.caller, call.id, call.parts.clock.now()):
        raise not_found("Deze aanmelding")
    return await _page(call, "account.session_ended")


# --- the password ------------------------------------------------------------------------------------


async def change_password(call: Call) -> Answer:
    """`POST /console/account/password`: another one, by who shows the one they have."""
    form, store, desk = await forms.read(call.request), call.parts.store, call.request.app[DESK]
    try:
        own_passwords.check(call.caller.name, form.get("new"), form.get("again"))
        known = await store.read(people.credentials, call.caller.name)
        await proving.prove(call, Shown(form.get("password"), form.get("code")), call.caller.person_id or "")
        now, stored = call.parts.clock.now(), await desk.stored(form.get("new"))
        changed = known is not None and await store.run(own_passwords.change, call.caller, known[1], stored, now)
    except (Refused, Problem) as refused:
        return await _refused(call, refused)
    if not changed:
        raise conflict("Uw wachtwoord is intussen al veranderd.")
    return await _page(call, "account.password_done")


# --- the code ----------------------------------------------------------------------------------------


async def begin_factor(call: Call) -> Answer:
    """`POST /console/account/factor`: a new secret to take over in an app."""
    await forms.read(call.request)
    parts = call.parts
    if not await parts.store.read(second_factor.needed, call.caller.person_id or ""):
        await parts.store.run(second_factor.begin, parts.seal, call.caller, parts.clock.now())
    return frames.redirect(PATH)


async def confirm_factor(call: Call) -> Answer:
    """`POST /console/account/factor/confirm`: the app shows the right code."""
    code, parts = (await forms.read(call.request)).get("code"), call.parts
    if await parts.store.run(second_factor.confirm, parts.seal, call.caller, code, parts.clock.now()):
        return await _page(call, "account.factor_done")
    fault = Fault("code", "wrong", "deze code klopt niet, of is al gebruikt: wacht op de volgende")
    return await _page(call, refused=Refused(Why.INVALID, "De code staat nog niet aan.", [fault]))


async def remove_factor(call: Call) -> Answer:
    """`POST /console/account/factor/remove`."""
    form, parts = await forms.read(call.request), call.parts
    try:
        await proving.prove(call, proving.shown_in(form), call.caller.person_id or "", code=False)
    except (Refused, Problem) as refused:
        return await _refused(call, refused)
    await parts.store.run(second_factor.remove, call.caller, parts.clock.now())
    return await _page(call, "account.factor_gone")


# --- passkeys ----------------------------------------------------------------------------------------


async def begin_passkey(call: Call) -> Answer:
    """`POST /console/account/passkeys/begin`: what a browser needs to make one, as JSON."""
    await bodies.expect_nothing(call.request)
    site, caller = site_of(call), call.caller
    if site is None:
        raise conflict(
            "Passkeys kunnen hier niet: de beheerder moet eerst een adres met een naam instellen (public_url)."
        )
    own = await call.parts.store.read(stored.of_person, caller.person_id or "")
    ticket = tickets.sealed(call, _NEW, {"session": caller.token_id})
    found = tickets.opened(call, _NEW, ticket)
    assert found is not None  # it was sealed just now
    wanted, known = seal.challenge(found["nonce"], _NEW), [one.credential_id for one in own]
    options = seal.creation_options(site, caller.person_id or "", caller.name, wanted, known)
    return given({"ticket": ticket, "options": options})


async def add_passkey(call: Call) -> Answer:
    """`POST /console/account/passkeys`: by who knows the password, too."""
    form = await forms.read(call.request)
    try:
        await proving.prove(call, proving.shown_in(form), call.caller.person_id or "")
        await _add_passkey(call, form)
    except (Refused, Problem) as refused:
        return await _refused(call, refused, form.get("name"))
    return await _page(call, "account.passkey_added")


async def _add_passkey(call: Call, form: forms.Form) -> None:
    found, site, now = tickets.opened(call, _NEW, form.get("new_ticket")), site_of(call), call.parts.clock.now()
    fault = Fault("passkey", "old", "dit duurde te lang, of uw browser maakte geen passkey: probeer het opnieuw")
    refused = Refused(Why.INVALID, "Er is geen passkey gemaakt.", [fault])
    if (
        found is None
        or site is None
        or found["session"] != call.caller.token_id
        or not await tickets.spend(call, found)
    ):
        raise refused
    try:
        made = seal.made(site, form.get("new_passkey"), seal.challenge(found["nonce"], _NEW))
    except PasskeyError as error:
        raise refused from error
    await call.parts.store.run(passkeys.add, call.caller, made, form.get("name"), now)


async def remove_passkey(call: Call) -> Answer:
    """`POST /console/account/passkeys/{id}/remove`."""
    form = await forms.read(call.request)
    try:
        await proving.prove(call, proving.shown_in(form), call.caller.person_id or "", code=False)
    except (Refused, Problem) as refused:
        return await _refused(call, refused)
    if not await call.parts.store.run(passkeys.remove, call.caller, call.id, call.parts.clock.now()):
        raise not_found("Deze passkey")
    return await _page(call, "account.passkey_gone")


# --- at a provider of OpenID Connect -------------------------------------------------------------------


async def begin_identity(call: Call) -> Answer:
    """`POST /console/account/identity`: the way to the provider, to say who one is there. A link and no redirect: a
    form of ours goes nowhere else (`form-action`)."""
    form, provider = await forms.read(call.request), signing_in_elsewhere.provider_of(call.request)
    try:
        await proving.prove(call, proving.shown_in(form), call.caller.person_id or "")
        begun = await provider.begin()
    except (Refused, Problem) as refused:
        return await _refused(call, refused)
    except ProviderError:
        away = words_for(call.request)("sign_in.oidc_away", name=provider.settings.name)
        return await _page(call, refused=Refused(Why.CONFLICT, away))
    page = await _page(call, way=begun.url)
    kept = signing_in_elsewhere.set_out(call, begun, session=call.caller.token_id)
    return replace(page, headers=page.headers | kept)


async def remove_identity(call: Call) -> Answer:
    """`POST /console/account/identity/remove`."""
    form, provider = await forms.read(call.request), signing_in_elsewhere.provider_of(call.request)
    try:
        await proving.prove(call, proving.shown_in(form), call.caller.person_id or "", code=False)
    except (Refused, Problem) as refused:
        return await _refused(call, refused)
    await call.parts.store.run(linking.unlink, call.caller, provider.issuer, call.parts.clock.now())
    return await _page(call, "account.identity_gone")
