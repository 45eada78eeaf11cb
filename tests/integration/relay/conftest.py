"""A relay beside a hub in small: what is on disk is real, and so is every request."""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from broadcaster.boards.heartbeat import Heart
from broadcaster.boards.serving import signed
from broadcaster.model.board import Mode
from broadcaster.relay import device, outbox
from broadcaster.relay.app import make_app, make_runner
from broadcaster.relay.clock import RelayClock
from broadcaster.relay.pace import Pace
from broadcaster.relay.running import parts_of, work_of
from broadcaster.seal import fingerprint, new_key
from broadcaster.settings.relay import Relay, RelaySettings
from tests.integration.boards.conftest import Hub
from tests.mint import mint

__all__ = ["mint"]


SOON = Pace(clock=0.02, carry=0.02, ask=0.05, tell=0.02, hear=0.05, sticks=0.02)


class Centre(Hub):
    """The hub in small, with what relays need beside boards: heartbeats, reports, receipts."""

    def __init__(self, mint):
        super().__init__(mint)
        self.mint = mint
        self.heart = Heart(lambda mode: mint.live if mode is Mode.LIVE else mint.exercise, self.boards)
        self.reports = {}  # tokens by id, in the order in which they came
        self.read = {}  # when an officer read one
        self.dated = True

    def put(self, token, seq, mode=Mode.LIVE, point="noord"):
        self.boards.publish(point, mode, signed(token, seq))

    async def beat(self, request):
        token = self.heart.of(request.match_info["point"], Mode(request.query.get("mode", "live")))
        if self.answer or token is None:
            return web.Response(status=404)
        return web.Response(text=token, content_type="application/jose")

    async def hand_in(self, request):
        if self.answer:
            return self.answer()
        self.asked.append(request)
        items = []
        for token in (await request.json())["reports"]:
            report = outbox.read(token).report
            self.reports.setdefault(report.id, token)
            items.append({"id": report.id, "received_at": self.mint.now.isoformat()})
        return web.json_response({"items": items})

    async def receipts(self, _request):
        if self.answer:
            return self.answer()
        at = self.mint.now.isoformat()
        return web.json_response(
            {"items": [{"id": id_, "received_at": at, "read_at": self.read.get(id_)} for id_ in self.reports]}
        )

    async def has(self, count):
        """Wait until so many reports are here."""
        async with asyncio.timeout(20):
            while len(self.reports) < count:  # noqa: ASYNC110 - as a hub, it tells nobody
                await asyncio.sleep(0.01)


def away():
    """The answer of a hub that does not work."""
    return web.Response(status=503)


@pytest.fixture
async def hub(mint):
    async with serving(mint) as centre:
        yield centre


@asynccontextmanager
async def serving(mint):
    centre = Centre(mint)
    app = web.Application()
    app.add_routes(
        [
            web.get("/v1/boards/{point}", centre.board),
            web.get("/v1/keys", centre.show_keys),
            web.get("/v1/heartbeats/{point}", centre.beat),
            web.post("/v1/reports", centre.hand_in),
            web.get("/v1/reports/receipts", centre.receipts),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    centre.url = URL(site.name)
    yield centre
    centre.boards.let_go()
    await runner.cleanup()


class Clock(RelayClock):
    """Goes as the mint does, proven unless a test says otherwise; sleeping passes a moment."""

    def __init__(self, at, **how):
        began = time.monotonic()
        super().__init__(wall=lambda: at + timedelta(seconds=time.monotonic() - began), **({"battery": True} | how))

    async def sleep(self, seconds):
        await asyncio.sleep(min(seconds, 0.05))


class Box:
    """A relay's folder, and the relay that runs on it while `running()` lasts."""

    def __init__(self, folder: Path, mint, points=("noord",), sources=(), hub=None, usb=None):
        self.folder, self.mint, self.sources, self.usb = folder, mint, tuple(sources), usb
        roots = {Mode.LIVE: fingerprint(mint.live.root), Mode.EXERCISE: fingerprint(mint.exercise.root)}
        places = tuple(device.Place(id=point, name=point.title(), languages=("nl",)) for point in points)
        hub = str(hub or (self.sources[0] if sources else "http://127.0.0.1:9"))
        device.keep(folder, device.Device(f"device-{folder.name}", new_key(), hub, "token-1", places, roots, mint.now))

    def settings(self):
        relay = Relay(name="Kast", sources=self.sources, folder=self.folder, usb=self.usb)
        return RelaySettings(self.folder / "relay.toml", relay)

    def parts(self, clock=None):
        return parts_of(self.settings(), clock or Clock(self.mint.now), SOON)

    @asynccontextmanager
    async def running(self, clock=None):
        parts = self.parts(clock)
        runner = make_runner(make_app(parts))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        async with parts.lines:
            tasks = [asyncio.create_task(work) for work in work_of(parts, Random(1), SOON)]
            try:
                yield Running(parts, site.name)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await runner.cleanup()


class Running:
    """A relay that runs."""

    def __init__(self, parts, url):
        self.parts, self.url = parts, url

    async def get(self, path, **headers):
        async with aiohttp.ClientSession() as session, session.get(self.url + path, headers=headers) as response:
            return response.status, response.headers.copy(), (await response.read()).decode()

    async def post(self, path, content, **headers):
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url + path, json=content, headers=headers) as response,
        ):
            return response.status, response.headers.copy(), (await response.read()).decode()

    async def until(self, holds):
        """Wait until something holds of it."""
        async with asyncio.timeout(20):
            while not holds():  # noqa: ASYNC110 - whatever it is, it tells nobody
                await asyncio.sleep(0.01)

    async def holds(self, seq, point="noord", mode=Mode.LIVE):
        """Wait until this board is held here."""
        async with asyncio.timeout(20):
            while (board := self.parts.boards.current(point, mode)) is None or board.seq != seq:
                await self.parts.boards.wait(point, mode, board.seq if board else 0, 0.5)
        return board


@pytest.fixture
def box(tmp_path, mint, hub):
    return Box(tmp_path / "relay", mint, sources=[str(hub.url)])
