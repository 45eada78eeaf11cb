"""A person's own access: where they are signed in, and the code beside their password."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno
from sqlalchemy import Connection

from broadcaster.model.cap import Status
from broadcaster.model.people import Caller
from broadcaster.model.reminding import KINDS
from broadcaster.seal import Seal
from broadcaster.store import people, sessions
from broadcaster.store.answers import Answer
from broadcaster.web import forms, frames
from broadcaster.web.calls import Call
from broadcaster.web.console import frame
from broadcaster.web.console.dress import words_for
from broadcaster.web.signing_in import DESK
from broadcaster.workflow import reminding, second_factor, signing_in
from broadcaster.workflow.refusals import not_found

_PAGE = "/console/account"
_SHOWN = 3
"""Signs of a number that tell its owner which it is, and others nothing."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a person has. secret: of a code app that was not confirmed yet. reached: the last signs of each number or
    address at which they are reminded, by kind."""

    sessions: list[dict[str, Any]]
    asks_code: bool
    secret: str | None
    reached: dict[str, str]


def read(conn: Connection, seal: Seal, caller: Caller, now: datetime) -> Access:
    """Read it all."""
    person_id = caller.person_id or ""
    return Access(
        sessions.listed(conn, person_id, now),
        second_factor.needed(conn, person_id),
        second_factor.pending(conn, seal, caller),
        {kind: address[-_SHOWN:] for kind, address in reminding.contacts_of(conn, seal, person_id).items()},
    )


async def show(call: Call) -> Answer:
    """`GET /console/account`."""
    return await _page(call)


async def _page(call: Call, said: str = "", fault: str = "", status_code: int = 200) -> Answer:
    """The page. said: what was just done; fault: what was wrong with what was typed."""
    found = await call.parts.store.read(read, call.parts.seal, call.caller, call.parts.clock.now())
    picture = _qr(second_factor.address(found.secret, call.caller)) if found.secret else ""
    values = {"access": found, "qr": picture, "said": said, "fault": fault, "kinds": KINDS}
    return frame.shown(call, "account.html", values, Status.ACTUAL, status_code)


def _qr(text: str) -> str:
    """A QR code as SVG, without a style that the page's policy would refuse."""
    return segno.make(text, error="m").svg_inline(scale=5, border=4, light="#fff", omitsize=True, svgclass="qr")


async def reach(call: Call) -> Answer:
    """`POST /console/account/reach/{kind}`: where this person is reminded from now on; nothing: no more."""
    kind, parts, words = call.request.match_info["kind"], call.parts, words_for(call.request)
    if kind not in KINDS:
        raise not_found("Dit kanaal")
    address = (await forms.read(call.request)).get("address")
    person_id, now = call.caller.person_id or "", parts.clock.now()
    try:
        await parts.store.run(reminding.set_contact, parts.seal, person_id, kind, address, call.caller.actor, now)
    except ValueError:
        wrong = words("account.reach_wrong_sms" if kind == "sms" else "account.reach_wrong_email")
        return await _page(call, fault=wrong, status_code=422)
    return await _page(call, words("account.reach_saved"))


async def end_session(call: Call) -> Answer:
    """`POST /console/account/sessions/{id}/end`."""
    await forms.read(call.request)
    if not await call.parts.store.run(signing_in.end_session, call.caller, call.id, call.parts.clock.now()):
        raise not_found("Deze aanmelding")
    return await _page(call, words_for(call.request)("account.session_ended"))


async def begin_factor(call: Call) -> Answer:
    """`POST /console/account/factor`: a new secret to take over in an app."""
    await forms.read(call.request)
    parts = call.parts
    if not await parts.store.read(second_factor.needed, call.caller.person_id or ""):
        await parts.store.run(second_factor.begin, parts.seal, call.caller, parts.clock.now())
    return frames.redirect(_PAGE)


async def confirm_factor(call: Call) -> Answer:
    """`POST /console/account/factor/confirm`: the app shows the right code."""
    code, parts = (await forms.read(call.request)).get("code"), call.parts
    if await parts.store.run(second_factor.confirm, parts.seal, call.caller, code, parts.clock.now()):
        return await _page(call, words_for(call.request)("account.factor_done"))
    return await _page(call, fault=words_for(call.request)("sign_in.wrong_code"), status_code=422)


async def remove_factor(call: Call) -> Answer:
    """`POST /console/account/factor/remove`: by who knows the password, not by who finds the browser open."""
    password, parts = (await forms.read(call.request)).get("password"), call.parts
    known = await parts.store.read(people.credentials, call.caller.name or "")
    if not await call.request.app[DESK].matches(known[1] if known else None, password):
        return await _page(call, fault=words_for(call.request)("sign_in.wrong"), status_code=403)
    await parts.store.run(second_factor.remove, call.caller, parts.clock.now())
    return await _page(call, words_for(call.request)("account.factor_gone"))
