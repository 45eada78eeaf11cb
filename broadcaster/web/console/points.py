"""The page of the support points: what asks for somebody first, then how each stands, and what many hear."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection

from broadcaster.boards import lookout
from broadcaster.boards.lookout import Lookout, Seen, Standing
from broadcaster.model.board import Mode
from broadcaster.model.cap import Status
from broadcaster.model.device import Device, DeviceKind
from broadcaster.model.people import Role
from broadcaster.model.report import Report, Subject
from broadcaster.seal import Seal
from broadcaster.store import devices, people, reports
from broadcaster.store.answers import Answer
from broadcaster.store.reports import ReportRow
from broadcaster.web import bodies, forms, frames
from broadcaster.web.boards import MODE, point_of
from broadcaster.web.calls import Call
from broadcaster.web.console import frame
from broadcaster.web.console.words import Words
from broadcaster.web.points import Asked
from broadcaster.web.writes import Show, write
from broadcaster.workflow import enrolling, reporting
from broadcaster.workflow.enrolling import Code
from broadcaster.workflow.refusals import Refused, Why

PATH = "/console/steunpunten"
_RECENT = 60
_LETS_IN = frozenset({Role.AUTHOR, Role.APPROVER, Role.ADMIN})
_STATUS = {Mode.LIVE: Status.ACTUAL, Mode.EXERCISE: Status.EXERCISE}


@dataclass(frozen=True, slots=True)
class Told:
    """A report that an officer can read."""

    row: ReportRow
    report: Report

    @property
    def line(self) -> str:
        """Its own words; empty when there are none."""
        part = self.report.heard or self.report.urgent
        return part.line if part else ""

    @property
    def subject(self) -> Subject | None:
        """What it is about."""
        part = self.report.heard or self.report.urgent
        return part.subject if part else None


@dataclass(frozen=True, slots=True)
class Found:
    """All that stands on the page."""

    lookout: Lookout
    recent: list[ReportRow]
    devices: list[Device]
    names: Mapping[str, str]


def _read(conn: Connection, call: Call, mode: Mode) -> Found:
    parts = call.parts
    found = lookout.read(conn, parts.house, parts.boards, mode, parts.clock.now())
    recent = [row for row in reports.listed(conn, None, _RECENT) if row.mode is mode]
    return Found(found, recent, devices.listed(conn), people.names(conn))


async def show(call: Call) -> Answer:
    """`GET /console/steunpunten`."""
    return await _page(call)


async def _page(call: Call, code: Code | None = None, refused: Refused | None = None) -> Answer:
    mode = MODE.of(call.request) or Mode.LIVE
    found = await call.parts.store.read(partial(_read, call=call, mode=mode))
    told = partial(_told, call.parts.seal)
    settings = call.parts.house.settings
    values = {
        "found": found.lookout,
        "urgent": told(found.lookout.urgent),
        "tallies": [(tally, [item for item in told(tally.rows) if item.line]) for tally in found.lookout.tallies],
        "recent": told(found.recent),
        "devices": [item for item in found.devices if item.revoked_at is None],
        "names": found.names,
        "point_names": {point.id: point.name for point in settings.points},
        "area_names": call.parts.house.area_names,
        "states": {standing.point.id: _state(standing) for standing in found.lookout.points},
        "mode_value": mode.value,
        "kinds_of_device": [kind.value for kind in DeviceKind],
        "lets_in": bool(call.caller.roles & _LETS_IN),
        "code": code,
        "refused": refused,
        "anchors": lambda field: f"field-{field}" if field in ("point", "kind") else "",
        "screen_name": partial(_screen_name, frame.times_for(call).words),
    }
    return frame.shown(call, "points.html", values, _STATUS[mode], 200 if refused is None else 422)


def _told(seal: Seal, rows: Iterable[ReportRow]) -> list[Told]:
    return [Told(row, reporting.read_back(seal, row)) for row in rows]


def _state(standing: Standing) -> str:
    """A point on the map: open or closed, as far as it told, and whether something there asks for somebody."""
    opened = standing.opened
    state = "unknown" if opened is None else "open" if opened.open else "closed"
    return f"{state} wrong" if standing.troubled or standing.old else state


def _screen_name(words: Words, seen: Seen) -> str:
    """What to call a screen or relay."""
    return seen.device.name if seen.device else words("points.nameless")


async def read(call: Call) -> Answer:
    """`POST /console/steunpunten/reports/{id}/read`; who comes second need not be told so."""
    await forms.read(call.request)
    try:
        return await write(call, _back(call), reporting.read, call.caller, call.id, call.parts.clock.now())
    except Refused as refused:
        if refused.why is not Why.CONFLICT:
            raise
        return _home(call)


async def asked(call: Call) -> Answer:
    """`POST /console/steunpunten/{point}/asked`: somebody there was asked to take a number down."""
    form = await forms.read(call.request)
    body = bodies.shaped(Asked, {"number": form.get("number")})
    wanted = (call.caller, point_of(call), body.number, call.parts.clock.now())
    return await write(call, _back(call), reporting.ask_to_take_down, *wanted)


async def invite(call: Call) -> Answer:
    """`POST /console/steunpunten/code`: a code, shown on the page and this once."""
    form = await forms.read(call.request)
    parts = call.parts
    try:
        kind = DeviceKind(form.get("kind"))
    except ValueError:
        kind = DeviceKind.DISPLAY
    wanted = (parts.house.settings, parts.seal, call.caller.actor, form.get("point"), kind, parts.clock.now())
    try:
        return await _page(call, code=await parts.store.run(enrolling.invite, *wanted))
    except Refused as refused:
        return await _page(call, refused=refused)


async def revoke(call: Call) -> Answer:
    """`POST /console/steunpunten/devices/{id}/revoke`."""
    await forms.read(call.request)
    return await write(call, _back(call), enrolling.revoke, call.caller.actor, call.id, call.parts.clock.now())


def _back(call: Call) -> Show[Any]:
    return lambda _conn, _done: _home(call)


def _home(call: Call) -> Answer:
    mode = MODE.of(call.request)
    return frames.redirect(PATH if mode in (None, Mode.LIVE) else f"{PATH}?mode={mode.value}")
