"""A file that somebody chose in a form, read piece by piece, and kept sealed in memory until they decide on it.

It is never on disk, and gone after a quarter of an hour, at the next file, and when the hub stops.
"""

import asyncio
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from broadcaster.clock import Clock
from broadcaster.store.intake import Difference
from broadcaster.web.problems import Problem, malformed
from broadcaster.workflow.audience import Looked

MOST_BYTES = 32 * 1024 * 1024
KEPT_IN = 900.0
"""Seconds."""
_READ_IN = 40.0
_PIECE = 64 * 1024
_MOST_FIELD = 1000
_MOST_KEPT = 4
_TYPE = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Upload:
    """One file. difference: what taking it would do, None when lines are wrong. until: on the monotonic clock."""

    organisation_id: str
    looked: Looked = field(repr=False)
    difference: Difference | None
    until: float


class Uploads:
    """The file of each session. turn: one file is looked at at a time, since each takes a core for seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self.turn = clock, asyncio.Semaphore(1)
        self._kept: dict[str, Upload] = {}

    def keep(self, session_id: str, organisation_id: str, looked: Looked, difference: Difference | None) -> None:
        """Keep a file in the place of an earlier one; the oldest of all goes when there are too many."""
        self._kept.pop(session_id, None)
        while len(self._kept) >= _MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[session_id] = Upload(organisation_id, looked, difference, self._clock.monotonic() + KEPT_IN)

    def of(self, session_id: str) -> Upload | None:
        """The file of a session, while it is kept."""
        self._kept = {name: one for name, one in self._kept.items() if one.until > self._clock.monotonic()}
        return self._kept.get(session_id)

    def drop(self, session_id: str) -> None:
        """Let go of it."""
        self._kept.pop(session_id, None)


UPLOADS = web.AppKey("uploads", Uploads)


async def read(request: web.Request) -> tuple[dict[str, str], bytes]:
    """The short fields of a form, and the one file in it under the name `file`. A problem when it is no such form, too
    large or too slow."""
    if request.content_type != _TYPE or request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem("unsupported-type", "Kies een bestand in het formulier van deze pagina.")
    if (request.content_length or 0) > MOST_BYTES:
        raise Problem("too-large")
    try:
        async with asyncio.timeout(_READ_IN):
            return await _parts(request)
    except TimeoutError:
        raise Problem("timeout") from None
    except (ValueError, AssertionError, web.RequestPayloadError, ConnectionError) as error:
        raise malformed("De inhoud is geen formulier met een bestand.") from error


async def _parts(request: web.Request) -> tuple[dict[str, str], bytes]:
    fields, file = dict[str, str](), b""
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None or part.name in fields:
            raise malformed("De inhoud is geen formulier met een bestand.")
        if part.name == "file":
            file = await _piece_by_piece(part, MOST_BYTES)
        else:
            fields[part.name] = (await _piece_by_piece(part, _MOST_FIELD)).decode()
    return fields, file


async def _piece_by_piece(part: BodyPartReader, most: int) -> bytes:
    whole = bytearray()
    while piece := await part.read_chunk(_PIECE):
        whole += piece
        if len(whole) > most:
            raise Problem("too-large")
    return bytes(whole)
