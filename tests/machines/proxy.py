"""A line that misbehaves: a TCP proxy on loopback before a socket in a folder."""

import asyncio
import socket
import struct
from contextlib import suppress
from types import TracebackType
from typing import Self

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Passes bytes on, late (`latency_in`), up to so many (`reset_after`), or not at all (`is_hole`: it still takes
    them, as a broken middle box does)."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.latency_in = 0.0
        self.reset_after: int | None = None
        self.is_hole = False
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await asyncio.sleep(0)  # what was aborted closes in the next turn of the loop

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def heal(self) -> None:
        """Pass everything on again; lines that swallowed something stay dead."""
        self.latency_in, self.reset_after, self.is_hole = 0.0, None, False

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)
        with suppress(asyncio.CancelledError):  # the end of the test; asyncio.streams would complain of it
            await self._connect(reader, writer)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_unix_connection(self._path)
        except OSError:
            _reset(writer)
            return
        ways = [asyncio.create_task(self._pass(*way)) for way in ((reader, there_writer), (there_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, there_writer):
                _reset(end)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction; once it has swallowed a byte it swallows all, for what comes after makes no sense."""
        swallows = False
        with suppress(OSError):
            while data := await reader.read(65536):
                swallows = swallows or self.is_hole
                if swallows:
                    continue
                await asyncio.sleep(self.latency_in)
                if self.reset_after is not None and (left := self.reset_after) < len(data):
                    writer.write(data[:left])
                    await writer.drain()
                    return
                if self.reset_after is not None:
                    self.reset_after -= len(data)
                writer.write(data)
                await writer.drain()
            if swallows:
                await asyncio.Event().wait()


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    with suppress(OSError):
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
