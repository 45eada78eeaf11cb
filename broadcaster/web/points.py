"""Calls on support points: how each stands, what hangs there that is old, and what many of them hear."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from typing_extensions import TypedDict

from broadcaster.boards.lookout import Lookout, Old, Seen, Standing, Tally, Trouble, read
from broadcaster.model.board import Mode
from broadcaster.model.device import DeviceKind
from broadcaster.model.report import Crowd, Service, Subject
from broadcaster.store.answers import Answer
from broadcaster.store.reports import ReportRow
from broadcaster.web import bodies, shapes
from broadcaster.web.boards import MODE, point_of
from broadcaster.web.calls import Call, given, listed
from broadcaster.web.describing import says
from broadcaster.web.reports import Report
from broadcaster.web.reports import shape as report_shape
from broadcaster.web.shapes import Id, Time, moment
from broadcaster.web.writes import write
from broadcaster.workflow import reporting


class Screen(TypedDict):
    """A screen or a relay at a point. device: null for a token that was made without one. heard_at: its last sign of
    life. holds: whether it has the current board; null when that is not known. screen, paper: the numbers that it says
    are on and hang; null when it never said so."""

    device: Id | None
    name: str | None
    kind: DeviceKind | None
    version: str | None
    heard_at: Time | None
    holds: bool | None
    screen: list[int] | None
    screen_at: Time | None
    paper: list[int] | None
    paper_at: Time | None
    trouble: Trouble | None


class OldNumber(TypedDict):
    """A number that is on or hangs and is not valid there any more. by: what took its place. has_board: the page at the
    point has the current board, so it asks its host to take it down. asked_by: an officer who asked."""

    number: int
    where: Literal["screen", "paper"]
    told_at: Time | None
    by: int | None
    has_board: bool
    asked_by: str | None
    asked_at: Time | None


class Point(TypedDict):
    """How a support point stands. open: what it told last, at opened_at; null when it never did. valid: the numbers it
    ought to show; showing: those that one of its screens shows. urgent: calls for help that nobody read."""

    id: str
    name: str
    kind: Literal["local", "regional"]
    areas: list[str]
    under: str | None
    location: str | None
    open: bool | None
    opened_at: Time | None
    staff: int | None
    services: list[Service]
    crowd: Crowd | None
    seq: int | None
    valid: list[int]
    showing: list[int]
    old: list[OldNumber]
    screens: list[Screen]
    urgent: int


class Heard(TypedDict):
    """What points heard of one subject within six hours. loud: a rumour that at least three points hear."""

    rumour: bool
    subject: Subject
    loud: bool
    points: list[str]
    reports: list[Report]


class Asked(BaseModel):
    """The number that somebody at a point was asked to take down."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    number: int = Field(ge=1, le=2**31 - 1)


async def look(call: Call, mode: Mode | None = None) -> Lookout:
    """How all points stand now."""
    parts = call.parts
    return await parts.store.read(read, parts.house, parts.boards, mode or Mode.LIVE, parts.clock.now())


@says(shapes.Page[Point])
async def index(call: Call) -> Answer:
    """`GET /v1/points`: how every support point stands."""
    found = await look(call, MODE.of(call.request))
    zone = call.parts.house.settings.hub.zone
    return listed([shape(standing, found.urgent, zone) for standing in found.points])


@says(Point)
async def show(call: Call) -> Answer:
    """`GET /v1/points/{point}`: how one support point stands."""
    wanted = point_of(call)
    found = await look(call, MODE.of(call.request))
    standing = next(item for item in found.points if item.point.id == wanted)
    return given(shape(standing, found.urgent, call.parts.house.settings.hub.zone))


@says(shapes.Page[Heard])
async def heard(call: Call) -> Answer:
    """`GET /v1/heard`: the questions and rumours of the last six hours, counted over the points; what stands out
    first."""
    found = await look(call, MODE.of(call.request))
    return listed([_heard(call, tally) for tally in found.tallies])


@says(None, 204, takes=Asked)
async def asked(call: Call) -> Answer:
    """`POST /v1/points/{point}/asked`: somebody there was asked to take a number down."""
    body = bodies.shaped(Asked, await bodies.read_object(call.request))
    wanted = (call.caller, point_of(call), body.number, call.parts.clock.now())
    return await write(call, _done, reporting.ask_to_take_down, *wanted)


def _done(_conn: Connection, _nothing: None) -> Answer:
    return Answer(204, "", {})


def shape(standing: Standing, urgent: tuple[ReportRow, ...], zone: ZoneInfo) -> dict[str, Any]:
    """How a point stands."""
    point, opened, told = standing.point, standing.opened, standing.opening
    return {
        "id": point.id,
        "name": point.name,
        "kind": point.kind,
        "areas": list(point.areas),
        "under": point.under,
        "location": point.location,
        "open": None if opened is None else opened.open,
        "opened_at": _moment(told.told_at if told else None, zone),
        "staff": opened.staff if opened else None,
        "services": [service.value for service in opened.services] if opened else [],
        "crowd": opened.crowd.value if opened and opened.crowd else None,
        "seq": standing.current.seq if standing.current else None,
        "valid": list(standing.valid),
        "showing": sorted(standing.showing),
        "old": [_old(old, zone) for old in standing.old],
        "screens": [_screen(seen, zone) for seen in standing.seen],
        "urgent": sum(row.point_id == point.id for row in urgent),
    }


def _old(old: Old, zone: ZoneInfo) -> Mapping[str, Any]:
    return {
        "number": old.number,
        "where": "paper" if old.paper else "screen",
        "told_at": _moment(old.at, zone),
        "by": old.by,
        "has_board": old.has_board,
        "asked_by": old.asked.by if old.asked else None,
        "asked_at": _moment(old.asked.at if old.asked else None, zone),
    }


def _screen(seen: Seen, zone: ZoneInfo) -> Mapping[str, Any]:
    device, screen, paper = seen.device, seen.sighting.screen, seen.sighting.paper
    return {
        "device": device.id if device else None,
        "name": device.name if device else None,
        "kind": device.kind.value if device else None,
        "version": screen.what.version if screen else None,
        "heard_at": _moment(seen.heard_at, zone),
        "holds": seen.holds,
        "screen": list(screen.what.screen) if screen and screen.what.screen is not None else None,
        "screen_at": _moment(screen.at if screen else None, zone),
        "paper": list(paper.what.paper) if paper and paper.what.paper is not None else None,
        "paper_at": _moment(paper.at if paper else None, zone),
        "trouble": seen.trouble.value if seen.trouble else None,
    }


def _heard(call: Call, tally: Tally) -> dict[str, Any]:
    zone = call.parts.house.settings.hub.zone
    return {
        "rumour": tally.rumour,
        "subject": tally.subject.value,
        "loud": tally.loud,
        "points": list(tally.points),
        "reports": [report_shape(call.parts.seal, row, zone) for row in tally.rows],
    }


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else moment(at, zone)
