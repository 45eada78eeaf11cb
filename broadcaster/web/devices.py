"""Calls on devices: a code typed once becomes a token; who is in, and who is let in no more."""

import math
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from typing_extensions import TypedDict

from broadcaster.model.board import Mode
from broadcaster.model.device import Device as Row
from broadcaster.model.device import DeviceKind
from broadcaster.model.draft import Name
from broadcaster.seal import fingerprint
from broadcaster.store import devices as stored
from broadcaster.store.answers import Answer
from broadcaster.web import bodies
from broadcaster.web.calls import Call, given, listed
from broadcaster.web.describing import says
from broadcaster.web.origins import peer
from broadcaster.web.problems import Problem
from broadcaster.web.shapes import Id, Page, Time, moment
from broadcaster.web.throttle import Throttle
from broadcaster.web.writes import write
from broadcaster.workflow import enrolling

GUESSES = web.AppKey("guesses", Throttle)
"""Of each application, one: who may try a code."""
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]+$"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PublicKey(_Body):
    """The public half of an Ed25519 key (RFC 8037), made on the device itself."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)
    kty: Annotated[str, Field(max_length=10)]
    crv: Annotated[str, Field(max_length=10)]
    x: Annotated[str, Field(max_length=100)]


class Enrolment(_Body):
    """The body of an enrolment. code: as it was handed out; spaces, hyphens and small letters do not matter."""

    code: Annotated[str, Field(max_length=40)]
    kind: DeviceKind
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=_PRINTABLE)]
    key: Annotated[PublicKey | None, Field(description="required of a relay")] = None


class Invitation(_Body):
    """The body of a request for a code."""

    point: Name
    kind: DeviceKind


class Roots(TypedDict):
    """The fingerprints (RFC 7638) of the keys that vouch for those of the boards, by mode."""

    live: str
    exercise: str


class Enrolled(TypedDict):
    """A device that was let in. token: shown this once. points: those whose boards it may fetch."""

    id: Id
    token: str
    point: str
    points: list[str]
    roots: Roots


class Code(TypedDict):
    """A code that lets in one device: shown this once."""

    code: Annotated[str, Field(pattern=r"^[2-9A-Z]{4}(-[2-9A-Z]{4}){2}$")]
    point: str
    kind: DeviceKind
    expires_at: Time


class Device(TypedDict):
    """A device. kid: the fingerprint of the key that it signs reports with."""

    id: Id
    point: str
    kind: DeviceKind
    name: str
    kid: str | None
    enrolled_at: Time
    revoked_at: Time | None


@says(Enrolled, 201, takes=Enrolment, refuses=("too-many",))
async def enrol(call: Call) -> Answer:
    """`POST /v1/devices`: let a device in with a code; each code is good for one, within a day."""
    body = bodies.shaped(Enrolment, await bodies.read_object(call.request))
    letters = enrolling.letters_of(body.code)
    throttle, address = call.request.app[GUESSES], peer(call.request, call.parts.house.settings.hub)
    if wait_in := throttle.wait_in(address, address):
        raise Problem("too-many", headers={"Retry-After": str(math.ceil(wait_in))})
    throttle.begin(address, address)
    parts, key = call.parts, body.key.model_dump() if body.key is not None else None
    wanted = (parts.house.settings, parts.seal, letters, body.kind, body.name, key, parts.clock.now())
    done = await parts.store.run(enrolling.enrol, *wanted)
    throttle.forgive(address, address)
    return given(_enrolled(call, done), 201)


def _enrolled(call: Call, done: enrolling.Enrolled) -> dict[str, Any]:
    point = done.device.point_id
    return {
        "id": done.device.id,
        "token": done.token,
        "point": point,
        "points": sorted(call.parts.house.settings.scope_of(point)),
        "roots": {mode.value: fingerprint(call.parts.signers[mode].root) for mode in Mode},
    }


@says(Code, 201, takes=Invitation)
async def invite(call: Call) -> Answer:
    """`POST /v1/devices/codes`: a code that lets in one device of a kind at a point."""
    body = bodies.shaped(Invitation, await bodies.read_object(call.request))
    parts = call.parts
    wanted = (parts.house.settings, parts.seal, call.caller.actor, body.point, body.kind, parts.clock.now())
    code = await parts.store.run(enrolling.invite, *wanted)  # not kept under an Idempotency-Key: it is a secret
    shown = {"code": code.code, "point": body.point, "kind": body.kind.value}
    return given(shown | {"expires_at": moment(code.expires_at, parts.house.settings.hub.zone)}, 201)


@says(Page[Device])
async def index(call: Call) -> Answer:
    """`GET /v1/devices`: every device there ever was, by point, the latest first."""
    zone = call.parts.house.settings.hub.zone
    return listed([shape(item, zone) for item in await call.parts.store.read(stored.listed)])


def shape(item: Row, zone: ZoneInfo) -> dict[str, Any]:
    """A device."""

    def at(instant: datetime | None) -> str | None:
        return None if instant is None else moment(instant, zone)

    return {
        "id": item.id,
        "point": item.point_id,
        "kind": item.kind.value,
        "name": item.name,
        "kid": item.kid,
        "enrolled_at": at(item.enrolled_at),
        "revoked_at": at(item.revoked_at),
    }


@says(Device, refuses=("conflict",))
async def revoke(call: Call) -> Answer:
    """`POST /v1/devices/{id}/revoke`: let a device in no more; its token and its key are worthless within seconds."""
    await bodies.expect_nothing(call.request)
    now, zone = call.parts.clock.now(), call.parts.house.settings.hub.zone

    def show(conn: Connection, _revoked: Row) -> Answer:
        return given(shape(stored.get(conn, call.id) or _revoked, zone))

    return await write(call, show, enrolling.revoke, call.caller.actor, call.id, now)
