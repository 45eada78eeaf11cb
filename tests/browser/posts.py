"""A relay in small, on a port of its own: what a page at a support point asks, answered as a test wants it.

async with posts.post(signer) as relay:
    relay.board = relay.signed(100)
    await page.goto(relay.address())
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from broadcaster.boards import screen
from broadcaster.boards.serving import etag_of
from broadcaster.boards.signing import key_set, sign
from broadcaster.boards.snapshot import payload_for
from broadcaster.clock import SystemClock
from broadcaster.model.board import Mode
from broadcaster.pages.assets import ASSETS, integrity
from broadcaster.seal import BoardSigner, sign_text
from tests.browser.walls import POINT
from tests.mint import make_notice, make_signer

_PATIENCE_IN = 20.0
_STALLS_IN = 120.0
HEARTBEAT_TYP = "omroeper-heartbeat+json"
_SCREEN = screen.Screen(POINT, "Wijkhuis Noord", ("nl", "en"), "Europe/Amsterdam", open=True, local=True, showing=True)


@dataclass(slots=True)
class Post:
    """The relay, and what a test does to it. line: of the host; clock_known: whether it says what time it is; stalls:
    boards begin and never end; told: what screens said that they show; changed: files that are others in the version
    that it serves."""

    signer: BoardSigner
    now: datetime
    board: str | None = None
    beat: str | None = None
    line: Mapping[str, str] | None = None
    clock_known: bool = True
    stalls: bool = False
    version: str | None = None
    changed: dict[str, bytes] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    _runner: web.AppRunner | None = None

    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/display/{POINT}"

    def signed(self, seq: int, *numbers: int, signer: BoardSigner | None = None) -> str:
        """A board of the hub's with these notices; one of the board's own number when none is given."""
        notices = [
            make_notice(
                number,
                alert=f"01j{number:023d}",
                as_of=self.now,
                expires=self.now + timedelta(hours=6),
                languages={"nl": {"number": f"Nr {number}", "headline": f"Bord {seq}", "instruction": "Blijf thuis."}},
            )
            for number in numbers or (seq,)
        ]
        signer = signer or self.signer
        return sign(payload_for(POINT, Mode.LIVE, seq, signer.epoch, self.now, notices), signer)

    def beaten(self, seq: int, at: datetime, **changed: Any) -> str:
        """The hub's word that this board was the newest. changed: `signer`, or what else is signed."""
        signer = changed.pop("signer", self.signer)
        said = {"mode": "live", "point": POINT, "epoch": signer.epoch, "seq": seq, "at": at.isoformat()} | changed
        return sign_text(json.dumps(said), HEARTBEAT_TYP, signer.key)

    async def begin(self) -> None:
        """Answer, on the port that it had before."""
        app = web.Application(middlewares=[self._timed])
        app.router.add_get(f"/display/{POINT}", self._page)
        app.router.add_get(f"/display/{POINT}/worker.js", self._worker)
        app.router.add_get(f"/display/{POINT}/papier", self._paper)
        app.router.add_get("/assets/{name:.+}", self._asset)
        app.router.add_get(f"/v1/boards/{POINT}", self._board)
        app.router.add_get("/v1/keys", self._keys)
        app.router.add_get(f"/v1/heartbeats/{POINT}", self._beat)
        app.router.add_get(f"/local/{POINT}.json", self._line)
        app.router.add_post(f"/v1/points/{POINT}/showing", self._showing)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]

    async def cut(self) -> None:
        """Answer nobody any more."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def next_asked(self) -> None:
        """Wait until the board is asked for once more."""
        path = f"/v1/boards/{POINT}"
        before = self.asked.count(path)
        async with asyncio.timeout(_PATIENCE_IN):
            while self.asked.count(path) == before:  # noqa: ASYNC110 - who asks tells nobody
                await asyncio.sleep(0.005)

    def update(self, version: str, **changed: str) -> None:
        """Serve another version of the page, with another `display_css` or `display_js`."""
        self.version = version
        self.changed = {name.replace("_", "."): text.encode() for name, text in changed.items()}

    @web.middleware
    async def _timed(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(request.path)
        response: web.StreamResponse = await handler(request)
        response.headers["Date"] = format_datetime(self.now, usegmt=True) if self.clock_known else "-"
        return response

    def _html(self, mode: Mode = Mode.LIVE) -> str:
        body = screen.page(_SCREEN, mode).body
        return body.replace(screen.version(_SCREEN), self.version) if self.version else body

    async def _page(self, request: web.Request) -> web.Response:
        headers = screen.page(_SCREEN).headers
        return web.Response(body=self._html(Mode(request.query.get("mode", "live"))).encode(), headers=headers)

    async def _worker(self, _request: web.Request) -> web.Response:
        given = screen.worker(_SCREEN)
        kept = re.search(r"const KEPT = (\{.*?\n\});", given.body, re.DOTALL)
        assert kept
        sums = json.loads(kept[1]) | {f"/assets/{name}": integrity(raw) for name, raw in self.changed.items()}
        for mode, query in ((Mode.LIVE, ""), (Mode.EXERCISE, "?mode=exercise")):
            sums[f"/display/{POINT}{query}"] = integrity(self._html(mode).encode())
        body = given.body.replace(kept[1], json.dumps(sums))
        if self.version:
            body = body.replace(screen.version(_SCREEN), self.version)
        return web.Response(body=body.encode(), headers=given.headers)

    async def _paper(self, _request: web.Request) -> web.Response:
        given = screen.paper(_SCREEN)
        return web.Response(body=given.body.encode(), headers=given.headers)

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name in self.changed:
            kind = "text/css" if name.endswith(".css") else "text/javascript"
            return web.Response(body=self.changed[name], content_type=kind, headers={"Cache-Control": "no-store"})
        found = ASSETS.asked(request, name)
        return found or web.Response(status=404)

    async def _board(self, request: web.Request) -> web.StreamResponse:
        if self.board is None:
            return web.Response(status=404)
        headers = {"ETag": etag_of(self.board), "Cache-Control": "no-store"}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        if self.stalls:
            answer = web.StreamResponse(headers={**headers, "Content-Length": str(len(self.board))})
            await answer.prepare(request)
            await answer.write(self.board.encode()[:100])
            await asyncio.sleep(_STALLS_IN)
            return answer
        return web.Response(body=self.board.encode(), headers=headers, content_type="application/jose")

    async def _keys(self, _request: web.Request) -> web.Response:
        return web.json_response(key_set([self.signer]))

    async def _beat(self, _request: web.Request) -> web.Response:
        if self.beat is None:
            return web.Response(status=204)
        return web.Response(body=self.beat.encode(), content_type="application/jose")

    async def _line(self, _request: web.Request) -> web.Response:
        return web.Response(status=204) if self.line is None else web.json_response(self.line)

    async def _showing(self, request: web.Request) -> web.Response:
        self.told.append(await request.json())
        return web.Response(status=204)


def digest_of(board: str) -> str:
    """How a screen names the board that it holds."""
    return hashlib.sha256(board.encode()).hexdigest()


@asynccontextmanager
async def post() -> AsyncIterator[Post]:
    """A relay that answers, with a board of one notice."""
    now = SystemClock().now()
    made = Post(make_signer(Mode.LIVE.value, not_after=now + timedelta(days=400)), now)
    made.board = made.signed(100)
    made.beat = made.beaten(100, now)
    await made.begin()
    try:
        yield made
    finally:
        await made.cut()
