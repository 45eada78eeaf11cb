"""The calls of a relay, by the names that they have at a hub: boards and keys, what screens show, reports."""

import json
from collections.abc import Callable
from ipaddress import ip_address
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from broadcaster.boards import screen
from broadcaster.boards.serving import tags_in
from broadcaster.model.board import MAX_SEQ, Mode
from broadcaster.model.report import Showing
from broadcaster.pages.assets import ASSETS
from broadcaster.relay.courier import BATCH
from broadcaster.relay.device import Place
from broadcaster.relay.outbox import MAX_BYTES, NoReport, NoRoom, Outbox, read
from broadcaster.relay.parts import PARTS, Parts

T = TypeVar("T")
_MOST_RECEIPTS = 1_000
LONGEST_IN = 60.0
"""Seconds a display may wait for news, as at a hub."""


class _HandedIn(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    reports: Annotated[list[Annotated[str, Field(max_length=4 * MAX_BYTES)]], Field(min_length=1, max_length=BATCH)]


async def board(request: web.Request) -> web.Response:
    """`GET /v1/boards/{point}`: as a hub's; every board is shown in public, so nobody needs a token here."""
    parts = request.app[PARTS]
    point, mode = request.match_info["point"], _mode(request)
    if parts.device.point(point) is None:
        raise web.HTTPNotFound(text="This relay does not serve that point.")
    after = _number(request, "after", int, MAX_SEQ)
    wait_in = _number(request, "wait", float, LONGEST_IN) or 0.0
    tags = tags_in(request.headers.getall("If-None-Match", []))
    found, known = await parts.boards.asked(point, mode, tags, after, wait_in)
    if found is None:
        raise web.HTTPNotFound(text="This relay has no board of that point yet.")
    headers = {"ETag": found.etag, "Cache-Control": "no-cache"}
    if known:
        return web.Response(status=304, headers=headers)
    return web.Response(body=found.jws.encode(), headers=headers | {"Content-Type": "application/jose"})


async def keys(request: web.Request) -> web.Response:
    """`GET /v1/keys`: what the boards here are checked with."""
    body = json.dumps(request.app[PARTS].shelf.key_set()).encode()
    return web.Response(body=body, headers={"Content-Type": "application/jwk-set+json", "Cache-Control": "no-cache"})


async def beat(request: web.Request) -> web.Response:
    """`GET /v1/heartbeats/{point}`: the hub's newest word on a board, as it came here."""
    token = request.app[PARTS].shelf.beat((request.match_info["point"], _mode(request)))
    if token is None:
        raise web.HTTPNotFound(text="This relay has not heard the hub on that point yet.")
    headers = {"Content-Type": "application/jose", "Cache-Control": "no-cache"}
    return web.Response(body=token.encode(), headers=headers)


async def local(request: web.Request) -> web.Response:
    """`GET /local/{point}.json`: what the host wrote for the screens of a mode; nothing when that is nothing."""
    parts = request.app[PARTS]
    place = request.match_info["point"], _mode(request)
    line = parts.local.of(place, parts.clock.now()) if _is_ours(request) else None
    if line is None:
        return web.Response(status=204)
    body = line.model_dump_json(include={"text", "at"}).encode()
    return web.Response(body=body, headers={"Content-Type": "application/json"})


async def showing(request: web.Request) -> web.Response:
    """`POST /v1/points/{point}/showing`: what a screen on this network shows."""
    parts, mode = request.app[PARTS], _mode(request)
    if not _is_near(request) or request.content_type != "application/json":
        raise web.HTTPForbidden(text="Only a screen on this network may say what it shows.")
    if not _is_ours(request):
        raise web.HTTPNotFound(text="This relay does not serve that point.")
    try:
        said = Showing.model_validate_json(await request.read())
    except ValidationError:
        raise web.HTTPBadRequest(text="This does not say what a screen shows.") from None
    parts.screens.hear((request.match_info["point"], mode), request.remote or "", said)
    return web.Response(status=204)


async def hand_in(request: web.Request) -> web.Response:
    """`POST /v1/reports`: reports of relays below, kept here and passed on; what the hub told of each is told on."""
    outbox = request.app[PARTS].outbox
    try:
        tokens = _HandedIn.model_validate_json(await request.read()).reports
    except ValidationError:
        raise web.HTTPBadRequest(text="reports are one to fifty signed reports.") from None
    return web.json_response({"items": [_taken(outbox, token) for token in tokens]})


def _taken(outbox: Outbox, token: str) -> dict[str, Any]:
    try:
        report = outbox.take(token).report
    except NoReport:
        return {"id": None, "received_at": None, "refused": "unreadable"}
    except (NoRoom, OSError):
        return {"id": read(token).report.id, "received_at": None, "refused": "too-many"}
    told = outbox.receipts().get(report.id)
    return {"id": report.id, "received_at": told.received_at.isoformat() if told and told.received_at else None}


async def receipts(request: web.Request) -> web.Response:
    """`GET /v1/reports/receipts`: what the hub told of reports that passed here, the latest last."""
    found = list(request.app[PARTS].outbox.receipts().values())[-_MOST_RECEIPTS:]
    return web.json_response({"items": [receipt.model_dump(mode="json", exclude={"refused"}) for receipt in found]})


async def page(request: web.Request) -> web.Response:
    """`GET /display/{point}`: the page that hangs at a support point, the same as a hub's."""
    parts = request.app[PARTS]
    point = parts.place(request.match_info["point"])
    if point is None:
        return _given(screen.unknown())
    return _given(screen.page(_screen(parts, point), _mode(request)))


async def paper(request: web.Request) -> web.Response:
    """`GET /display/{point}/papier`: the page that prints what hangs there, line or no line."""
    parts = request.app[PARTS]
    point = parts.place(request.match_info["point"])
    return _given(screen.unknown() if point is None else screen.paper(_screen(parts, point)))


async def worker(request: web.Request) -> web.Response:
    """`GET /display/{point}/worker.js`: keeps the page in the browser."""
    parts = request.app[PARTS]
    point = parts.place(request.match_info["point"])
    if point is None:
        raise web.HTTPNotFound(text="This relay does not serve that point.")
    return _given(screen.worker(_screen(parts, point)))


def _screen(parts: Parts, point: Place) -> screen.Screen:
    zone = parts.settings.relay.timezone
    return screen.Screen(point.id, point.name, point.languages or ("nl",), zone, open=True, local=True, showing=True)


def _given(given: screen.Given) -> web.Response:
    return web.Response(status=given.status_code, body=given.body.encode(), headers=given.headers)


async def asset(request: web.Request) -> web.Response:
    """`GET /assets/{name}`: what pages ship."""
    found = ASSETS.asked(request, request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound(text="There is no such file.")
    return found


async def live(_request: web.Request) -> web.Response:
    """`GET /health/live`: it runs."""
    return web.Response(text="ok")


def _is_ours(request: web.Request) -> bool:
    return request.app[PARTS].device.point(request.match_info["point"]) is not None


def _is_near(request: web.Request) -> bool:
    """Whether who asks is on this network, or on this box."""
    try:
        address = ip_address(request.remote or "")
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_link_local


def _mode(request: web.Request) -> Mode:
    try:
        return Mode(request.query.get("mode", Mode.LIVE))
    except ValueError:
        raise web.HTTPBadRequest(text="mode is 'live' or 'exercise'.") from None


def _number(request: web.Request, name: str, kind: Callable[[str], T], most: float) -> T | None:
    if name not in request.query:
        return None
    try:
        number = kind(request.query[name])
    except ValueError:
        number = None
    if number is None or not 0 <= number <= most:  # type: ignore[operator]
        raise web.HTTPBadRequest(text=f"{name} is a number from 0 to {most:g}.")
    return number
