"""`/console/sign-in` and `/console/sign-out`: a name and a password, and what stands beside it where one is asked for,
for a session's cookie.

Whether a name exists shows in nothing: the same words, the same work, the same line in the journal.
"""

import asyncio
import math
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from aiohttp import web

from broadcaster.seal.passwords import SHORTEST, Passwords
from broadcaster.store import passwords
from broadcaster.store.answers import Answer
from broadcaster.web import forms, frames, tickets
from broadcaster.web.callers import CALLERS, COOKIE, session_secret
from broadcaster.web.calls import Call
from broadcaster.web.console.dress import words_for
from broadcaster.web.origins import peer
from broadcaster.web.passkey_site import site_of
from broadcaster.web.problems import Problem
from broadcaster.web.throttle import Throttle
from broadcaster.workflow import own_passwords, second_factor, signing_in
from broadcaster.workflow.refusals import Fault, Refused
from broadcaster.workflow.second_factor import Beside
from broadcaster.workflow.signing_in import Credentials

_AT_ONCE = 2  # each takes 64 MiB and most of a core for a tenth of a second
_MOST_WAITING = 20
_HERE = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")  # a path: no host, no backslash that a browser reads as a slash
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


class Desk:
    """Where passwords are looked at: a few at a time, with waits for who is often wrong."""

    def __init__(self, passwords: Passwords, throttle: Throttle) -> None:
        self.passwords, self.throttle = passwords, throttle
        self._turns, self._waiting = asyncio.Semaphore(_AT_ONCE), 0

    async def matches(self, stored: str | None, password: str) -> bool:
        """Compare in a thread; a problem when too many wait already."""
        if self._waiting >= _MOST_WAITING:
            raise Problem("unavailable", headers={"Retry-After": "5"})
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(self.passwords.matches, stored, password)
        finally:
            self._waiting -= 1

    async def stored_anew(self, stored: str, password: str) -> str | None:
        """The password as it is stored nowadays; None when it is so already."""
        if not self.passwords.is_outdated(stored):
            return None
        return await self.stored(password)

    async def stored(self, password: str) -> str:
        """The password as it is to be stored."""
        async with self._turns:
            return await asyncio.to_thread(self.passwords.hashed, password)


DESK = web.AppKey("desk", Desk)


async def show(call: Call) -> Answer:
    """`GET /console/sign-in`; who is signed in already goes where they wanted to."""
    wanted = wanted_of(call.request.query.get("next", ""))
    held = session_secret(call.request) is not None
    if held and await _is_signed_in(call.request):
        return frames.redirect(wanted)
    return sign_in_form(call, wanted, ended=held)


async def _is_signed_in(request: web.Request) -> bool:
    try:
        await request.app[CALLERS].of(request)
    except Problem:
        return False
    return True


def wanted_of(path: str) -> str:
    """Where to go afterwards: a path of ours, and not this page again."""
    here = _HERE.fullmatch(path) is not None and not path.startswith(frames.SIGN_IN)
    return path if here else frames.HOME


def sign_in_form(
    call: Call,
    wanted: str,
    fault: str = "",
    name: str = "",
    status_code: int = 200,
    *,
    ended: bool = False,
    **headers: str,
) -> Answer:
    """The form. ended: the browser holds a session that is over."""
    values = {"next": wanted, "fault": fault, "name": name, "ended": ended, "passkeys": site_of(call) is not None}
    values["here"] = f"{frames.SIGN_IN}?next={quote(wanted, safe='')}"  # a refusal is no page to come back to
    values["oidc"] = call.parts.house.settings.oidc
    return frames.page(call.request, None, "sign-in.html", values, status_code, **headers)


async def sign_in(call: Call) -> Answer:
    """`POST /console/sign-in`."""
    form = await forms.read(call.request)
    name, wanted = form.get("name").strip()[:200], wanted_of(form.get("next"))
    throttle, address = call.request.app[DESK].throttle, peer(call.request, call.parts.house.settings.hub)
    if wait_in := throttle.wait_in(name, address):
        return later(call, wanted, name, wait_in)
    throttle.begin(name, address)
    known = await _known(call, name, form.get("password"))
    if known is None:
        return sign_in_form(call, wanted, words_for(call.request)("sign_in.wrong"), name, 403)
    if (beside := await call.parts.store.read(second_factor.beside, known.person_id)).asks:
        return _code_form(call, wanted, tickets.of_password(call, name, known), beside)
    anew = await _anew(call, known, form.get("password"))
    return await _let_in(call, wanted, name, known, "password", anew)


async def give_code(call: Call) -> Answer:
    """`POST /console/sign-in/code`: the second step, of who knew the password a moment ago."""
    form = await forms.read(call.request)
    wanted = wanted_of(form.get("next"))
    found = await tickets.who_knew(call, form.get("ticket"))
    if found is None:
        return sign_in_form(call, wanted, ended=True)
    name, known = found
    throttle, address = call.request.app[DESK].throttle, peer(call.request, call.parts.house.settings.hub)
    if wait_in := throttle.wait_in(name, address):
        return later(call, wanted, name, wait_in)
    throttle.begin(name, address)
    now, store = call.parts.clock.now(), call.parts.store
    if not await store.run(second_factor.passes, call.parts.seal, known.person_id, form.get("code"), now):
        await store.run(signing_in.refuse, known, now)
        beside = await store.read(second_factor.beside, known.person_id)
        fault = words_for(call.request)("sign_in.wrong_code")
        return _code_form(call, wanted, form.get("ticket"), beside, fault, 403)
    return await _let_in(call, wanted, name, known, "password and code")


def _code_form(call: Call, wanted: str, ticket: str, beside: Beside, fault: str = "", status_code: int = 200) -> Answer:
    values = {"next": wanted, "ticket": ticket, "beside": beside, "fault": fault}
    return frames.page(call.request, None, "sign-in-code.html", values, status_code)


async def _let_in(call: Call, wanted: str, name: str, known: Credentials, how: str, anew: str | None = None) -> Answer:
    """Begin a session, unless the person or the password is another by now. anew: the password as stored nowadays. Who
    knows only what somebody else gave them, chooses a password first."""
    if known.given:
        return await choose_form(call, wanted, name, known)
    secret = await call.parts.store.run(signing_in.sign_in, name, known, anew, how, call.parts.clock.now())
    if secret is None:
        return sign_in_form(call, wanted, words_for(call.request)("sign_in.wrong"), name, 403)
    call.request.app[DESK].throttle.forgive(name, peer(call.request, call.parts.house.settings.hub))
    return let_in(call, wanted, secret)


async def choose_form(call: Call, wanted: str, name: str, known: Credentials, refused: Refused | None = None) -> Answer:
    """The form for a password of one's own, with who gave the other and when."""
    given = await call.parts.store.read(passwords.given, known.person_id)
    values: dict[str, Any] = {
        "next": wanted,
        "name": name,
        "ticket": tickets.of_password(call, name, known),
        "given": given,
    }
    values |= {"refused": refused, "shortest": SHORTEST, "anchors": lambda field: field}
    return frames.page(call.request, None, "sign-in-choose.html", values, 422 if refused else 200)


async def choose(call: Call) -> Answer:
    """`POST /console/sign-in/choose`: a password in the place of the one that was given, and with it a session."""
    form = await forms.read(call.request)
    wanted, found = wanted_of(form.get("next")), await tickets.who_knew(call, form.get("ticket"))
    if found is None or not found[1].given:
        return sign_in_form(call, wanted, ended=True)
    name, known = found
    try:
        own_passwords.check(name, form.get("new"), form.get("again"))
        if await call.request.app[DESK].matches(known.stored, form.get("new")):
            raise own_passwords.refused(Fault("new", "same", "kies een ander wachtwoord dan u kreeg"))
    except Refused as refused:
        return await choose_form(call, wanted, name, known, refused)
    stored = await call.request.app[DESK].stored(form.get("new"))
    secret = await call.parts.store.run(own_passwords.choose, known, stored, "password", call.parts.clock.now())
    if secret is None:
        return sign_in_form(call, wanted, words_for(call.request)("sign_in.wrong"), name, 403)
    call.request.app[DESK].throttle.forgive(name, peer(call.request, call.parts.house.settings.hub))
    return let_in(call, wanted, secret)


def let_in(call: Call, wanted: str, secret: str) -> Answer:
    """To where they wanted to be, with a session that has begun."""
    call.request.app[CALLERS].forget(call.request)
    return frames.redirect(wanted, Set_Cookie=f"{COOKIE}={secret}; {_ATTRIBUTES}")


def later(call: Call, wanted: str, name: str, wait_in: float) -> Answer:
    """Refused without a look at the password."""
    seconds, at = open_at(call, wait_in)
    fault = words_for(call.request)("sign_in.later", at=at)
    return sign_in_form(call, wanted, fault, name, 429, Retry_After=str(seconds))


def open_at(call: Call, wait_in: float) -> tuple[int, str]:
    """When another try is looked at: in how many whole seconds, and at what time of the hub's clock."""
    seconds = math.ceil(wait_in)
    at = (call.parts.clock.now() + timedelta(seconds=seconds)).astimezone(call.parts.house.settings.hub.zone)
    return seconds, f"{at:%H:%M:%S}"


async def _known(call: Call, name: str, password: str) -> Credentials | None:
    """Who goes by this name; None when name and password do not go together."""
    store, now, desk = call.parts.store, call.parts.clock.now(), call.request.app[DESK]
    known = await store.read(signing_in.look_up, name)
    if await desk.matches(known.stored if known else None, password):
        return known
    await store.run(signing_in.refuse, known, now)
    return None


async def _anew(call: Call, known: Credentials, password: str) -> str | None:
    assert known.stored is not None  # it matched
    return await call.request.app[DESK].stored_anew(known.stored, password)


async def sign_out(call: Call) -> Answer:
    """`POST /console/sign-out`: the session ends here, and the browser forgets its half."""
    await forms.read(call.request)
    if session_secret(call.request) is not None:
        await call.parts.store.run(signing_in.sign_out, call.caller, call.parts.clock.now())
        call.request.app[CALLERS].forget(call.request)
    gone = f"{COOKIE}=; {_ATTRIBUTES}; Max-Age=0"
    return frames.redirect(frames.SIGN_IN, Set_Cookie=gone)
