"""The pages of who works here: for administrators, who show with every change that it is them."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from broadcaster import ids
from broadcaster.model.cap import Status
from broadcaster.model.people import Role
from broadcaster.store import staff as store
from broadcaster.store.answers import Answer
from broadcaster.web import forms, proving
from broadcaster.web.calls import Call
from broadcaster.web.console import frame
from broadcaster.web.console.dress import words_for
from broadcaster.web.forms import Form
from broadcaster.web.problems import KINDS
from broadcaster.web.signing_in import DESK
from broadcaster.web.writes import WRITTEN
from broadcaster.workflow import second_factor, staffing
from broadcaster.workflow.refusals import Fault, Refused, Why, not_found

PATH = "/console/mensen"
SHOWN_AGAIN = (Why.INVALID, Why.CONFLICT, Why.STEP_UP)
"""Refusals after which the page comes back, with why."""


async def show(call: Call) -> Answer:
    """`GET /console/mensen`."""
    return await _list(call)


async def _list(call: Call, form: Form | None = None, refused: Refused | None = None) -> Answer:
    values = {"everyone": await call.parts.store.read(store.everyone, call.parts.clock.now()), "typed": form}
    return await page(call, "staff.html", values, refused)


async def page(call: Call, name: str, values: Mapping[str, object], refused: Refused | None = None) -> Answer:
    """A page with forms that ask who is there. Whoever has a code app is asked for a code, too."""
    asks_code = await call.parts.store.read(second_factor.needed, call.caller.person_id or "")
    known = {
        "roles": [role.value for role in Role],
        "asks_code": asks_code,
        "refused": refused,
        "anchors": lambda field: {"name": "name", "role": "roles"}.get(field, ""),
    }
    status_code = KINDS[refused.why.value].status_code if refused else 200
    return frame.shown(call, name, known | dict(values), Status.ACTUAL, status_code)


async def show_one(call: Call) -> Answer:
    """`GET /console/mensen/{id}`."""
    return await _one(call, call.id)


async def _one(
    call: Call, person_id: str, said: str = "", password: str = "", refused: Refused | None = None
) -> Answer:
    """A person. said: what was just done; password: one that was just made, shown this once."""
    found = await call.parts.store.read(store.everyone, call.parts.clock.now())
    person = next((one for one in found if one.id == person_id), None)
    if person is None:
        raise not_found("Deze persoon")
    values = {"person": person, "said": said, "password": password}
    return await page(call, "staff-one.html", values, refused)


def roles_in(form: Form) -> frozenset[Role]:
    """The boxes that were ticked; what is no role is a mistake of no browser."""
    try:
        return frozenset(map(Role, form.all("role")))
    except ValueError:
        raise Refused(Why.INVALID, "Er is niets veranderd.", [Fault("role", "unknown", "kies een rol")]) from None


async def add(call: Call) -> Answer:
    """`POST /console/mensen`: a new person, with a password that is shown this once."""
    form = await forms.read(call.request, many={"role"})
    try:
        await proving.prove(call, proving.shown_in(form), PATH)
        stored, password = await _new_password(call)
        wanted = (call.caller.actor, form.get("name"), roles_in(form), stored, call.parts.clock.now())
        person_id = await call.parts.store.run(staffing.add, *wanted)
    except Refused as refused:
        return await _list(call, form, _again(refused))
    call.parts.signals.hint(WRITTEN)
    return await _one(call, person_id, words_for(call.request)("staff.added"), password)


async def _new_password(call: Call) -> tuple[str, str]:
    """A password that nobody had before: as it is stored, and as its owner types it."""
    password = ids.new_secret()
    return await call.request.app[DESK].stored(password), password


def _again(refused: Refused) -> Refused:
    if refused.why not in SHOWN_AGAIN:
        raise refused
    return refused


async def change(call: Call) -> Answer:
    """`POST /console/mensen/{id}/{act}`: one of `ACTS`."""
    form = await forms.read(call.request, many={"role"})
    act = call.request.match_info["act"]
    if act not in ACTS:
        raise not_found("Deze handeling")
    try:
        await proving.prove(call, proving.shown_in(form), call.id)
        password = await ACTS[act](call, form)
    except Refused as refused:
        return await _one(call, call.id, refused=_again(refused))
    call.parts.signals.hint(WRITTEN)
    return await _one(call, call.id, words_for(call.request).of("staff_done", act), password)


async def _roles(call: Call, form: Form) -> str:
    wanted = (call.caller.actor, call.id, roles_in(form), call.parts.clock.now())
    await call.parts.store.run(staffing.change_roles, *wanted)
    return ""


async def _reset(call: Call, _form: Form) -> str:
    stored, password = await _new_password(call)
    await call.parts.store.run(staffing.reset, call.caller.actor, call.id, stored, call.parts.clock.now())
    return password


async def _plain(call: Call, _form: Form, *, effect: Callable[..., None]) -> str:
    await call.parts.store.run(effect, call.caller.actor, call.id, call.parts.clock.now())
    return ""


ACTS: dict[str, Callable[[Call, Form], Awaitable[str]]] = {
    "roles": _roles,
    "reset": _reset,
    "disable": partial(_plain, effect=staffing.disable),
    "enable": partial(_plain, effect=staffing.enable),
    "sessions": partial(_plain, effect=staffing.end_sessions),
}
"""What can be done to a person: each gives the password that it made, if any."""
