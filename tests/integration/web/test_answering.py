"""What every answer carries, what no answer and no log may hold, and what happens when the house fails."""

import asyncio
import io
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from broadcaster import observe
from broadcaster.store.database import Database, StoreError
from tests.houses import HIDDEN, TestHouse
from tests.integration.web.site import Site, serving


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the house logs, as it would go to standard error."""
    stream, handlers = io.StringIO(), logging.root.handlers[:]
    observe.set_up(as_json=True, stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines() if line.startswith("{")]
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    assert not [hidden for hidden in HIDDEN if hidden in stream.getvalue()]


class Broken:
    """A database that fails as it is told."""

    def __init__(self, store: Database, error: Exception) -> None:
        self.engine, self._store, self._error = store.engine, store, error

    async def run(self, f: Callable[..., Any], *args: Any) -> Any:
        raise self._error

    async def read(self, f: Callable[..., Any], *args: Any) -> Any:
        return await self._store.read(f, *args)

    def close(self) -> None:
        return


def _full_disk() -> sqlite3.Error:
    """What SQLite really says when there is no room."""
    with sqlite3.connect(":memory:") as conn:
        conn.execute("CREATE TABLE t (x)")
        conn.execute("PRAGMA max_page_count = 3")
        try:
            conn.execute("INSERT INTO t VALUES (zeroblob(100000))")
        except sqlite3.Error as error:
            return error
    raise AssertionError("there was room")


def _from_database(error: Exception) -> OperationalError:
    return OperationalError("INSERT INTO secret_table VALUES ('0612345001')", {}, error)


FAILURES = [
    (_from_database(_full_disk()), 507, "full"),
    (_from_database(psycopg.errors.DiskFull("no space left on device")), 507, "full"),
    (_from_database(sqlite3.OperationalError("database is locked")), 503, "unavailable"),
    (_from_database(psycopg.errors.AdminShutdown("terminating connection")), 503, "unavailable"),
    (PoolTimeoutError("QueuePool limit reached"), 503, "unavailable"),
    (StoreError("The server rolled back."), 503, "unavailable"),
    (TimeoutError(), 503, "unavailable"),
    (ValueError("a secret: 0612345001"), 500, "unexpected"),
    (RecursionError(), 500, "unexpected"),
]


async def test_a_failure_says_nothing_from_inside(h: TestHouse, lines: Callable[[], list[dict[str, Any]]]) -> None:
    for error, status_code, problem in FAILURES:
        async with serving(h, store=Broken(h.store, error)) as site:
            reply = await site.post("anna", "/v1/drafts", h.content())
        assert (reply.status_code, reply.problem) == (status_code, problem), error
        assert reply.json["detail"] == reply.json["title"]
        assert not [word for word in ("secret", "0612345001", "sqlite", "Error") if word in reply.text]
        assert ("Retry-After" in reply.headers) == (status_code == 503)
        failed = [line for line in lines() if line["event"] == "request failed"][-1]
        assert (failed["kind"], failed["error"]) == (problem, type(error).__name__)
        assert reply.json["instance"] == f"urn:omroeper:request:{failed['request']}"
    assert "0612345001" not in json.dumps(lines())


async def test_every_answer_carries_the_headers(site: Site) -> None:
    draft = await site.draft()
    for method, path, status_code in (
        ("GET", "/v1/drafts", 200),
        ("GET", f"/v1/drafts/{draft['id']}", 200),
        ("GET", "/v1/nergens", 404),
        ("GET", "/v1/drafts/", 404),
        ("DELETE", "/v1/drafts", 405),
        ("POST", "/v1/drafts", 400),
        ("GET", "/health/live", 200),
        ("GET", "/nergens", 404),
    ):
        reply = await site.call("anna", method, path)
        assert reply.status_code == status_code, path
        assert reply.headers["Server"] == "omroeper"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers.get("API-Version") == ("1.0.0" if path.startswith("/v1") else None)
        if status_code >= 400:
            assert reply.problem in ("not-found", "method-not-allowed", "malformed")
        if status_code == 405:
            assert set(reply.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}


async def test_head_is_get_without_its_content(site: Site) -> None:
    reply = await site.call("vera", "HEAD", "/v1/drafts")
    assert (reply.status_code, reply.text, reply.headers["Content-Type"]) == (200, "", "application/json")


async def test_a_line_of_the_log_has_ids_and_no_words(h: TestHouse, lines: Callable[[], list[dict[str, Any]]]) -> None:
    async with serving(h) as site:
        draft = await site.draft("anna")
        await site.get("anna", f"/v1/drafts/{draft['id']}?zoek=0612345001")
        await site.get(None, "/v1/0612345001")
        await site.get("scherm-noord", "/v1/boards/wijkhuis-noord")
        await site.get(None, "/health/live")  # too often to be worth a line
    found = [(line["method"], line["route"], line["status_code"], line["level"]) for line in lines()]
    assert found == [
        ("POST", "/v1/drafts", 201, "info"),
        ("GET", "/v1/drafts/{id}", 400, "info"),
        ("GET", "-", 404, "info"),
        ("GET", "/v1/boards/{point}", 404, "info"),
    ]
    assert [line["caller"] for line in lines()] == [
        h.callers["anna"].actor,
        h.callers["anna"].actor,
        None,
        h.callers["scherm-noord"].actor,
    ]
    whole = json.dumps(lines())
    assert not [word for word in ("0612345001", "anna", "Stroomuitval", *h.tokens.values()) if word in whole]


async def test_what_is_no_http_gets_no_version_and_leaves_no_trace(
    h: TestHouse, lines: Callable[[], list[dict[str, Any]]], capfd: pytest.CaptureFixture[str]
) -> None:
    async with serving(h) as site:
        for raw in (b"\x16\x03\x01 TLS?\r\n\r\n", b"GET / HTTP/1.1\r\nAuthorization: Bearer \x00geheim\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
            writer.write(raw)
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            assert answer.startswith(b"HTTP/1.")
            assert b" 400 " in answer
            assert b"Server: omroeper\r\n" in answer
    assert "geheim" not in "".join(capfd.readouterr())


async def test_ready_says_what_is_missing(h: TestHouse) -> None:
    async def not_ready() -> list[str]:
        return ["the delivery engine stands still"]

    async with serving(h, ready=not_ready) as site:
        reply = await site.get(None, "/health/ready")
        assert (reply.status_code, reply.json) == (
            503,
            {"ready": False, "reasons": ["the delivery engine stands still"]},
        )
        assert (await site.get(None, "/health/live")).json == {"live": True}


class Slow(Broken):
    """A database whose writes begin when they are told to."""

    def __init__(self, store: Database) -> None:
        super().__init__(store, AssertionError())
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def run(self, f: Callable[..., Any], *args: Any) -> Any:
        self.asked.set()
        await self.go.wait()
        return await self._store.run(f, *args)


async def test_who_goes_away_halfway_stops_nothing(h: TestHouse) -> None:
    slow, body = Slow(h.store), json.dumps(h.content()).encode()
    async with serving(h, store=slow) as site:
        _, writer = await asyncio.open_connection("127.0.0.1", site.port)
        head = f"POST /v1/drafts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {h.tokens['anna']}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await slow.asked.wait()
        writer.transport.abort()
        await asyncio.sleep(0)
        slow.go.set()
        while not (await site.get("anna", "/v1/drafts")).json["items"]:  # noqa: ASYNC110 - whoever asked is gone
            await asyncio.sleep(0.01)
