"""A house with its doors open: the web application on a port of loopback, and somebody to call it."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
from multidict import CIMultiDictProxy

from broadcaster.clock import SystemClock
from broadcaster.store import people
from broadcaster.web.app import make_app, make_runner
from broadcaster.web.feed import Pace
from tests.houses import CHEAP, TestHouse

PASSWORD = "een lang wachtwoord van Anna"

USUAL = Pace()


class MovableClock(SystemClock):
    """The system's clock, which a test puts forward."""

    def __init__(self) -> None:
        super().__init__()
        self._moved = 0.0

    def move(self, seconds: float) -> None:
        self._moved += seconds

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._moved)

    def monotonic(self) -> float:
        return super().monotonic() + self._moved


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status_code: int
    headers: CIMultiDictProxy[str]
    text: str
    method: str = "GET"
    path: str = "/"

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def rules(self) -> list[tuple[str, str]]:
        """The faults of a problem, as (field, rule)."""
        return [(fault["field"], fault["rule"]) for fault in self.json["errors"]]

    @property
    def problem(self) -> str:
        """Which problem it is."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.json["status"] == self.status_code
        return str(self.json["type"].removeprefix("urn:omroeper:problem:"))


@dataclass(frozen=True, slots=True)
class Site:
    """The application on a port. stop: ends it, as a hub does. `seen` holds every reply there was."""

    house: TestHouse
    url: str
    port: int
    session: aiohttp.ClientSession
    stop: Callable[[], Awaitable[None]]
    seen: list[Reply] = field(default_factory=list)

    async def call(self, who: str | None, method: str, path: str, content: Any = None, /, **headers: str) -> Reply:
        """Make a call as somebody (None: without a token), with JSON or with raw bytes. Headers are named
        with underscores; `Cookie` by `signed_in` stands for a token."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            named["Authorization"] = f"Bearer {self.house.tokens[who]}"
        raw = content if isinstance(content, bytes | io.BytesIO | None) else json.dumps(content).encode()
        if raw is not None:
            named.setdefault("Content-Type", "application/json")
        async with self.session.request(
            method, self.url + path, data=raw, headers=named, allow_redirects=False
        ) as response:
            reply = Reply(response.status, response.headers, await response.text(errors="replace"), method, path)
        self.seen.append(reply)
        return reply

    async def get(self, who: str | None, path: str, /, **headers: str) -> Reply:
        return await self.call(who, "GET", path, **headers)

    async def post(self, who: str | None, path: str, content: Any = None, /, **headers: str) -> Reply:
        return await self.call(who, "POST", path, content, **headers)

    async def form(self, path: str, /, fields: Mapping[str, str] | None = None, **headers: str) -> Reply:
        """Send a form as a browser on a page of ours does."""
        raw = urlencode(fields or {}).encode()
        whole = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin"} | headers
        return await self.call(None, "POST", path, raw, **whole)

    async def sign_in(self, name: str, password: str, /, wanted: str = "/console", **headers: str) -> Reply:
        """Send the form of signing in."""
        return await self.form("/console/sign-in", {"name": name, "password": password, "next": wanted}, **headers)

    async def signed_in(self, name: str) -> str:
        """A person who signed in with a password: what their browser sends as Cookie."""
        await self.give_password(name)
        reply = await self.sign_in(name, PASSWORD)
        assert reply.status_code == 303, reply.text
        return cookie_of(reply)

    async def give_password(self, name: str, password: str = PASSWORD) -> None:
        """Store a person's password."""
        store = self.house.store
        await store.run(people.set_password, self.house.callers[name].person_id, CHEAP.hashed(password))

    async def draft(self, who: str = "anna", **changed: Any) -> Mapping[str, Any]:
        """A complete draft, stored."""
        reply = await self.post(who, "/v1/drafts", self.house.content(**changed))
        assert reply.status_code == 201, reply.text
        return reply.json

    async def submitted(self, who: str = "anna", **changed: Any) -> Mapping[str, Any]:
        """A complete draft, submitted."""
        draft = await self.draft(who, **changed)
        reply = await self.post(who, f"/v1/drafts/{draft['id']}/submit")
        assert reply.status_code == 201, reply.text
        return reply.json

    async def approve(self, who: str, alert: Mapping[str, Any], **changed: Any) -> Reply:
        """Approve what was submitted, accepting all that is to be accepted."""
        accepts = [item["code"] for item in alert["findings"] if item["kind"] == "to-accept"]
        body = {"digest": alert["digest"], "accepts": accepts, "expected": alert["audience"]["count"]} | changed
        return await self.post(who, f"/v1/alerts/{alert['alert']}/approve", body)


def cookie_of(reply: Reply) -> str:
    """The cookie that a reply sets, as a browser sends it back."""
    return reply.headers["Set-Cookie"].partition(";")[0]


@asynccontextmanager
async def serving(
    house: TestHouse, *, pace: Pace = USUAL, places: int | None = None, port: int = 0, **parts: Any
) -> AsyncIterator[Site]:
    """The application of a house; its `parts` changed where a test wants to, and its events at another `pace`.
    places: connections at once. port: any, unless given."""
    runner = make_runner(make_app(house.parts(**parts), pace), places)
    await runner.setup()
    try:
        await runner.listen("127.0.0.1", port)
        port = runner.addresses[0][1]
        async with aiohttp.ClientSession(auto_decompress=False, headers={"Accept-Encoding": "identity"}) as session:
            yield Site(house, f"http://127.0.0.1:{port}", port, session, runner.cleanup)
    finally:
        await runner.cleanup()
