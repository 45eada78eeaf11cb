"""How many may be connected at once, and who is let go: nobody outside may use up what sending needs.

A connection that makes no request is closed by aiohttp, after the time that an idle one may last.
"""

import asyncio
import resource
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple, cast

from aiohttp import web

MOST = 20_000
"""Connections: displays that wait for news hold one each."""
_OWN = 512
"""File descriptors that the database and the gateways need for themselves."""
_BACKLOG = 4096
"""Connections that the kernel holds until they are spoken to (at most its own somaxconn): after a restart every display
comes at once, and one that finds no place is only tried again after seconds (RFC 6298)."""
_LOOK_IN = 5.0
_NO_HTTP = "Dit is geen geldig verzoek.\n"
_STALLED = 4
"""Looks in a row at which a reader takes nothing, before it is let go: it holds an answer in memory."""


def most() -> int:
    """Connections that this process may hold, by its limit of open files; it takes as many of those as it may get."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + _OWN
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(soft - _OWN, soft // 2)


class _Shut(asyncio.Protocol):
    """There is no room."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).abort()


class _Terse(web.RequestHandler):
    """Answers what is no HTTP without repeating it: aiohttp's own words quote the line that it could not read."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Refuse in our own words."""
        return super().handle_error(request, status, exc, _NO_HTTP)


class Door:
    """Makes what speaks with a connection; with who is one too many it does not speak."""

    def __init__(self, server: web.Server, places: int) -> None:
        self._server, self._places = server, places

    def __call__(self) -> asyncio.Protocol:
        """What speaks with the next connection."""
        if len(self._server.connections) >= self._places:
            return _Shut()
        speaker = self._server()
        speaker.__class__ = _Terse  # aiohttp makes it, and lets nobody say of which class
        return speaker


Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Before = Callable[[Handler], Handler]
"""Gives what is asked before the application, which it may ask."""


def _unchanged(handler: Handler) -> Handler:
    return handler


class Runner(web.AppRunner):
    """Serves an application through a door. What a site asks of it is `server`, a factory of protocols."""

    def __init__(
        self,
        app: web.Application,
        *,
        places: int,
        before: Before = _unchanged,
        look_in: float = _LOOK_IN,
        **kwargs: object,
    ) -> None:
        super().__init__(app, **kwargs)  # type: ignore[arg-type]
        self._places, self._before, self._look_in = places, before, look_in
        self._watch: asyncio.Task[None] | None = None

    @property
    def server(self) -> web.Server | None:
        """The door, to those who open sites."""
        server = super().server
        return cast(web.Server, Door(server, self._places)) if server is not None else None

    async def setup(self) -> None:
        """Begin to watch as well."""
        await super().setup()
        if (server := super().server) is not None:
            server.request_handler = self._before(server.request_handler)
        self._watch = asyncio.create_task(self._let_go_of_the_stalled())

    async def listen(self, host: str, port: int) -> None:
        """Open the door. OSError when the port is taken."""
        await web.TCPSite(self, host, port, backlog=_BACKLOG).start()

    async def cleanup(self) -> None:
        """Stop watching as well."""
        if self._watch is not None:
            self._watch.cancel()
        await super().cleanup()

    async def _let_go_of_the_stalled(self) -> None:
        seen: dict[web.RequestHandler, Stall] = {}
        while (server := super().server) is not None:
            seen = stalls(server.connections, seen)
            for connection in [one for one, stall in seen.items() if stall.looks >= _STALLED]:
                _break_off(connection)
            await asyncio.sleep(self._look_in)


def _break_off(connection: web.RequestHandler) -> None:
    """End it with a reset: a plain end would wait in the kernel, with what was not taken, for the same reader."""
    if connection.transport is not None:
        line = connection.transport.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.transport.abort()


class Stall(NamedTuple):
    """A reader that takes nothing: at how many looks in a row, and how many bytes wait for it."""

    looks: int
    waiting: int


def stalls(
    connections: Iterable[web.RequestHandler], before: Mapping[web.RequestHandler, Stall]
) -> dict[web.RequestHandler, Stall]:
    """Connections with an answer that waits. A reader who is slow, and takes something, begins anew at each look."""
    found = {}
    for one in connections:
        waiting = one.transport.get_write_buffer_size() if one.transport is not None else 0
        if waiting:
            last = before.get(one, Stall(0, 0))
            found[one] = Stall(last.looks + 1 if waiting == last.waiting else 1, waiting)
    return found
