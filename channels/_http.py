"""One live HTTP account, and the one place that says what a lost connection or a status code means.

The line that matters is whether the request was written. Before that the message is certainly not sent; after it only
a documented answer tells. Nothing is ever asked twice.

Connections (names, TLS, the pool) and the parser of answers are aiohttp's. Its sessions are left out: for each message
they make a request, a response, their headers and their timers, two thirds of what a message costs (measured: 60 µs
with a session, 19 without). All requests to one path differ in their body alone, so what comes before it is made once.
"""

import asyncio
import email.utils
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import AfterValidator
from yarl import URL

from broadcaster.channel import Failed, FailureKind
from broadcaster.clock import Clock

CONNECT_IN = 3.0
"""Seconds for a place in the pool, name, TCP and TLS together; never more than half the whole."""
_LARGEST = 1 << 20  # no answer we ask for is larger; whoever sends more is not the gateway

_OF_US = frozenset({301, 302, 307, 308, *range(400, 452)})
_PASSING = {
    408: FailureKind.UNCERTAIN,  # as often a proxy's own timeout as RFC 9110's "request was incomplete"
    409: FailureKind.UNCERTAIN,  # a conflict with what? Possibly with our earlier attempt
    425: FailureKind.UNREACHABLE,  # RFC 8470, section 5.2: not processed, send it again
    429: FailureKind.THROTTLED,  # RFC 6585, section 4
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP response. `retry_after` is in seconds."""

    status_code: int
    body: bytes
    retry_after: float | None = None

    def document(self) -> dict[str, Any] | None:
        """The JSON object in the body; None when it is anything else."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return document if isinstance(document, dict) else None


class _Head(NamedTuple):
    """All of a request before its body: what finds a connection, and the lines that are written."""

    request: aiohttp.ClientRequest
    lines: bytes


class HttpAccount:
    """A connection pool to one origin. Follows no redirect.

    concurrency: the most connections. timeout_in: seconds for a request and its whole answer.
    """

    def __init__(
        self, base_url: str, headers: Mapping[str, str], *, concurrency: int, timeout_in: float, clock: Clock
    ) -> None:
        self._base_url = base_url
        self._headers = {"User-Agent": "omroeper", "Accept-Encoding": "identity", **headers}
        self._concurrency = concurrency
        self._timeout_in = timeout_in
        connect_in = min(CONNECT_IN, timeout_in / 2)
        self._connecting = aiohttp.ClientTimeout(connect=connect_in, sock_connect=connect_in)
        self._clock = clock
        self._connector: aiohttp.TCPConnector | None = None
        self._heads: dict[tuple[str, str], _Head] = {}
        self._closed = False

    async def post(self, path: str, body: bytes) -> Answer | Failed:
        """The answer to one POST, or why there is none."""
        return await self._ask("POST", path, b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def get(self, path: str) -> Answer | Failed:
        """The answer to a GET, or why there is none."""
        return await self._ask("GET", path, b"\r\n")

    async def _ask(self, method: str, path: str, rest: bytes) -> Answer | Failed:
        if self._closed:
            return Failed(FailureKind.UNREACHABLE, "the account is closed")
        loop = asyncio.get_running_loop()
        until = loop.time() + self._timeout_in
        try:
            head = self._heads.get((method, path)) or self._head(method, path, loop)
            connection = await self._open().connect(head.request, [], self._connecting)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return unreached(error)
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None or protocol.should_close:
            connection.close()  # it ended meanwhile, or holds what nobody asked for, which would pass for our answer
            return unreached(aiohttp.ServerDisconnectedError())
        deadline = _Deadline(transport)
        timer = loop.call_at(until, deadline.pass_by)
        try:
            transport.write(head.lines + rest)
            answer = await self._answer(protocol)
            connection.release()  # into the pool, when all was read
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            return lost(TimeoutError() if deadline.passed else error)
        finally:
            timer.cancel()
            connection.close()  # else
        # What had come until the deadline may look like all there was.
        return lost(TimeoutError()) if deadline.passed else answer

    async def _answer(self, protocol: ResponseHandler) -> Answer:
        """The whole answer; without its body when that is larger than any true one."""
        protocol.set_response_params(read_until_eof=True, auto_decompress=False)
        message, content = await protocol.read()
        while 100 <= message.code < 200 and message.code != 101:  # RFC 9110, section 15.2: the answer comes after it
            message, content = await protocol.read()
        body = await _read(content)
        # Looking for the header in the odd case only: it costs as much as reading a small answer.
        wait = retry_after(message.headers, self._clock.now()) if message.code >= 300 else None
        return Answer(message.code, body, wait)

    def _open(self) -> aiohttp.TCPConnector:
        if self._connector is None:
            self._connector = aiohttp.TCPConnector(limit=self._concurrency)
        return self._connector

    def _head(self, method: str, path: str, loop: asyncio.AbstractEventLoop) -> _Head:
        request = aiohttp.ClientRequest(method, URL(self._base_url + path), headers=self._headers, loop=loop)
        fields = [(name, value) for name, value in request.headers.items() if name != "Content-Length"]
        lines = [f"{method} {request.url.raw_path_qs} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
        head = self._heads[method, path] = _Head(request, "".join(f"{line}\r\n" for line in lines).encode("ascii"))
        return head

    async def aclose(self) -> None:
        """Let go of the connections."""
        self._closed = True
        if self._connector is not None:
            await self._connector.close()


class _Deadline:
    """When it passes, nothing more is read. (A timer of asyncio's for each would cost 7 µs, this one 1.)"""

    __slots__ = ("_transport", "passed")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self.passed = transport, False

    def pass_by(self) -> None:
        self.passed = True
        self._transport.abort()


async def _read(content: aiohttp.StreamReader) -> bytes:
    read = await content.readany()
    while not content.at_eof():
        if len(read) > _LARGEST:
            return b""
        read += await content.readany()
    return read if len(read) <= _LARGEST else b""


def unreached(error: Exception) -> Failed:
    """What an error means before anything was written. Its own words are left out: they may hold the URL."""
    return Failed(FailureKind.UNREACHABLE, f"no connection: {type(error).__name__}")


def lost(error: Exception) -> Failed:
    """What an error means from the first byte on. Its own words are left out: they may hold the URL."""
    return Failed(FailureKind.UNCERTAIN, f"request written, no usable answer: {type(error).__name__}")


def refused(answer: Answer) -> Failed:
    """What an answer means when nothing documented is in it, by its status code alone (RFC 9110, section 15).

    A redirect or an error of the client's says that the request was not taken, so it is about us: address,
    key or contract. 303 says "done, look elsewhere", and all from 500 on may have been taken.
    """
    code = answer.status_code
    kind = _PASSING.get(code) or (FailureKind.BAD_CONFIG if code in _OF_US else FailureKind.UNCERTAIN)
    return Failed(kind, f"HTTP status {code}, and nothing documented in the answer", str(code), answer.retry_after)


def probed(failed: Failed) -> Failed:
    """A failure as a probe's: no message was in it, so what would be uncertain of one is out of reach."""
    return replace(failed, kind=FailureKind.UNREACHABLE) if failed.kind is FailureKind.UNCERTAIN else failed


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds of a Retry-After header, in either form (RFC 9110, section 10.2.3); None without a usable one."""
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value) if value[:1].isdigit() else _until(value, now)
    except ValueError:
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _until(date: str, now: datetime) -> float:
    at = email.utils.parsedate_to_datetime(date)
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()


def _is_base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("write scheme, host and port only, as in https://gateway.example:8443")
    if parts.path.strip("/"):
        raise ValueError("leave the path out: the module adds the documented one")
    return f"{parts.scheme}://{parts.netloc}"


BaseUrl = Annotated[str, AfterValidator(_is_base_url)]
"""Scheme, host and port of a provider, as the configuration gives it."""


def as_header(secret: str) -> str:
    """A secret that can stand in a header; ValueError, without the secret, when it cannot."""
    value = secret.strip()
    if not value.isascii() or not value.isprintable() or not value:
        raise ValueError("the secret is empty or holds characters that no HTTP header takes: write it again")
    return value
