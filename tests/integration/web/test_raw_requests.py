"""Requests as an attacker writes them, byte by byte: no server error, nothing of theirs in an answer, and we go on."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from broadcaster.web.door import Runner, Stall, stalls
from tests.databases import Databases
from tests.houses import TestHouse
from tests.integration.web.site import Site, serving

MARK = "q7reflected7q"
LONG = "a" * 9000


def _get(*lines: str, target: str = "/health/live", version: str = "HTTP/1.1", host: str = "Host: hub") -> bytes:
    head = [f"GET {target} {version}", *([host] if host else []), *lines]
    return ("\r\n".join(head) + "\r\n\r\n").encode("utf-8", "surrogateescape")


def _post(*lines: str, body: bytes = b"", target: str = "/console/sign-in") -> bytes:
    head = "\r\n".join([f"POST {target} HTTP/1.1", "Host: hub", *lines])
    return head.encode() + b"\r\n\r\n" + body


FORM = "Content-Type: application/x-www-form-urlencoded"
CORPUS = [
    # Host: missing, twice, foreign, and written to be believed
    _get(host=""),
    _get("Host: hub"),
    _get(host=f"Host: {MARK}"),
    _get(host=f"Host: {MARK}", target="/console/sign-in"),
    _get(host=f"Host: hub/{MARK}"),
    _get(host=f"Host: hub@{MARK}:99999"),
    _get(host="Host: "),
    _get(host="Host: [::1"),
    _get(host="Host: hub:port"),
    _get(host="Host: é"),
    _get(f"X-Forwarded-Host: {MARK}", f"X-Forwarded-Proto: {MARK}", f"Forwarded: host={MARK}"),
    _get(f"X-Forwarded-Host: {MARK}", target="/console/sign-in"),
    _get(f"X-Original-URL: /{MARK}", f"X-Rewrite-URL: /{MARK}"),
    _get(f"X-HTTP-Method-Override: DELETE{MARK}"),
    # the target: absolute, an authority, none, doubled slashes, dots, escapes
    _get(target=f"http://{MARK}/health/live"),
    _get(target=f"http://{MARK}/console/sign-in"),
    _get(target=f"//{MARK}/"),
    _get(target=f"//{MARK}/console/../console/sign-in"),
    _get(target=f"/{MARK}"),
    _get("Accept: text/html", target=f"/{MARK}"),
    _get("Accept: text/html", target=f"/<script>{MARK}</script>"),
    _get("Accept: text/html", target=f"/%3Cscript%3E{MARK}%3C/script%3E"),
    _get(target="/console/sign-in?next=%0d%0aSet-Cookie:%20a=b"),
    _get(target="/console/sign-in?" + "a=1&" * 1000),
    _get(target="/console/sign-in?next=" + "%" * 10),
    _get(target="/console/sign-in?%ff=%ff"),
    _get(target="/health/live?" + LONG),
    _get(target="/" + "../" * 200 + "etc/passwd"),
    _get(target="/assets/..%2f..%2fomroeper.toml"),
    _get(target="/assets/%2e%2e/%2e%2e/omroeper.toml"),
    _get(target="/assets//etc/passwd"),
    _get(target="/assets/theme.css%00.png"),
    _get(target="/v1/drafts/%00"),
    _get(target="/v1/boards/%ED%A0%80"),
    _get(target="*"),
    _get(target="hub:443"),
    _get(target=""),
    _get(target="/\x00"),
    _get(target="/ /"),
    # versions and methods
    _get(version="HTTP/1.0"),
    _get(version="HTTP/0.9"),
    _get(version="HTTP/2.0"),
    _get(version="HTTP/9.9"),
    _get(version="HTTQ/1.1"),
    b"GET /health/live\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    f"{MARK} /health/live HTTP/1.1\r\nHost: hub\r\n\r\n".encode(),
    b"TRACE / HTTP/1.1\r\nHost: hub\r\nX-Secret: " + MARK.encode() + b"\r\n\r\n",
    b"CONNECT hub:443 HTTP/1.1\r\nHost: hub:443\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: hub\r\n\r\n",
    b"get /health/live HTTP/1.1\r\nHost: hub\r\n\r\n",
    b"\r\n\r\n" + _get(),
    b"\x00" * 100,
    b"GET /health/live HTTP/1.1\nHost: hub\n\n",
    b"GET\t/health/live\tHTTP/1.1\r\nHost: hub\r\n\r\n",
    # headers: duplicates, no name, folded, bare line feeds, control characters, sizes, numbers
    _get("Authorization: Bearer a", "Authorization: Bearer b", target="/v1/drafts"),
    _get("Cookie: __Host-omroeper=a", "Cookie: __Host-omroeper=b", target="/v1/drafts"),
    _get("Cookie: " + "a=b; " * 1000, target="/v1/drafts"),
    _get('Cookie: __Host-omroeper="\\"; $Path=x; =; ;;=', target="/v1/drafts"),
    _get("Cookie: \udcff\udcfe=\udc80", target="/v1/drafts"),
    _get(f"Cookie: __Host-omroeper={MARK}\x01", target="/v1/drafts"),
    _get(f"X-A: b\nSet-Cookie: {MARK}"),
    _get(f"X-A: b\rSet-Cookie: {MARK}"),
    _get(f"X-A: b\r\n folded {MARK}"),
    _get(f"X-A : {MARK}"),
    _get(f": {MARK}"),
    _get(MARK),
    _get("X-A: \x00"),
    _get("X-\u00e9: a"),
    _get(f"X-Long: {LONG}"),
    _get(f"{LONG}: a"),
    _get(*(f"X-{n}: a" for n in range(200))),
    _get(*(f"X-{n}: {'a' * 4000}" for n in range(100))),
    _get("If-None-Match: " + '"a",' * 1500, target="/assets/theme.css"),
    _get("Range: bytes=" + "0-1," * 1000, target="/assets/theme.css"),
    _get("Accept: " + "text/html," * 800, target="/nergens"),
    _get("Accept-Encoding: " + "gzip;q=0.1," * 700),
    _get("Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
    _get("Connection: upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
    _get("Expect: 100-continue"),
    _get(f"Expect: {MARK}"),
    _get(f"Expect: {MARK}", target="/nergens"),
    _get("X-Forwarded-For: " + "1.1.1.1," * 900, target="/console/sign-in"),
    # smuggling: two lengths, two kinds of length, lengths that are none, chunks that lie
    _post("Content-Length: 5", "Content-Length: 6", body=b"a=b&c="),
    _post("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\nGET /x HTTP/1.1\r\nHost: hub\r\n\r\n"),
    _post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=b"0\r\n\r\n"),
    _post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    _post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    _post("Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
    _post("Transfer-Encoding:\x0bchunked", body=b"0\r\n\r\n"),
    _post("Content-Length: -1"),
    _post("Content-Length: +5", body=b"a=b&c"),
    _post("Content-Length: 0x5", body=b"a=b&c"),
    _post("Content-Length: 5, 5", body=b"a=b&c"),
    _post("Content-Length: 99999999999999999999"),
    _post("Content-Length: 1_0", body=b"a" * 10),
    _post("Transfer-Encoding: chunked", FORM, body=b"zz\r\na\r\n0\r\n\r\n"),
    _post("Transfer-Encoding: chunked", FORM, body=b"5;" + b"a" * 9000 + b"\r\na=b&c\r\n0\r\n\r\n"),
    _post("Transfer-Encoding: chunked", FORM, body=b"ffffffffffffffff\r\n"),
    _post("Transfer-Encoding: chunked", FORM, body=b"-1\r\n\r\n"),
    _post("Transfer-Encoding: chunked", FORM, body=b"0\r\nX-Trailer: " + MARK.encode() + b"\r\n\r\n"),
    _post("Content-Encoding: gzip", "Content-Length: 3", FORM, body=b"a=b"),
    _post("Content-Encoding: identity, gzip", "Content-Length: 3", FORM, body=b"a=b"),
    # forms: types, charsets and names that are none
    _post(f"Content-Type: {MARK}", "Content-Length: 3", body=b"a=b"),
    _post("Content-Type: application/x-www-form-urlencoded; charset=utf-7", "Content-Length: 3", body=b"a=b"),
    _post("Content-Type: application/x-www-form-urlencoded; charset=", "Content-Length: 3", body=b"a=b"),
    _post("Content-Type: ;;;", "Content-Length: 3", body=b"a=b"),
    _post("Content-Type: multipart/form-data; boundary=" + "a" * 300, "Content-Length: 3", body=b"a=b"),
    _post(FORM, FORM, "Content-Length: 3", body=b"a=b"),
    _post(FORM, "Content-Length: 21", body=b"name=a%00&password=bc"),
    _post(FORM, "Sec-Fetch-Site: \x7f", "Content-Length: 3", body=b"a=b"),
    _post(FORM, "Origin: http://[", "Content-Length: 3", body=b"a=b"),
    _post(FORM, f"Referer: http://{MARK}/", "Content-Length: 0", target="/console/sign-out"),
    _post(FORM, "Referer: http://[", "Content-Length: 0", target="/console/sign-out"),
    _post(FORM, f"HX-Request: true\r\nHX-Current-URL: //{MARK}", "Content-Length: 0", target="/console/sign-out"),
    _post("Idempotency-Key: " + "a" * 8000, "Content-Length: 2", body=b"{}", target="/v1/drafts"),
]


LAST = _get("Connection: close")
"""Sent behind each, so that the hub closes the line once it has answered all there is to answer."""
_ESTABLISHED = 1  # of TCP_INFO's tcpi_state (tcp_states.h)
_WAITS_IN = 1.0  # what lies about its length waits for more, as it may


async def _ask(port: int, raw: bytes) -> bytes:
    """Everything that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw + LAST)
    answer = b""
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(_WAITS_IN):
            while piece := await reader.read(65536):
                answer += piece
    writer.close()
    return answer


@pytest.fixture
def store_url(databases: Databases, tmp_path: Path) -> str:
    return databases.create_sqlite(tmp_path).url  # what is asked here is not the database's business


async def test_no_request_breaks_the_hub_or_comes_back_in_its_answer(site: Site) -> None:
    statuses = []
    for raw, answer in zip(CORPUS, await asyncio.gather(*(_ask(site.port, raw) for raw in CORPUS)), strict=True):
        codes = [int(code) for code in re.findall(rb"^HTTP/1\.[01] (\d{3}) ", answer, re.MULTILINE)]
        assert all(code < 500 for code in codes), (raw[:200], answer[:300])
        assert MARK.encode() not in answer, raw[:200]
        assert b"Set-Cookie" not in answer
        assert b"Traceback" not in answer
        statuses += codes
    assert {200, 303, 400, 401, 403, 404, 415} <= set(statuses)
    assert (await site.get(None, "/health/live")).status_code == 200


async def test_a_form_that_was_smuggled_behind_another_is_not_answered(site: Site) -> None:
    inner = b"GET /console/sign-in HTTP/1.1\r\nHost: hub\r\n\r\n"
    for raw in (
        _post("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + inner),
        _post("Content-Length: 0", f"Content-Length: {len(inner)}", body=inner),
        _post("Transfer-Encoding: xchunked", body=inner),
    ):
        answer = await _ask(site.port, raw)
        assert b" 400 " in answer.splitlines()[0]
        assert answer.count(b"Server: omroeper") == 1, answer


async def test_who_is_one_too_many_does_not_keep_out_who_is_in(h: TestHouse) -> None:
    async with serving(h, places=3) as site:
        assert (await site.get(None, "/health/live")).status_code == 200  # holds one place, and keeps it
        held = [await asyncio.open_connection("127.0.0.1", site.port) for _ in range(2)]
        for _, writer in held:
            writer.write(_get())
        for reader, _ in held:
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert await _ask(site.port, _get()) == b""
        assert (await site.get(None, "/health/live")).status_code == 200
        for _, writer in held:
            writer.close()
            await writer.wait_closed()
        while not await _ask(site.port, _get()):  # noqa: ASYNC110 - the hub notices in its own time
            await asyncio.sleep(0)


@pytest.fixture
async def large() -> AsyncIterator[int]:
    """The port of something that answers with more than any buffer holds, and looks for stalled readers often."""

    async def show(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 40_000_000)

    app = web.Application()
    app.router.add_get("/", show)
    runner = Runner(app, places=10, look_in=0.05, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_a_reader_who_takes_nothing_is_let_go(large: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", large, limit=1)
    writer.write(_get(target="/"))
    line = writer.get_extra_info("socket")
    while line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    writer.transport.abort()


@dataclass(frozen=True, eq=False, slots=True)
class Line:
    """A connection as `stalls` sees it, with so many bytes that wait."""

    waiting: list[int]

    @property
    def transport(self) -> "Line":
        return self

    def get_write_buffer_size(self) -> int:
        return self.waiting.pop(0)


def test_a_slow_reader_begins_anew_with_each_byte_it_takes() -> None:
    slow, stalled, idle = Line([90, 80, 80, 70, 60]), Line([90, 90, 90, 90, 90]), Line([90, 0, 90, 90, 0])
    lines: list[Any] = [slow, stalled, idle]
    seen: dict[Any, Stall] = {}
    looks = []
    for _ in range(5):
        seen = stalls(lines, seen)
        looks.append([seen.get(line, Stall(0, 0)).looks for line in lines])
    assert looks == [[1, 1, 1], [1, 2, 0], [2, 3, 1], [1, 4, 2], [1, 5, 0]]
