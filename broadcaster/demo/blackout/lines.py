"""Lines between the places of the story, that can be cut."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from types import TracebackType
from typing import Protocol, Self

INTERNET, RADIO = "internet", "radio"


class Passage:
    """A line to whoever listens on a port of this machine: its near end is `port`."""

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

    def heal(self) -> None:
        """Pass everything on again."""
        self._is_whole = True

    def lead_to(self, port: int) -> None:
        """To another port from now on."""
        self._to_port = port

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


class Network(Protocol):
    """Where the processes of the story stand, and the lines between them."""

    def at(self, place: str) -> Sequence[str]:
        """The command that starts another at a place."""

    def listen(self, place: str) -> str:
        """Where a process at a place is to listen."""

    def host(self, place: str) -> str:
        """By which address the story itself reaches a place, whatever is cut."""

    def line(self, way: str, place: str, to: str, port: int) -> AbstractAsyncContextManager["Line"]:
        """A line of a kind from a place to a port of another."""


class Line(Protocol):
    """A line to a server elsewhere."""

    @property
    def url(self) -> str:
        """How the server is reached over it."""

    def cut(self) -> None:
        """Nothing passes any more, and what was passing breaks off."""

    def heal(self) -> None:
        """Pass everything on again."""

    def lead_to(self, port: int) -> None:
        """The server was started anew, on another port."""


class Loopback:
    """Everything on this machine, side by side."""

    def at(self, place: str) -> Sequence[str]:
        """Nothing: it is here."""
        return ()

    def listen(self, place: str) -> str:
        """Any free port."""
        return "127.0.0.1:0"

    def host(self, place: str) -> str:
        """This machine."""
        return "127.0.0.1"

    def line(self, way: str, place: str, to: str, port: int) -> "Passage":
        """A passage to the port."""
        return Passage(port)
