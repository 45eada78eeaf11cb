"""The pages on which a draft is written, looked at, offered and put away."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.model.cap import Status
from broadcaster.model.people import Caller
from broadcaster.store import alerts
from broadcaster.store.answers import Answer
from broadcaster.store.drafts import DraftRow
from broadcaster.web import forms, frames
from broadcaster.web.calls import Call
from broadcaster.web.console import changes, desk, form, frame, preview, reading
from broadcaster.web.console.times import Times
from broadcaster.web.drafts import offered
from broadcaster.web.writes import write
from broadcaster.workflow import drafting
from broadcaster.workflow.house import House, writers
from broadcaster.workflow.refusals import Refused, Why
from broadcaster.workflow.submitting import Submitted


async def show(call: Call) -> Answer:
    """`GET /console/drafts/{id}`. One that was offered is an alert by now."""
    row = await call.parts.store.read(drafting.read, call.id)
    if row.stage is not Stage.DRAFT:
        made = await call.parts.store.read(alerts.of_draft, row.id)
        return frames.redirect(f"/console/alerts/{made[0].id}")
    return await _page(call)


async def _page(call: Call, posted: form.Posted | None = None, refused: Refused | None = None) -> Answer:
    """The whole page; what was refused stands in it as it was typed."""
    material, found = await preview.of_draft(call, call.id)
    row, house = material.row, call.parts.house
    lying = await call.parts.store.read(desk.around, row)
    times = frame.times_for(call)
    values = desk.shown(house, row, lying, posted, refused, times) | {
        "found": found,
        "may_write": bool(call.caller.roles & set(writers(row.msg_type))),
        "recorded_languages": desk.recorded_languages(house, row),
        "refused": refused,
        "conflict": _conflict(house, row, posted, times) if refused and refused.why is Why.STALE else [],
    }
    name = "draft_pieces.html" if frame.is_htmx(call) else "draft.html"
    status_code = 200 if refused is None or frame.is_htmx(call) else 422
    return frame.shown(call, name, values, Status(row.content["status"]), status_code)


def _conflict(house: House, row: DraftRow, posted: form.Posted | None, times: Times) -> list[changes.Change]:
    """What somebody else wrote against what was typed here: neither is lost."""
    read = form.read(posted or {}, desk.scenario_of(house, row), desk.languages_of(house, row), times.zone)
    after = drafting.merged(row.content, read.patch)
    return changes.between(row.content, after, reading.values(times, house))


# --- writing -----------------------------------------------------------------------------------------


async def save(call: Call) -> Answer:
    """`POST /console/drafts/{id}`: keep what was typed, and show what comes of it."""
    posted = (await forms.read(call.request, many=form.MANY)).fields
    try:
        await _keep(call, posted)
    except Refused as refused:
        if refused.why in (Why.NOT_FOUND, Why.FORBIDDEN, Why.CONFLICT):
            raise
        return await _page(call, posted, refused)
    if frame.is_htmx(call):
        return await _page(call)
    return frames.redirect(f"/console/drafts/{call.id}#preview")


async def _keep(call: Call, posted: form.Posted) -> DraftRow:
    """Store what was typed as the next revision."""
    house = call.parts.house
    row = await call.parts.store.read(drafting.read, call.id)
    read = form.read(posted, desk.scenario_of(house, row), desk.languages_of(house, row), house.settings.hub.zone)
    if read.faults:
        raise Refused(Why.INVALID, "Dit is nog niet bewaard: er klopt iets niet.", read.faults)
    read.patch |= _pressed(posted, row, call.parts.clock.now().astimezone(house.settings.hub.zone))
    revision = form.one(posted, "revision")
    expected = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 0
    return await call.parts.store.run(
        _revise, house, call.caller, call.id, expected, read.patch, call.parts.clock.now()
    )


def _pressed(posted: form.Posted, row: DraftRow, now: datetime) -> dict[str, Any]:
    """What a button beside a text or a time asks for: the facts hold now; an SMS with or without its accents."""
    if form.one(posted, "facts_hold"):
        return {"as_of": now.replace(microsecond=0).isoformat()}
    plain = set(row.content.get("without_accents", []))
    if language := form.one(posted, "without_accents"):
        return {"without_accents": sorted(plain | {language})}
    if language := form.one(posted, "with_accents"):
        return {"without_accents": sorted(plain - {language}) or None}
    return {}


def _revise(
    conn: Connection,
    house: House,
    caller: Caller,
    draft_id: str,
    expected: int,
    patch: Mapping[str, Any],
    now: datetime,
) -> DraftRow:
    """Revise, unless it would read just the same: looking is no new version."""
    row = drafting.read(conn, draft_id)
    if drafting.parse(drafting.merged(row.content, patch)).as_json() == row.content:
        return row
    return drafting.revise(conn, house, caller, draft_id, expected, patch, now)


async def submit(call: Call) -> Answer:
    """`POST /console/drafts/{id}/submit`: keep what was typed, and offer it."""
    posted = (await forms.read(call.request, many=form.MANY)).fields
    try:
        await _keep(call, posted)
        return await offered(call, _to_alert)
    except Refused as refused:
        if refused.why in (Why.NOT_FOUND, Why.FORBIDDEN, Why.CONFLICT):
            raise
        return await _page(call, posted, refused)


def _to_alert(_conn: Connection, result: Submitted) -> Answer:
    return frames.redirect(f"/console/alerts/{result.alert.id}")


async def check_language(call: Call) -> Answer:
    """`POST /console/drafts/{id}/languages/{language}/check`: keep what was typed, and that somebody went over it."""
    posted = (await forms.read(call.request, many=form.MANY)).fields
    language, now = call.request.match_info["language"], call.parts.clock.now()
    try:
        row = await _keep(call, posted)
    except Refused as refused:
        if refused.why in (Why.NOT_FOUND, Why.FORBIDDEN, Why.CONFLICT):
            raise
        return await _page(call, posted, refused)
    return await write(call, _to_draft, drafting.check_language, call.caller, call.id, language, row.revision, now)


def _to_draft(_conn: Connection, row: DraftRow) -> Answer:
    return frames.redirect(f"/console/drafts/{row.id}#findings")


async def delete(call: Call) -> Answer:
    """`POST /console/drafts/{id}/delete`."""
    await forms.read(call.request)
    return await write(call, _to_drafts, drafting.delete, call.caller, call.id, call.parts.clock.now())


def _to_drafts(_conn: Connection, _nothing: None) -> Answer:
    return frames.redirect("/console/drafts")
