"""Calls on drafts."""

import re
from typing import Any

from sqlalchemy import Connection

from broadcaster.model.cap import MsgType
from broadcaster.model.draft import DraftContent
from broadcaster.render.cap.profile import MEDIA_TYPE as CAP
from broadcaster.store import corrections, drafts
from broadcaster.store.answers import Answer
from broadcaster.store.drafts import DraftRow
from broadcaster.web import bodies, queries, shapes
from broadcaster.web.calls import Call, given, listed
from broadcaster.web.describing import says
from broadcaster.web.problems import Problem, malformed
from broadcaster.web.writes import Show, recall, write
from broadcaster.workflow import correcting, drafting, receiving_cap, submitting
from broadcaster.workflow.composing import compose, gather, preview
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict
from broadcaster.workflow.submitting import Outrun, Submitted

SIZE = queries.size(50, 200)
TAG = re.compile(r'"([0-9]{1,9})"')
"""A draft's entity tag: its revision."""
_TRIES = 5


@says(shapes.Draft, 201, takes=DraftContent, takes_text=(CAP,), headers=("ETag", "Location"))
async def create(call: Call) -> Answer:
    """`POST /v1/drafts`: store a draft. It may be incomplete; a field that is given must be valid. A CAP 1.2 alert
    becomes a draft of its own status, and what was not taken over stands in `findings`."""
    if call.request.content_type == CAP:
        return await _create_from_cap(call)
    content = drafting.parse(await bodies.read_object(call.request))
    return await write(
        call, _created(call), drafting.create, call.parts.house, call.caller, content, call.parts.clock.now()
    )


async def _create_from_cap(call: Call) -> Answer:
    taken = receiving_cap.read(call.parts.house, await bodies.read(call.request))

    def show(_conn: Connection, row: DraftRow) -> Answer:
        return _new(call, row, findings=[finding.as_json() for finding in taken.findings])

    now = call.parts.clock.now()
    return await write(call, show, receiving_cap.create, call.parts.house, call.caller, taken, now)


def _shape(call: Call, row: DraftRow) -> dict[str, Any]:
    return shapes.draft(row, call.parts.house.settings.hub.languages)


def _new(call: Call, row: DraftRow, **more: Any) -> Answer:
    return given(_shape(call, row) | more, 201, ETag=shapes.etag(row), Location=f"/v1/drafts/{row.id}")


def _created(call: Call) -> Show[DraftRow]:
    return lambda _conn, row: _new(call, row)


def _shown(call: Call) -> Show[DraftRow]:
    return lambda _conn, row: given(_shape(call, row), ETag=shapes.etag(row))


@says(shapes.Draft, headers=("ETag",))
async def show(call: Call) -> Answer:
    """`GET /v1/drafts/{id}`: a draft at its latest revision."""
    row = await call.parts.store.read(drafting.read, call.id)
    return given(_shape(call, row), ETag=shapes.etag(row))


@says(shapes.Page[shapes.Draft])
async def index(call: Call) -> Answer:
    """`GET /v1/drafts`: those not yet approved, newest first."""
    most = SIZE.of(call.request)
    rows = await call.parts.store.read(drafts.listed, queries.ID_CURSOR.of(call.request), most + 1)
    found, cursor = queries.page(rows, most, lambda row: row.id)
    return listed([_shape(call, row) for row in found], cursor)


def _expected(call: Call) -> int | None:
    """The revision in If-Match; None without one, or with `*`, which would be any.

    A weak tag never matches here (RFC 9110 section 13.1.1), nor does one we did not give. An empty one is a
    mistake: it meant some revision, so it is not taken for none.
    """
    values = call.request.headers.getall("If-Match", [])
    tags = ",".join(values).strip()
    if not values or tags == "*":
        return None
    if found := TAG.fullmatch(tags):
        return int(found[1])
    if re.fullmatch(r'(W/)?"[^"]*"', tags):
        raise Refused(Why.STALE, "Deze versie van het concept is er niet (meer).")
    fault = Fault("If-Match", "etag", 'geef één ETag zoals u die kreeg, bijvoorbeeld "3"')
    raise malformed("If-Match is geen versie.", fault)


@says(shapes.Correction, 201, headers=("ETag", "Location"), refuses=("conflict",))
async def update(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/update`: a new draft that says it again, for those it reached."""
    return await _correct(call, MsgType.UPDATE)


@says(shapes.Correction, 201, headers=("ETag", "Location"), refuses=("conflict",))
async def cancel(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/cancel`: a new draft that takes it back, with words that are ready."""
    return await _correct(call, MsgType.CANCEL)


async def _correct(call: Call, msg_type: MsgType) -> Answer:
    await bodies.expect_nothing(call.request)
    now = call.parts.clock.now()

    def show(conn: Connection, row: DraftRow) -> Answer:
        assert row.replaces_id is not None  # that is what makes it a correction
        counts = corrections.reached(conn, row.replaces_id, now)
        return _new(call, row, reached={"count": sum(counts.values()), "by_channel": counts})

    return await write(call, show, correcting.start, call.parts.house, call.caller, call.id, msg_type, now)


@says(
    shapes.Draft,
    takes=DraftContent,
    patch=True,
    headers=("ETag",),
    asks={"If-Match": True},
    refuses=("conflict", "stale", "revision-required"),
)
async def revise(call: Call) -> Answer:
    """`PATCH /v1/drafts/{id}`: an RFC 7396 merge patch on the revision in If-Match."""
    expected = _expected(call)
    if expected is None:
        raise Problem("revision-required", 'Stuur If-Match mee met de ETag van het concept, bijvoorbeeld "3".')
    patch = await bodies.read_object(call.request, bodies.MERGE_PATCH)
    now = call.parts.clock.now()
    return await write(
        call, _shown(call), drafting.revise, call.parts.house, call.caller, call.id, expected, patch, now
    )


@says(shapes.Draft, headers=("ETag",), asks={"If-Match": False}, refuses=("conflict", "stale"))
async def check_language(call: Call) -> Answer:
    """`POST /v1/drafts/{id}/languages/{language}/check`: say that the text in this language holds, as it stands."""
    await bodies.expect_nothing(call.request)
    language, now = call.request.match_info["language"], call.parts.clock.now()
    wanted = (call.caller, call.id, language, _expected(call), now)
    return await write(call, _shown(call), drafting.check_language, *wanted)


@says(None, 204, asks={"If-Match": False}, refuses=("conflict", "stale"))
async def delete(call: Call) -> Answer:
    """`DELETE /v1/drafts/{id}`: put a draft away; with If-Match, only at that revision."""
    await bodies.expect_nothing(call.request)
    return await write(call, _gone, drafting.delete, call.caller, call.id, call.parts.clock.now(), _expected(call))


def _gone(_conn: Connection, _nothing: None) -> Answer:
    return Answer(204)


@says(shapes.Renditions)
async def renditions(call: Call) -> Answer:
    """`GET /v1/drafts/{id}/renditions`: what each reader would get, and everything there is to say."""
    parts = call.parts
    material = await parts.store.read(gather, call.id)
    composed = await compose(parts.house, parts.renderer, material, parts.clock.now().replace(microsecond=0))
    return listed(preview(composed), findings=[finding.as_json() for finding in composed.every_finding])


@says(shapes.SubmittedAlert, 201, headers=("Location",), refuses=("conflict",))
async def submit(call: Call) -> Answer:
    """`POST /v1/drafts/{id}/submit`: freeze texts and addressees under one digest, for another to approve."""
    await bodies.expect_nothing(call.request)
    return await offered(call, _submitted)


async def offered(call: Call, show: Show[Submitted]) -> Answer:
    """Submit the draft in the path, and `show` what came of it."""
    for _ in range(_TRIES):
        try:
            return await _submit(call, show)
        except Outrun:
            continue  # somebody took the number, or changed the draft: look again
    raise conflict("Er gebeurt te veel tegelijk: bied het concept opnieuw aan.")


async def _submit(call: Call, show: Show[Submitted]) -> Answer:
    parts = call.parts
    try:
        material, composed = await submitting.prepare(
            parts.store, parts.house, parts.renderer, call.caller, call.id, parts.clock
        )
    except Refused:
        # With the same key it may be this very request that submitted the draft.
        if (kept := await recall(call)) is not None:
            return kept
        raise
    with parts.freezings.of(call.id) as telling:
        wanted = (parts.house, call.caller, material, composed, parts.clock.now(), telling)
        return await write(call, show, submitting.freeze, *wanted)


def _submitted(_conn: Connection, result: Submitted) -> Answer:
    return given(shapes.submitted(result), 201, Location=f"/v1/alerts/{result.alert.id}")
