"""A new draft: the mode and the scenario are chosen, and what can be known without asking is filled in."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from broadcaster.model.cap import Status
from broadcaster.model.draft import DraftContent
from broadcaster.render import scenarios
from broadcaster.store import drafts
from broadcaster.store.answers import Answer
from broadcaster.store.drafts import DraftRow
from broadcaster.web import forms, frames
from broadcaster.web.calls import Call
from broadcaster.web.console import choosing, frame
from broadcaster.web.console.dress import words_for
from broadcaster.web.writes import write
from broadcaster.workflow import drafting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Fault, Refused, Why

_FREE = "free"
_STATUSES = (Status.ACTUAL, Status.EXERCISE, Status.TEST)
_LOOKED_AT = 50
"""Drafts among which to look for what was used last."""


async def new(call: Call) -> Answer:
    """`GET /console/drafts/new`. Nothing is chosen yet, the mode least of all (Hawaii, January 2018)."""
    return await _page(call, {}, None)


async def _page(call: Call, chosen: Mapping[str, str], refused: Refused | None) -> Answer:
    asked, words = choosing.wanted(call.request), words_for(call.request)
    those = choosing.offered(call.parts.house, words, asked)
    values = {
        "asked": asked,
        "groups": choosing.in_groups(those, await call.parts.store.read(drafts.scenarios_used, _LOOKED_AT)),
        "count": len(those),
        "phases": choosing.PHASES,
        "subjects": choosing.SUBJECTS,
        "left_out": sorted(call.parts.house.templates.left_out),
        "free": _FREE,
        "statuses": _STATUSES,
        "chosen": chosen,
        "refused": refused,
        "owners": call.parts.house.settings.organisations,
        "anchors": lambda name: f"field-{name}",
    }
    return frame.shown(call, "new.html", values, Status.ACTUAL, 422 if refused else 200)


async def create(call: Call) -> Answer:
    """`POST /console/drafts`."""
    posted = await forms.read(call.request)
    chosen = {name: posted.get(name) for name in ("status", "scenario", "organisation")}
    if faults := _faults(call.parts.house, chosen):
        return await _page(call, chosen, Refused(Why.INVALID, "Kies eerst.", faults))
    house, now = call.parts.house, call.parts.clock.now()
    return await write(call, to_draft, drafting.create, house, call.caller, _content(house, chosen, now), now)


def _faults(house: House, chosen: Mapping[str, str]) -> list[Fault]:
    faults = []
    if chosen["status"] not in list(_STATUSES):
        faults.append(Fault("status", "missing", "kies of dit echt is, een oefening of een test"))
    if chosen["scenario"] not in (_FREE, *scenarios.names(house.templates)):
        faults.append(Fault("scenario", "missing", "kies een scenario, of kies 'Eigen tekst'"))
    return faults


def to_draft(_conn: Connection, row: DraftRow) -> Answer:
    """To the page of a draft."""
    return frames.redirect(f"/console/drafts/{row.id}")


def _content(house: House, chosen: Mapping[str, str], now: datetime) -> DraftContent:
    """What a draft starts with. Until when it holds and when the next notice comes is a promise: an officer's."""
    names = {item.id: item.name for item in house.settings.organisations}
    own = chosen["organisation"] if chosen["organisation"] in names else next(iter(names))
    as_of = now.astimezone(house.settings.hub.zone).replace(second=0, microsecond=0)
    channels = sorted(kind for kind, spec in house.specs.items() if spec.pull or kind in house.accounts)
    content = {
        "status": chosen["status"],
        "organisation": own,
        "source": names[own],
        "as_of": as_of.isoformat(),
        "channels": channels,
    }
    if chosen["scenario"] != _FREE:
        content["scenario"] = chosen["scenario"]
    return drafting.parse(content)
