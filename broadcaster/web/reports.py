"""Calls on reports: points hand theirs in and hear what became of them; officers read them."""

from datetime import datetime, timedelta
from typing import Annotated, Any, NotRequired
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from typing_extensions import TypedDict

from broadcaster.model.board import Mode
from broadcaster.model.report import Crowd, Service, Showing, Subject
from broadcaster.seal import Seal
from broadcaster.store import reports as stored
from broadcaster.store import sightings
from broadcaster.store.answers import Answer
from broadcaster.store.reports import ReportRow
from broadcaster.web import bodies, queries, shapes
from broadcaster.web.boards import MODE, point_of, scope
from broadcaster.web.calls import Call, given, listed
from broadcaster.web.describing import says
from broadcaster.web.shapes import Id, Time, moment
from broadcaster.web.writes import WRITTEN, write
from broadcaster.workflow import reporting

RECEIPTS_IN = timedelta(days=7)
"""For how long a point can ask what became of a report."""
_MOST_RECEIPTS = 1_000
SIZE = queries.size(100, 500)
POINT = queries.short("point", 64, "Only those of this support point.")


class HandedIn(BaseModel):
    """Signed reports (compact JWS, see model.report), of this device or of others."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    reports: Annotated[list[str], Field(min_length=1, max_length=reporting.MOST)]


class Taken(TypedDict):
    """What became of one: when it was received for the first time, or why it is refused. Only `too-many` is worth
    another try later. id is null when it cannot be read."""

    id: Id | None
    received_at: Time | None
    refused: NotRequired[reporting.Fault]


class Receipt(TypedDict):
    """What became of a report; id: as its device named it."""

    id: Id
    received_at: Time
    read_at: Time | None


class Receipts(TypedDict):
    """The latest first."""

    items: list[Receipt]


class Results(TypedDict):
    """In the order in which they came."""

    items: list[Taken]


class Opening(TypedDict):
    """Whether the point is open, and what it offers."""

    open: bool
    staff: int | None
    services: list[Service]
    crowd: Crowd | None


class Heard(TypedDict):
    """A question or a rumour."""

    rumour: bool
    subject: Subject
    line: str


class Urgent(TypedDict):
    """What the point cannot do without."""

    subject: Subject
    line: str


class Report(TypedDict):
    """A report. id: ours. at: by the device's clock, which it could trust or not. read_by: a person's id."""

    id: Id
    point: str
    device: Id
    mode: Mode
    at: Time
    clock_known: bool
    received_at: Time
    read_by: str | None
    read_at: Time | None
    opening: NotRequired[Opening]
    heard: NotRequired[Heard]
    urgent: NotRequired[Urgent]


@says(Results, takes=HandedIn)
async def hand_in(call: Call) -> Answer:
    """`POST /v1/reports`: signed reports of any device, carried by this one; each counts once."""
    body = bodies.shaped(HandedIn, await bodies.read_object(call.request))
    parts = call.parts
    taken = await reporting.take(parts.store, parts.house, parts.seal, body.reports, parts.clock.now())
    parts.signals.hint(WRITTEN)
    return given({"items": [_taken(item, parts.house.settings.hub.zone) for item in taken]})


def _taken(item: reporting.Taken, zone: ZoneInfo) -> dict[str, Any]:
    received_at = None if item.received_at is None else moment(item.received_at, zone)
    refused = {} if item.fault is None else {"refused": item.fault.value}
    return {"id": item.id, "received_at": received_at, **refused}


@says(Receipts)
async def receipts(call: Call) -> Answer:
    """`GET /v1/reports/receipts`: what became of the reports of the points of this device, of the last seven days."""
    zone, points = call.parts.house.settings.hub.zone, scope(call)
    since = call.parts.clock.now() - RECEIPTS_IN
    found = await call.parts.store.read(stored.receipts, points, since, _MOST_RECEIPTS)
    items = [
        {"id": item.id, "received_at": moment(item.received_at, zone), "read_at": _moment(item.read_at, zone)}
        for item in found
    ]
    return given({"items": items})


@says(None, 204, takes=Showing)
async def showing(call: Call) -> Answer:
    """`POST /v1/points/{point}/showing`: what a screen that hangs on the hub itself really shows."""
    said = bodies.shaped(Showing, await bodies.read_object(call.request))
    point, mode = point_of(call), MODE.of(call.request) or Mode.LIVE
    await call.parts.store.run(sightings.show, call.caller.token_id, point, mode, said, call.parts.clock.now())
    return Answer(204, "", {})


@says(shapes.Page[Report])
async def index(call: Call) -> Answer:
    """`GET /v1/reports`: what points told, the latest first."""
    most, before, point = SIZE.of(call.request), queries.ID_CURSOR.of(call.request), POINT.of(call.request)
    rows = await call.parts.store.read(stored.listed, before, most + 1, point)
    found, cursor = queries.page(rows, most, lambda row: row.id)
    zone = call.parts.house.settings.hub.zone
    return listed([shape(call.parts.seal, row, zone) for row in found], cursor)


@says(Report, refuses=("conflict",))
async def read(call: Call) -> Answer:
    """`POST /v1/reports/{id}/read`: an officer read it; its host hears so."""
    await bodies.expect_nothing(call.request)
    seal, zone = call.parts.seal, call.parts.house.settings.hub.zone

    def show(_conn: Connection, row: ReportRow) -> Answer:
        return given(shape(seal, row, zone))

    return await write(call, show, reporting.read, call.caller, call.id, call.parts.clock.now())


def shape(seal: Seal, row: ReportRow, zone: ZoneInfo) -> dict[str, Any]:
    """A report."""
    told = reporting.read_back(seal, row).model_dump(mode="json", include={"opening", "heard", "urgent"})
    return {
        "id": row.id,
        "point": row.point_id,
        "device": row.device_id,
        "mode": row.mode.value,
        "at": moment(row.at, zone),
        "clock_known": row.clock_known,
        "received_at": moment(row.received_at, zone),
        "read_by": row.reader_id,
        "read_at": _moment(row.read_at, zone),
        **{name: part for name, part in told.items() if part is not None},
    }


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else moment(at, zone)
