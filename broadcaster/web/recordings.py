"""Calls on recordings: bytes in, bytes out, and word that somebody listened."""

from dataclasses import replace
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from broadcaster.model.recording import MEDIA_TYPES, MOST_BYTES, PATTERN, Sound, recognised
from broadcaster.store import recordings as stored
from broadcaster.store.answers import Answer
from broadcaster.web import bodies
from broadcaster.web.calls import Call, given
from broadcaster.web.describing import says
from broadcaster.web.problems import Problem, malformed
from broadcaster.web.writes import write
from broadcaster.workflow import approving, recording
from broadcaster.workflow.refusals import Fault, not_found

_READ_IN = 50.0
_FOR_EVER = "max-age=31536000, immutable"
Seconds = Annotated[float, Field(ge=0, le=36_000)]


class Recording(BaseModel):
    """A recording: its name is its SHA-256."""

    sha256: Annotated[str, Field(pattern=PATTERN)]
    media_type: str
    size: int


class Listened(BaseModel):
    """The body of listened: the stretches that were played, in seconds, of a recording that lasts `duration`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    recording: Annotated[str, Field(pattern=PATTERN)]
    played: list[tuple[Seconds, Seconds]] = Field(min_length=1, max_length=1000)
    duration: Seconds


@says(Recording, 201, takes_text=MEDIA_TYPES)
async def create(call: Call) -> Answer:
    """`POST /v1/recordings`: store a recording of at most 5 MB, for a draft to name in `audio`."""
    if call.request.content_type not in MEDIA_TYPES:
        raise Problem("unsupported-type", f"Stuur een opname: {', '.join(MEDIA_TYPES)}.")
    whole = call.request.clone(client_max_size=MOST_BYTES)
    sound = recognised(await bodies.read(whole, _READ_IN))
    if sound is None:
        raise malformed(
            "Dit is geen opname in MP3, Ogg of WAV.", Fault("", "not-a-recording", "kies een ander bestand")
        )
    return await write(replace(call, request=whole), _kept, recording.keep, call.caller, sound, call.parts.clock.now())


def _kept(_conn: Connection, sound: Sound) -> Answer:
    return given({"sha256": sound.name, "media_type": sound.media_type, "size": len(sound.raw)}, 201)


@says(bytes, media_type="audio/*")
async def show(call: Call) -> web.Response:
    """`GET /v1/recordings/{sha256}`: a recording as it came."""
    return _played(await call.parts.store.read(stored.get, _name(call)), "private")


async def show_public(call: Call) -> web.Response:
    """`GET /audio/{sha256}`: a recording of what is valid now, for everybody."""
    now = call.parts.clock.now()
    return _played(await call.parts.store.read(recording.public, _name(call), now), "public")


def _name(call: Call) -> str:
    return call.request.match_info["sha256"]


def _played(sound: Sound | None, scope: str) -> web.Response:
    if sound is None:
        raise not_found("Deze opname")
    headers = {"Content-Type": sound.media_type, "Cache-Control": f"{scope}, {_FOR_EVER}"}
    return web.Response(body=sound.raw, headers=headers)


@says(None, 204, takes=Listened, refuses=("conflict",))
async def listened(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/listened`: this approver heard a recording, and how much of it."""
    body = bodies.shaped(Listened, await bodies.read_object(call.request))

    def heard(conn: Connection) -> None:
        row = approving.alert_of(conn, call.id)
        now = call.parts.clock.now()
        recording.listen(conn, call.caller, row, body.recording, body.played, body.duration, now)

    return await write(call, _noted, heard)


def _noted(_conn: Connection, _nothing: None) -> Answer:
    return Answer(204)
