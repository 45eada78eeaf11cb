"""An HTTP/1.1 server that can also misbehave: it holds, truncates and resets, which a good library refuses."""

import asyncio
import socket
import struct
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from broadcaster.demo.simulators.counts import Counts
from broadcaster.demo.simulators.faults import Fault, Faults
from broadcaster.demo.simulators.reports import Report, Reporter, Spelt

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER without lingering: close sends RST (socket(7))


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked. Names of headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What it gets. `fault`: HOLD sends nothing; TRUNCATE and RESET break off after half of it."""

    status_code: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None

    def as_bytes(self) -> bytes:
        """The response as it goes over the line."""
        bare = self.status_code < 200 or self.status_code in (
            204,
            304,
        )  # RFC 9110, section 6.4.1: these have no content
        content = {} if bare else {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"{name}: {value}" for name, value in {**content, **self.headers}.items()]
        head = "\r\n".join([f"HTTP/1.1 {self.status_code} Simulated", *lines, "", ""]).encode()
        return head if bare else head + self.body


Scripted = Fault | Reply | Callable[[Request], Reply]


class HttpSimulator:
    """Listens on loopback. Subclasses say in `answer` what a request gets.

    faults: drawn from a seed. script: what the first sending requests get, in order, whatever is drawn.
    letters: where to keep the bodies of those. token: the only one it knows; None takes any. down: out of service
    from a number of messages on, for so many seconds, as (messages, seconds).
    """

    def __init__(
        self,
        *,
        port: int = 0,
        faults: Faults | None = None,
        script: Iterable[Scripted] = (),
        letters: list[bytes] | None = None,
        token: str | None = None,
        down: tuple[int, float] | None = None,
    ) -> None:
        self.port = port
        self.counts = Counts()
        self.script = deque(script)
        self._letters = letters
        self._token = token
        self._faults = faults or Faults()
        self.reporter = Reporter(self._faults, self.spell)
        self._down = down
        self._repair: asyncio.Task[None] | None = None
        self._calls: Counter[str] = Counter()
        self._talks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def reply(self, request: Request, fault: Fault | None) -> Reply:
        """The answer to a request, under a fault if there is one."""
        if fault is Fault.THROTTLE:
            return Reply(429, headers={"Retry-After": "1"})
        if fault is Fault.ERROR_LOST:
            return Reply(500, b"Internal Server Error")
        answer = self.answer(request)
        if fault is Fault.ERROR_TAKEN:
            return Reply(500, b"Internal Server Error")
        if fault is Fault.GARBAGE:
            return Reply(200, b"<html><body>Welcome</body></html>", {"Content-Type": "text/html"})
        return Reply(answer.status_code, answer.body, fault=fault)

    def answer(self, request: Request) -> Reply:
        """What the provider would answer."""
        raise NotImplementedError

    def spell(self, report: Report) -> Spelt:
        """How this provider reports what became of a message."""
        raise NotImplementedError

    def took(self, reference: str, recipient: str) -> None:
        """A message was taken: it would reach somebody."""
        self.counts.took(reference, recipient)
        self.reporter.took(reference, recipient)
        if self._down is not None and self._repair is None and self.counts.copies.total() >= self._down[0]:
            self._repair = asyncio.create_task(self._out_of_service(self._down[1]))

    async def _out_of_service(self, seconds: float) -> None:
        """Nobody listens for a while; what is being answered is answered first."""
        await self._close()
        await asyncio.sleep(seconds)
        await self._open()

    def knows(self, token: str | None) -> bool:
        """Whether this is a token of a customer."""
        return bool(token) and self._token in (None, token)

    def call(self, request: Request) -> str | None:
        """What names this request in the draw of faults; None when it is not one that sends."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._repair is not None:
            self._repair.cancel()
        await self.reporter.aclose()
        await self._close()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counts.connections += 1
        talk = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while await self._exchange(await _read(reader), reader, writer):
                    pass
        finally:
            writer.close()

    async def _exchange(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        reply = self._reply(request)
        if reply.fault is Fault.HOLD:
            await reader.read()  # until the client has had enough
            return False
        whole = reply.as_bytes()
        if reply.fault in (Fault.TRUNCATE, Fault.RESET):
            writer.write(whole[: len(whole) - max(1, len(reply.body) // 2)])
            await writer.drain()
            if reply.fault is Fault.RESET:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            return False
        writer.write(whole)
        await writer.drain()
        return reply.status_code >= 200  # after an interim answer alone there is nothing to wait for

    def _reply(self, request: Request) -> Reply:
        call = self.call(request)
        if call is not None and self._letters is not None:
            self._letters.append(request.body)
        if call is not None and self.script:
            scripted = self.script.popleft()
            if isinstance(scripted, Reply):
                return scripted
            return self.reply(request, scripted) if isinstance(scripted, Fault) else scripted(request)
        return self.reply(request, None if call is None else self._draw(call))

    def _draw(self, call: str) -> Fault | None:
        self._calls[call] += 1
        return self._faults.draw(call, self._calls[call])


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head[:-4].split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Request(method, path, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
