"""The pages on which a draft is written, looked at, offered and put away."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.model.cap import Status
from broadcaster.model.people import Caller
from broadcaster.store import alerts, people
from broadcaster.store import drafts as store
from broadcaster.store.answers import Answer
from broadcaster.store.drafts import DraftRow
from broadcaster.web import forms, frames
from broadcaster.web.calls import Call
from broadcaster.web.console import desk, form, frame, meeting, preview, reading
from broadcaster.web.console.meeting import Meeting
from broadcaster.web.drafts import offered
from broadcaster.web.events import FEED
from broadcaster.web.writes import write
from broadcaster.workflow import drafting
from broadcaster.workflow.house import House, writers
from broadcaster.workflow.refusals import Fault, Refused, Why
from broadcaster.workflow.submitting import Submitted

ALONE = Meeting()
MANY = (*form.MANY, meeting.CLASH)
_NOT_KEPT = "Dit is nog niet bewaard: er klopt iets niet."
_TRIES = 4


async def show(call: Call) -> Answer:
    """`GET /console/drafts/{id}`. One that was offered is an alert by now."""
    row = await call.parts.store.read(drafting.read, call.id)
    if row.stage is not Stage.DRAFT:
        made = await call.parts.store.read(alerts.of_draft, row.id)
        return frames.redirect(f"/console/alerts/{made[0].id}")
    return await _page(call)


async def _page(
    call: Call, posted: form.Posted | None = None, refused: Refused | None = None, met: Meeting = ALONE
) -> Answer:
    """The whole page; what was refused, or clashes with what a colleague wrote, stands in it as it was typed."""
    material, found = await preview.of_draft(call, call.id)
    row, house, times = material.row, call.parts.house, frame.times_for(call)
    lying = await call.parts.store.read(desk.around, row, call.caller.person_id, times.now)
    values = desk.shown(house, row, lying, posted, refused, times) | {
        "found": found,
        **_beside(call, row, lying.people),
        "recorded_languages": desk.recorded_languages(house, row),
        "refused": refused,
        "met": met,
        "stands": _stands(call, row),
    }
    name = "draft_pieces.html" if frame.is_htmx(call) else "draft.html"
    status_code = 422 if refused else 409 if met.clashes else 200
    if frame.is_htmx(call):
        status_code = 200  # htmx shows nothing of another
    return frame.shown(call, name, values, Status(row.content["status"]), status_code)


async def beside(call: Call) -> Answer:
    """`GET /console/drafts/{id}/beside`: the piece that says who else has it open."""
    row, names = await call.parts.store.read(_with_names, call.id)
    values = {"row": row, **_beside(call, row, names)}
    return frame.shown(call, "draft_beside.html", values, Status(row.content["status"]))


def _with_names(conn: Connection, draft_id: str) -> tuple[DraftRow, dict[str, str]]:
    return drafting.read(conn, draft_id), people.names(conn)


def _beside(call: Call, row: DraftRow, names: Mapping[str, str]) -> dict[str, Any]:
    """Who reads, and who else has the draft open; who may not write in it only reads, and is not named."""
    others = call.request.app[FEED].beside(row.id) - {call.caller.person_id}
    return {
        "own_id": call.caller.person_id,
        "may_write": bool(call.caller.roles & set(writers(row.msg_type))),
        "open_at": sorted(names[other] for other in others if other in names),
    }


def _stands(call: Call, row: DraftRow) -> Callable[[str, Sequence[str]], str]:
    """What stands in a field, as people read it."""
    house, times = call.parts.house, frame.times_for(call)
    said, choice = reading.values(times, house), reading.choices(times.words, desk.scenario_of(house, row))

    def stands(name: str, texts: Sequence[str]) -> str:
        if name in meeting.MOMENTS:
            return " ".join(texts)
        if name.startswith("fields."):
            return ", ".join(choice(name.removeprefix("fields."), text) for text in texts)
        return ", ".join(said(name, text) for text in texts)

    return stands


# --- writing -----------------------------------------------------------------------------------------


async def save(call: Call) -> Answer:
    """`POST /console/drafts/{id}`: keep what was typed, and show what comes of it."""
    posted = (await forms.read(call.request, many=MANY)).fields
    try:
        kept = await _keep(call, posted)
    except Refused as refused:
        return await _as_typed(call, posted, refused)
    if kept.met.clashes:
        return await _page(call, kept.met.shown(posted), None, kept.met)
    if frame.is_htmx(call):
        return await _page(call, met=kept.met)
    return frames.redirect(f"/console/drafts/{call.id}#preview")


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was stored, and what came of meeting others there."""

    row: DraftRow
    met: Meeting


async def _keep(call: Call, posted: form.Posted) -> _Kept:
    """Store what was typed as the next revision, over nobody else's words."""
    for _ in range(_TRIES):
        try:
            return await _keep_once(call, posted)
        except Refused as refused:  # somebody came between reading and writing: meet them too
            if refused.why is not Why.STALE:
                raise
    return await _keep_once(call, posted)


async def _keep_once(call: Call, posted: form.Posted) -> _Kept:
    house, now = call.parts.house, call.parts.clock.now()
    row = await call.parts.store.read(drafting.read, call.id)
    given = desk.scenario_of(house, row), desk.languages_of(house, row), house.settings.hub.zone
    read = form.read(posted, *given)
    if read.faults:
        raise Refused(Why.INVALID, _NOT_KEPT, read.faults)
    met = await _met(call, row, posted, read.patch)
    stored = form.values(row.content, house.settings.hub.zone)
    patch = form.read(met.kept(posted, stored), *given).patch
    patch |= _pressed(posted, row, now.astimezone(house.settings.hub.zone))
    row = await call.parts.store.run(_revise, house, call.caller, call.id, row.revision, patch, now)
    return _Kept(row, met)


async def _met(call: Call, row: DraftRow, posted: form.Posted, patch: Mapping[str, Any]) -> Meeting:
    """What the others wrote since the version that this form was made from, against what was typed in it."""
    revision, zone = form.one(posted, "revision"), call.parts.house.settings.hub.zone
    known = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 0
    base = await call.parts.store.read(store.content_at, row.id, known) or {}
    mine = form.values(drafting.merged(base, patch), zone)
    return meeting.meet(form.values(base, zone), mine, form.values(row.content, zone), posted)


async def _keep_whole(call: Call, posted: form.Posted) -> DraftRow:
    """The same, where nothing may be left to choose: what is offered is what everybody wrote."""
    kept = await _keep(call, posted)
    if kept.met.clashes:
        faults = [Fault(name, "clash", "kies welke tekst blijft") for name in kept.met.clashes]
        raise _Undecided(Refused(Why.INVALID, "Kies eerst welke tekst blijft.", faults), kept.met)
    return kept.row


class _Undecided(Exception):
    """There is still something to choose."""

    def __init__(self, refused: Refused, met: Meeting) -> None:
        super().__init__()
        self.refused, self.met = refused, met


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

    async def offer(_row: DraftRow) -> Answer:
        return await offered(call, _to_alert)

    return await _kept_and_then(call, offer)


def _to_alert(_conn: Connection, result: Submitted) -> Answer:
    return frames.redirect(f"/console/alerts/{result.alert.id}")


async def check_language(call: Call) -> Answer:
    """`POST /console/drafts/{id}/languages/{language}/check`: keep what was typed, and that somebody went over it."""
    language, now = call.request.match_info["language"], call.parts.clock.now()

    async def check(row: DraftRow) -> Answer:
        wanted = (call.caller, call.id, language, row.revision, now)
        return await write(call, _to_draft, drafting.check_language, *wanted)

    return await _kept_and_then(call, check)


async def _kept_and_then(call: Call, then: Callable[[DraftRow], Awaitable[Answer]]) -> Answer:
    """Keep what was typed, and do something with it; or the page, with what stands in the way."""
    posted = (await forms.read(call.request, many=MANY)).fields
    try:
        row = await _keep_whole(call, posted)
    except _Undecided as undecided:
        return await _page(call, undecided.met.shown(posted), undecided.refused, undecided.met)
    except Refused as refused:
        return await _as_typed(call, posted, refused)
    try:
        return await then(row)
    except Refused as refused:
        return await _as_typed(call, None, refused)


async def _as_typed(call: Call, posted: form.Posted | None, refused: Refused) -> Answer:
    """The page with a refusal; refused again where there is no page to show."""
    if refused.why in (Why.NOT_FOUND, Why.FORBIDDEN, Why.CONFLICT):
        raise refused
    return await _page(call, posted, refused)


def _to_draft(_conn: Connection, row: DraftRow) -> Answer:
    return frames.redirect(f"/console/drafts/{row.id}#findings")


async def delete(call: Call) -> Answer:
    """`POST /console/drafts/{id}/delete`."""
    await forms.read(call.request)
    return await write(call, _to_drafts, drafting.delete, call.caller, call.id, call.parts.clock.now())


def _to_drafts(_conn: Connection, _nothing: None) -> Answer:
    return frames.redirect("/console/drafts")
