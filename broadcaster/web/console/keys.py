"""The page of tokens: those of machines are made here, all of them are revoked here."""

from broadcaster.store import people
from broadcaster.store import staff as store
from broadcaster.store.answers import Answer
from broadcaster.web import forms, proving
from broadcaster.web.calls import Call
from broadcaster.web.console import staff
from broadcaster.web.console.dress import words_for
from broadcaster.web.writes import WRITTEN
from broadcaster.workflow import staffing
from broadcaster.workflow.refusals import Refused

PATH = "/console/sleutels"


async def show(call: Call) -> Answer:
    """`GET /console/sleutels`."""
    return await _page(call)


async def _page(
    call: Call, said: str = "", made: tuple[str, str] | None = None, refused: Refused | None = None
) -> Answer:
    """The page. made: the id and the text of a token that was just made, shown this once."""
    values = {
        "tokens": await call.parts.store.read(store.tokens),
        "names": await call.parts.store.read(people.names),
        "points": {point.id: point.name for point in call.parts.house.settings.points},
        "made": made,
        "said": words_for(call.request)(said) if said else "",
    }
    return await staff.page(call, "keys.html", values, refused)


async def create(call: Call) -> Answer:
    """`POST /console/sleutels`: a token for a machine, which may only draft."""
    form = await forms.read(call.request)
    try:
        await proving.prove(call, proving.shown_in(form), PATH)
    except Refused as refused:
        return await _page(call, refused=refused)
    wanted = (call.parts.house.settings, call.caller.actor, None, None, call.parts.clock.now())
    made = await call.parts.store.run(staffing.create_token, *wanted)
    call.parts.signals.hint(WRITTEN)
    return await _page(call, made=made)


async def revoke(call: Call) -> Answer:
    """`POST /console/sleutels/{id}/revoke`."""
    form = await forms.read(call.request)
    try:
        await proving.prove(call, proving.shown_in(form), call.id)
    except Refused as refused:
        return await _page(call, refused=refused)
    await call.parts.store.run(staffing.revoke_token, call.caller.actor, call.id, call.parts.clock.now())
    call.parts.signals.hint(WRITTEN)
    return await _page(call, "keys.revoked")
