"""One live HTTP account, and the one place that says what a lost connection or a status code means.

The line that matters is whether the request was written. Before that the message is certainly not sent;
after it only a documented answer tells. aiohttp repeats a request by itself only when its method is
idempotent (`aiohttp.client.IDEMPOTENT_METHODS`, RFC 9110, section 9.2.2), so a POST goes out once. A GET may
go twice, and sends nobody anything.
"""

import email.utils
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import aiohttp
from pydantic import AfterValidator

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


class HttpAccount:
    """A connection pool to one origin. Follows no redirect.

    concurrency: the most connections. timeout_in: seconds for a request and its whole answer.
    """

    def __init__(
        self, base_url: str, headers: Mapping[str, str], *, concurrency: int, timeout_in: float, clock: Clock
    ) -> None:
        self._base_url = base_url
        self._headers = dict(headers)
        self._concurrency = concurrency
        connect_in = min(CONNECT_IN, timeout_in / 2)
        # `connect` is shorter than `total`, so a bare TimeoutError can only come after connecting.
        self._timeout = aiohttp.ClientTimeout(total=timeout_in, connect=connect_in, sock_connect=connect_in)
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def post(self, path: str, body: bytes) -> Answer | Failed:
        """The answer to one POST, or why there is none."""
        return await self._ask("POST", path, body)

    async def get(self, path: str) -> Answer | Failed:
        """The answer to a GET, or why there is none."""
        return await self._ask("GET", path, None)

    async def _ask(self, method: str, path: str, body: bytes | None) -> Answer | Failed:
        if self._closed:
            return Failed(FailureKind.UNREACHABLE, "the account is closed")
        try:
            asked = self._open().request(method, self._base_url + path, data=body, allow_redirects=False)
            async with asked as response:
                read = await _read(response)
                # Looking for the header in the odd case only: it costs as much as reading a small answer.
                wait = retry_after(response.headers, self._clock.now()) if response.status >= 300 else None
                return Answer(response.status, read, wait)
        except (aiohttp.ClientError, OSError) as error:
            return lost(error)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._concurrency),
                headers={"User-Agent": "omroeper", "Accept-Encoding": "identity", **self._headers},
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    async def aclose(self) -> None:
        """Let go of the connections."""
        self._closed = True
        if self._session is not None:
            await self._session.close()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body, or nothing when it is larger than any true answer."""
    if response.content_length is not None and response.content_length <= _LARGEST:
        return await response.read()
    read = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        read += chunk
        if len(read) > _LARGEST:
            response.close()
            return b""
    return bytes(read)


def lost(error: Exception) -> Failed:
    """What a transport error means: unreachable while connecting, uncertain from the first byte on.

    The error's own words are left out: they may hold the URL.
    """
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)):
        return Failed(FailureKind.UNREACHABLE, f"no connection: {type(error).__name__}")
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
