"""The web application of a relay: its table of routes, and headers that stand on every answer."""

from email.utils import format_datetime

import aiohttp
from aiohttp import web

from broadcaster.relay import calls, front
from broadcaster.relay.host.desk import Desk
from broadcaster.relay.parts import PARTS, Parts

MAX_BYTES = 256 * 1024
"""Of a body that somebody sends."""
ROUTES = (
    ("GET", "/", front.start),
    ("GET", "/v1/boards/{point}", calls.board),
    ("GET", "/v1/heartbeats/{point}", calls.beat),
    ("GET", "/v1/keys", calls.keys),
    ("POST", "/v1/reports", calls.hand_in),
    ("GET", "/v1/reports/receipts", calls.receipts),
    ("POST", "/v1/points/{point}/showing", calls.showing),
    ("GET", "/local/{point}.json", calls.local),
    ("GET", "/health/live", calls.live),
    ("GET", "/display/{point}", calls.page),
    ("GET", "/display/{point}/papier", calls.paper),
    ("GET", "/display/{point}/worker.js", calls.worker),
    ("GET", "/assets/{name:.+}", calls.asset),
)


def make_app(parts: Parts) -> web.Application:
    """The application over `parts`. It belongs to one event loop."""
    app = web.Application(client_max_size=MAX_BYTES)
    app[PARTS] = parts
    for method, path, handler in ROUTES:
        app.router.add_route(method, path, handler)
    app.add_routes(Desk(parts).routes())
    app.on_response_prepare.append(_add_headers)
    app.on_shutdown.append(_let_go)
    return app


def make_runner(app: web.Application) -> web.AppRunner:
    """What serves the application."""
    aiohttp.web_response.SERVER_SOFTWARE = "omroeper"  # type: ignore[attr-defined]
    return web.AppRunner(app, access_log=None, handler_cancellation=True, keepalive_timeout=75.0, shutdown_timeout=5.0)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    clock = request.app[PARTS].clock
    if clock.is_known:
        response.headers["Date"] = format_datetime(clock.now(), usegmt=True)
    else:
        response.headers.popall("Date", None)  # a server without a clock says none (RFC 9110 section 6.6.1)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cache-Control", "no-store")


async def _let_go(app: web.Application) -> None:
    """Answer the displays that wait, so that a stop need not wait for them."""
    app[PARTS].boards.let_go()
