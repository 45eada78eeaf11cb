"""Posters over HTTP: drawn when first asked for, one at a time, and kept for who asks next."""

import asyncio
import hashlib
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.render.poster import PDF, Size
from broadcaster.render.printing import NotPrinted, Sheet, printed
from broadcaster.store import alerts
from broadcaster.web import queries
from broadcaster.web.calls import Call
from broadcaster.web.cap import admit
from broadcaster.web.describing import says
from broadcaster.workflow import bulletins, posters
from broadcaster.workflow.refusals import Refused, Why

_MOST_KEPT = 16
SIZE = queries.choice("size", Size, "The sheet; `a4` when not given.")
Pdf = Annotated[str, Field(json_schema_extra={"format": "binary"}, description="a PDF/UA-1 document")]


class Printer:
    """Draws posters and reports. Belongs to one event loop."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._turn = asyncio.Lock()

    async def pdf(self, sheet: Sheet) -> bytes:
        """A poster or a report, drawn or kept. Refused when it cannot be drawn."""
        async with self._turn:
            key = sheet.as_line()
            if key not in self._kept:
                while len(self._kept) >= _MOST_KEPT:
                    self._kept.pop(next(iter(self._kept)))
                try:
                    self._kept[key] = await printed(sheet)
                except NotPrinted as error:
                    raise Refused(Why.INVALID, str(error)) from error
            return self._kept[key]


def _is_open(conn: Connection, alert_id: str) -> bool:
    row = alerts.get(conn, alert_id) if ids.is_id(alert_id) else None
    return row is not None and bulletins.is_open(conn, row)


PRINTER = web.AppKey("printer", Printer)


@says(
    Pdf,
    media_type=PDF,
    headers=("ETag",),
    asks={"If-None-Match": False},
    also={304: "Nothing new."},
    refuses=("conflict", "invalid", "unauthenticated", "forbidden"),
)
async def show(call: Call) -> web.Response:
    """`GET /v1/alerts/{id}/poster.pdf`: its poster, in all its languages; for everybody once a real, public alert is
    out, so that a support point prints it. Before the approval it says that it is a draft; what was replaced, withdrawn
    or has expired has none any more."""
    parts, size = call.parts, SIZE.of(call.request) or Size.A4
    if not await parts.store.read(_is_open, call.id):
        await admit(call)
    poster = await parts.store.read(posters.of_alert, parts.house, parts.signers, call.id, size)
    made = await call.request.app[PRINTER].pdf(poster)
    headers = {
        "ETag": f'"{hashlib.sha256(made).hexdigest()[:16]}"',
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'inline; filename="poster-{call.id}-{size}.pdf"',
    }
    if call.request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    return web.Response(body=made, headers=headers | {"Content-Type": PDF})
