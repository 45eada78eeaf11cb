"""The calls of a relay that a hub has too: boards, their keys, the display page and its files."""

import json
from collections.abc import Callable
from email.utils import format_datetime
from typing import TypeVar

from aiohttp import web

from broadcaster.boards import screen
from broadcaster.boards.serving import tags_in
from broadcaster.model.board import MAX_SEQ, Mode
from broadcaster.pages.assets import ASSETS
from broadcaster.relay.parts import PARTS

T = TypeVar("T")
LONGEST_IN = 60.0
"""Seconds a display may wait for news, as at a hub."""


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
    headers = {"ETag": found.etag, "Cache-Control": "no-cache", "Date": format_datetime(parts.clock.now(), usegmt=True)}
    if known:
        return web.Response(status=304, headers=headers)
    return web.Response(body=found.jws.encode(), headers=headers | {"Content-Type": "application/jose"})


async def keys(request: web.Request) -> web.Response:
    """`GET /v1/keys`: what the boards here are checked with."""
    body = json.dumps(request.app[PARTS].shelf.key_set()).encode()
    return web.Response(body=body, headers={"Content-Type": "application/jwk-set+json", "Cache-Control": "no-cache"})


async def page(request: web.Request) -> web.Response:
    """`GET /display/{point}`: the page that hangs at a support point, the same as a hub's."""
    parts = request.app[PARTS]
    point = parts.device.point(request.match_info["point"])
    if point is None:
        return _given(screen.unknown())
    zone = parts.settings.relay.timezone
    found = screen.Screen(point.id, point.name, point.languages, zone, open=True, local=True, showing=True)
    return _given(screen.page(found, _mode(request)))


def _given(given: screen.Given) -> web.Response:
    return web.Response(status=given.status_code, body=given.body.encode(), headers=given.headers)


async def asset(request: web.Request) -> web.Response:
    """`GET /assets/{name}`: what pages ship."""
    found = ASSETS.asked(request, request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound(text="There is no such file.")
    return found


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
