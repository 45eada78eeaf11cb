"""A line that misbehaves: a TCP proxy on loopback before a socket in a folder."""

import asyncio
import socket
import struct
from collections.abc import Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Passes bytes on, late (`latency_in`), up to so many (`reset_after`), or not at all (`is_hole`: it still takes
    them, as a broken middle box does)."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.latency_in = 0.0
        self.reset_after: int | None = None
        self.is_hole = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._begin(self._accepting())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._listener.close()

    def heal(self) -> None:
        """Pass everything on again; lines that swallowed something stay dead."""
        self.latency_in, self.reset_after, self.is_hole = 0.0, None, False

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accepting(self) -> None:
        while True:
            client, _ = await asyncio.get_running_loop().sock_accept(self._listener)
            self._begin(self._talk(client))

    async def _talk(self, client: socket.socket) -> None:
        """One connection, until either end of it is gone."""
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        with client, socket.socket(socket.AF_UNIX) as server:
            server.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(server, self._path)
            except OSError:
                return
            ways = [asyncio.create_task(self._pass(*way)) for way in ((client, server), (server, client))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(self, source: socket.socket, target: socket.socket) -> None:
        """One direction; once it has swallowed a byte it swallows all, for what comes after makes no sense."""
        loop, swallows = asyncio.get_running_loop(), False
        with suppress(OSError):
            while data := await loop.sock_recv(source, 65536):
                swallows = swallows or self.is_hole
                if swallows:
                    continue
                await asyncio.sleep(self.latency_in)
                passed = len(data) if self.reset_after is None else min(self.reset_after, len(data))
                await loop.sock_sendall(target, data[:passed])
                if self.reset_after is not None:
                    self.reset_after -= passed
                if passed < len(data):
                    return
            if swallows:
                await asyncio.Event().wait()
