"""The page of mandates: proposed by one, signed by another, taken away by anybody; and the form that proposes one."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from broadcaster.model.cap import Status
from broadcaster.model.mandate import Standing
from broadcaster.model.people import Role
from broadcaster.render import scenarios
from broadcaster.render.fields import FieldRule
from broadcaster.render.scenarios import Scenario
from broadcaster.store import audience, people
from broadcaster.store import mandates as store
from broadcaster.store.answers import Answer
from broadcaster.store.mandates import MandateRow
from broadcaster.web import bodies, forms, frames, proving, queries
from broadcaster.web.calls import Call
from broadcaster.web.console import choosing, frame, reading
from broadcaster.web.forms import Form
from broadcaster.web.mandates import Proposal, wanted
from broadcaster.web.problems import KINDS
from broadcaster.web.writes import write
from broadcaster.workflow import mandates, second_factor, stepping_up
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Fault, Refused, Why

PATH = "/console/mandaten"
SCENARIO = queries.Param(
    "scenario",
    {"type": "string"},
    "Which scenario a mandate is proposed for.",
    lambda request: request.query.get("scenario"),
)
_MOST = 200
_USUAL_DAYS = 180


@dataclass(frozen=True, slots=True)
class Line:
    """A mandate, and what the reader may do with it. scenario: as it is signed; None when it reads otherwise since."""

    row: MandateRow
    standing: Standing
    title: str
    scenario: Scenario | None
    may_sign: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What the page shows. writers: who may get one. code: whether the reader signs with a code beside the password."""

    rows: list[MandateRow]
    names: dict[str, str]
    writers: list[str]
    groups: list[str]
    code: bool


def _read(conn: Connection, organisation_id: str, person_id: str) -> Found:
    writers = [
        person["name"] for person in people.everyone(conn) if Role.AUTHOR in person["roles"] and not person["disabled"]
    ]
    groups = sorted(audience.group_names(conn, organisation_id))
    return Found(
        store.listed(conn, None, _MOST), people.names(conn), writers, groups, second_factor.needed(conn, person_id)
    )


async def show(call: Call) -> Answer:
    """`GET /console/mandaten`."""
    return await _page(call, call.request.query.get("scenario", ""))


async def _page(call: Call, name: str, refused: Refused | None = None, typed: Form | None = None) -> Answer:
    house, times = call.parts.house, frame.times_for(call)
    found = await call.parts.store.read(_read, house.settings.organisations[0].id, call.caller.person_id or "")
    titles = {scenario.name: scenario for scenario in choosing.every(house)}
    lines = [_line(call, row, titles.get(row.scenario), times.now) for row in found.rows]
    scenario = titles.get(name)
    values = {
        "on": house.settings.hub.mandates,
        "lines": lines,
        "names": found.names,
        "house": house,
        "said": reading.values(times, house),
        "field_labels": {scenario.name: reading.labels(times.words, scenario) for scenario in titles.values()},
        "choice_words": {scenario.name: reading.choices(times.words, scenario) for scenario in titles.values()},
        "scenarios": list(titles.values()),
        "scenario": scenario,
        "label": reading.labels(times.words, scenario),
        "choice": reading.choices(times.words, scenario),
        "writers": [writer for writer in found.writers if writer != call.caller.name],
        "groups": found.groups,
        "channels": sorted(house.specs),
        "refused": refused,
        "code": found.code,
        "typed": typed or Form({}),
        "usual_until": f"{times.local(times.now) + timedelta(days=_USUAL_DAYS):%Y-%m-%d}",
        "anchors": _anchor,
    }
    status_code = 200 if refused is None else KINDS[refused.why.value].status_code
    return frame.shown(call, "mandates.html", values, Status.ACTUAL, status_code)


def _line(call: Call, row: MandateRow, scenario: Scenario | None, now: datetime) -> Line:
    standing, caller = row.standing(now), call.caller
    others = caller.person_id not in (row.proposer_id, row.holder_id)
    unchanged = scenario is not None and scenario.sha256 == row.scenario_sha256
    may_sign = standing is Standing.PROPOSED and others and unchanged and Role.APPROVER in caller.roles
    title = scenario.title if scenario else row.scenario
    return Line(row, standing, title, scenario if unchanged else None, may_sign)


def _anchor(field: str) -> str:
    return "field-" + field.removeprefix("limits.").replace("fields.", "")


async def propose(call: Call) -> Answer:
    """`POST /console/mandaten`."""
    house = call.parts.house
    names = scenarios.names(house.templates)
    posted = await forms.read(call.request, many=_boxes(house))
    name = posted.get("scenario")
    try:
        scenario = scenarios.load(name, house.templates) if name in names else None
        body = bodies.shaped(Proposal, _content(posted, scenario, house.settings.hub.zone))
        asked = wanted(house, body), call.parts.clock.now()
        return await write(call, _back, mandates.propose, house, call.caller, *asked)
    except Refused as refused:
        if refused.why not in (Why.MALFORMED, Why.INVALID):
            raise
        return await _page(call, name, _said(refused), posted)


_LEFT_OPEN = {
    "limits.areas": "kies een of meer gebieden",
    "limits.channels": "kies een of meer kanalen",
    "limits.sources": "vul in wie de afzender mag zijn",
    "limits.most": "vul in naar hoeveel adressen het hoogstens gaat",
    "limits.hours": "vul in hoeveel uur het hoogstens geldt, van 1 tot 72",
    "valid_until": "kies tot wanneer het geldt",
}


def _said(refused: Refused) -> Refused:
    """The refusal with what to do for a field that was left open, or is no number."""
    broken = refused.why is Why.MALFORMED
    faults = [
        Fault(fault.field, fault.rule, _LEFT_OPEN[fault.field]) if broken and fault.field in _LEFT_OPEN else fault
        for fault in refused.faults
    ]
    return Refused(Why.INVALID, "Dit mandaat klopt niet.", faults)


def _boxes(house: House) -> set[str]:
    """The names under which a form may have ticked more than one box."""
    return {"areas", "groups", "channels"} | {name for scenario in choosing.every(house) for name in scenario.fields}


def _content(posted: Form, scenario: Scenario | None, zone: Any) -> dict[str, Any]:
    """The form as the API takes it."""
    fields = {name: _limit(posted, name, rule) for name, rule in (scenario.fields if scenario else {}).items()}
    limits = {
        "areas": posted.all("areas"),
        "groups": posted.all("groups"),
        "channels": posted.all("channels"),
        "sources": _lines(posted.get("sources")),
        "most": _whole(posted.get("most")),
        "hours": _whole(posted.get("hours")),
        "fields": {name: limit for name, limit in fields.items() if limit is not None},
    }
    return {
        "scenario": posted.get("scenario"),
        "holder": posted.get("holder"),
        "valid_until": _end_of(posted.get("until"), zone),
        "limits": {name: value for name, value in limits.items() if value is not None},
    }


def _limit(posted: Form, name: str, rule: FieldRule) -> dict[str, Any] | None:
    """What may stand in a field; None for one that stays open."""
    if rule.kind == "time":
        return {}
    if rule.kind == "number":
        range_ = {"least": _whole(posted.get(f"{name}.least")), "most": _whole(posted.get(f"{name}.most"))}
        return None if None in range_.values() else range_
    values = posted.all(name) if rule.kind in ("choice", "area") else _lines(posted.get(name))
    return {"values": values} if values else None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _whole(text: str) -> int | None:
    text = text.strip().replace(".", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def _end_of(day: str, zone: Any) -> str:
    """The end of a day, as the API takes an instant."""
    try:
        date = datetime.strptime(day, "%Y-%m-%d").date()  # noqa: DTZ007 - its zone is given below
    except ValueError:
        return day
    return datetime.combine(date, time(23, 59), zone).isoformat()


async def sign(call: Call) -> Answer:
    """`POST /console/mandaten/{id}/sign`."""
    typed, parts = await forms.read(call.request), call.parts
    digest, now = typed.get("digest"), parts.clock.now()
    try:
        if call.caller.by_session:
            proof = await proving.prove(call, proving.shown_in(typed), digest)
            noted = call.caller, call.id, digest, proof.how, proof.evidence, now
            await parts.store.run(stepping_up.note, *noted)
        return await write(call, _back, mandates.sign, parts.house, call.caller, call.id, digest, now)
    except Refused as refused:
        if refused.why is not Why.STEP_UP:
            raise
        return await _page(call, "", refused)


async def revoke(call: Call) -> Answer:
    """`POST /console/mandaten/{id}/revoke`."""
    await forms.read(call.request)
    return await write(call, _back, mandates.revoke, call.caller.actor, call.id, call.parts.clock.now())


def _back(_conn: Connection, _row: MandateRow) -> Answer:
    return frames.redirect(PATH)
