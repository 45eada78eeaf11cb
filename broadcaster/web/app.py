"""The web application: from the table of routes to something that listens."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial

from aiohttp import web, web_response
from sqlalchemy.exc import DBAPIError

from broadcaster import observe
from broadcaster.store import answers
from broadcaster.web import bodies
from broadcaster.web.alerts import FROZEN, FrozenAlerts
from broadcaster.web.answering import CALLERS, LOG, answering, serve
from broadcaster.web.callers import Callers
from broadcaster.web.headers import SOFTWARE, add_headers
from broadcaster.web.parts import PARTS, Parts
from broadcaster.web.routes import ROUTES

__all__ = ["Parts", "make_app", "make_runner"]

_FORGET_EVERY = 3600.0
_IDLE_IN = 75.0
_STOP_IN = 5.0


def make_app(parts: Parts) -> web.Application:
    """The application over `parts`. It belongs to one event loop."""
    app = web.Application(middlewares=[answering], client_max_size=bodies.MAX_BYTES)
    app[PARTS] = parts
    app[LOG] = observe.logger("web")
    app[CALLERS] = Callers(parts.store, parts.clock)
    app[FROZEN] = FrozenAlerts()
    app.on_response_prepare.append(add_headers)
    app.cleanup_ctx.append(_forgetting)
    app.on_shutdown.append(_let_go)
    for route in ROUTES:
        resource = app.router.add_route(route.method, route.path, partial(serve, route))
        del resource
    return app
