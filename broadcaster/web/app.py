"""The web application: from the table of routes to something that listens."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import aiohttp
from aiohttp import web

from broadcaster import observe
from broadcaster.clock import Clock
from broadcaster.web import bodies
from broadcaster.web.alerts import FROZEN, FrozenAlerts
from broadcaster.web.answering import LOG, answering, serve
from broadcaster.web.callers import CALLERS, Callers
from broadcaster.web.cap import BULLETINS, Bulletins
from broadcaster.web.checking import STANDING, Standing
from broadcaster.web.devices import GUESSES
from broadcaster.web.document import DOCUMENT, Document
from broadcaster.web.door import Runner, most
from broadcaster.web.events import FEED
from broadcaster.web.feed import Feed, Pace
from broadcaster.web.figures import FIGURES, Figures
from broadcaster.web.headers import SOFTWARE, add_headers
from broadcaster.web.metrics import METRICS, Metrics
from broadcaster.web.parts import PARTS, Parts
from broadcaster.web.posters import PRINTER, Printer
from broadcaster.web.provider import Provider
from broadcaster.web.quick import Quick
from broadcaster.web.reaching import REACHING, Reaching
from broadcaster.web.routes import ROUTES
from broadcaster.web.signing_in import DESK, Desk
from broadcaster.web.signing_in_elsewhere import PROVIDER, redirect_uri
from broadcaster.web.throttle import Throttle
from broadcaster.web.uploads import UPLOADS, Uploads

__all__ = ["Parts", "make_app", "make_runner"]

_IDLE_IN = 75.0  # a little above what proxies keep a connection open for
_STOP_IN = 5.0
_LAG_IN = 0.5
_USUAL = Pace()


def make_app(parts: Parts, pace: Pace = _USUAL) -> web.Application:
    """The application over `parts`. It belongs to one event loop. pace: of the events it sends."""
    app = web.Application(middlewares=[answering], client_max_size=bodies.MAX_BYTES)
    app[PARTS] = parts
    app[LOG] = observe.logger("web")
    app[CALLERS] = Callers(parts.store, parts.clock)
    app[FROZEN] = FrozenAlerts()
    hub = parts.house.settings.hub
    app[DOCUMENT] = Document(ROUTES, hub.public_url)
    app[FEED] = Feed(parts.store, parts.signals, parts.clock, hub.zone, pace, parts.freezings)
    app[FIGURES] = Figures(parts.store, parts.clock)
    app[REACHING] = Reaching(parts.store, parts.clock)
    app[METRICS] = Metrics()
    app[BULLETINS] = Bulletins(parts.store, parts.house, parts.clock)
    app[PRINTER] = Printer()
    app[STANDING] = Standing(parts.store, parts.clock)
    app[UPLOADS] = Uploads(parts.clock)
    app[GUESSES] = Throttle(parts.clock)
    app[DESK] = Desk(parts.passwords, Throttle(parts.clock))
    if (oidc := parts.house.settings.oidc) is not None and parts.client_key is not None:
        app[PROVIDER] = Provider(oidc, parts.client_key, redirect_uri(hub.url), parts.clock)
    for route in ROUTES:
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            app.router.add_route(method, route.path, partial(serve, route))
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_let_go)
    app.cleanup_ctx.append(_lagging)
    app.on_cleanup.append(_end)
    return app


async def _lagging(app: web.Application) -> AsyncIterator[None]:
    """Measure how late the event loop comes round, as long as the application lives."""
    watch = asyncio.create_task(_measure_lag(app[PARTS].clock, app[METRICS]))
    yield
    watch.cancel()


async def _measure_lag(clock: Clock, metrics: Metrics) -> None:
    while True:
        began = clock.monotonic()
        await asyncio.sleep(_LAG_IN)
        metrics.late(clock.monotonic() - began - _LAG_IN)


async def _let_go(app: web.Application) -> None:
    """Answer the displays and consoles that wait, so that a stop need not wait for them."""
    app[PARTS].boards.let_go()
    app[FEED].close()


async def _end(app: web.Application) -> None:
    await app[FEED].aclose()
    if PROVIDER in app:
        await app[PROVIDER].aclose()


def make_runner(app: web.Application, places: int | None = None) -> Runner:
    """What serves the application, with bounds on what a client may make it hold.

    places: connections at once; as many as this process may have, unless given. A client that goes away does not
    stop what it asked for: a write ends as one (`handler_cancellation`).
    """
    # What is no HTTP never reaches the application: aiohttp answers it, with this name in the header.
    aiohttp.web_response.SERVER_SOFTWARE = SOFTWARE  # type: ignore[attr-defined]
    return Runner(
        app,
        places=most() if places is None else places,
        before=partial(Quick, app),
        access_log=None,
        handler_cancellation=False,
        keepalive_timeout=_IDLE_IN,
        shutdown_timeout=_STOP_IN,
        auto_decompress=False,
    )
