"""A hub in small: a real server on loopback with boards and keys, honest or not."""

import asyncio

import pytest
from aiohttp import web
from yarl import URL

from broadcaster.boards.serving import Boards, signed
from broadcaster.boards.signing import key_set
from broadcaster.model.board import Mode
from tests.mint import mint

__all__ = ["mint"]


class Hub:
    """Serves what a test puts into it; keeps count of what was asked."""

    def __init__(self, mint):
        self.boards = Boards()
        self.keys = key_set([mint.live, mint.exercise])
        self.answer = None  # a response for every board, in place of the boards
        self.asked = []
        self.polled = asyncio.Event()
        self.url = URL()

    def put(self, token, seq, mode=Mode.LIVE):
        self.boards.publish("noord", mode, signed(token, seq))

    async def board(self, request):
        self.asked.append(request)
        self.polled.set()
        if self.answer:
            return self.answer()
        mode = Mode(request.query.get("mode", "live"))
        known, after = request.headers.get("If-None-Match"), int(request.query.get("after", -1))
        if after >= 0:
            await self.boards.wait(request.match_info["point"], mode, after, float(request.query["wait"]), known)
        board = self.boards.current(request.match_info["point"], mode)
        if board is None:
            return web.Response(status=404)
        if known == board.etag:
            return web.Response(status=304, headers={"ETag": board.etag})
        return web.Response(text=board.jws, content_type="application/jose", headers={"ETag": board.etag})

    async def show_keys(self, request):
        self.asked.append(request)
        return web.json_response(self.keys)

    def paths(self):
        return [request.path for request in self.asked]


@pytest.fixture
async def hub(mint):
    hub = Hub(mint)
    app = web.Application()
    app.add_routes([web.get("/v1/boards/{point}", hub.board), web.get("/v1/keys", hub.show_keys)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hub.url = URL(site.name)
    yield hub
    hub.boards.let_go()
    await runner.cleanup()
