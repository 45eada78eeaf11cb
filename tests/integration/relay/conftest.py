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

from broadcaster.model.board import Mode
from broadcaster.relay import device
from broadcaster.relay.app import make_app, make_runner
from broadcaster.relay.clock import RelayClock
from broadcaster.relay.running import parts_of, work_of
from broadcaster.seal import fingerprint, new_key
from broadcaster.settings.relay import Relay, RelaySettings
from tests.integration.boards.conftest import hub
from tests.mint import mint

__all__ = ["hub", "mint"]


class Clock(RelayClock):
    """Goes as the mint does, proven unless a test says otherwise; sleeping passes a moment."""

    def __init__(self, at, **how):
        began = time.monotonic()
        super().__init__(wall=lambda: at + timedelta(seconds=time.monotonic() - began), **({"battery": True} | how))

    async def sleep(self, seconds):
        await asyncio.sleep(min(seconds, 0.05))


class Box:
    """A relay's folder, and the relay that runs on it while `running()` lasts."""

    def __init__(self, folder: Path, mint, points=("noord",), sources=(), key=None):
        self.folder, self.mint, self.sources = folder, mint, tuple(sources)
        roots = {Mode.LIVE: fingerprint(mint.live.root), Mode.EXERCISE: fingerprint(mint.exercise.root)}
        places = tuple(device.Place(id=point, name=point.title(), languages=("nl",)) for point in points)
        hub_url = self.sources[0] if sources else "http://127.0.0.1:9"
        device.keep(folder, device.Device("device-1", key or new_key(), hub_url, "token-1", places, roots))

    def settings(self):
        return RelaySettings(self.folder / "relay.toml", Relay(name="Kast", sources=self.sources, folder=self.folder))

    def parts(self, clock=None):
        return parts_of(self.settings(), clock or Clock(self.mint.now))

    @asynccontextmanager
    async def running(self, clock=None):
        parts = self.parts(clock)
        runner = make_runner(make_app(parts))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        async with parts.lines:
            tasks = [asyncio.create_task(work) for work in work_of(parts, Random(1))]
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

    async def holds(self, seq, point="noord", mode=Mode.LIVE):
        """Wait until this board is held here."""
        async with asyncio.timeout(20):
            while (board := self.parts.boards.current(point, mode)) is None or board.seq != seq:
                await self.parts.boards.wait(point, mode, board.seq if board else 0, 0.5)
        return board


@pytest.fixture
def box(tmp_path, mint, hub):
    return Box(tmp_path / "relay", mint, sources=[str(hub.url)])
