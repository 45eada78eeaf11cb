"""Lines between the places of the story, that can be cut."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self


class Line:
    """A line to whoever listens on a port of this machine: one end of it is `port`."""

    def __init__(self, to_port: int) -> None:
        self._to_port, self._is_whole = to_port, True
        self._ends: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """How the far end is reached over it."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Nothing passes any more, and what was passing breaks off."""
        self._is_whole = False
        for end in list(self._ends):
            end.transport.abort()

    def heal(self, to_port: int | None = None) -> None:
        """Pass everything on again; to another port when the far end was started anew."""
        self._to_port, self._is_whole = to_port or self._to_port, True

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            if not self._is_whole:
                return
            there, far = await asyncio.open_connection("127.0.0.1", self._to_port)
            ends.append(far)
            self._ends.update(ends)
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass(reader, far))
                group.create_task(_pass(there, writer))
        except OSError:
            pass  # nobody is there: whoever asks finds it closed
        finally:
            for end in ends:
                self._ends.discard(end)
                end.transport.abort()


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
        target.write_eof()
