"""A relay as its host knows it, with everything that a test moves: the clock, the boards, the line, what was read.

async with counters.open_counter(tmp_path) as counter:
    counter.show(3)
    await page.goto(counter.url + "/steunpunt")
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from broadcaster.boards.snapshot import payload_for
from broadcaster.boards.verifying import Board
from broadcaster.model.board import Mode
from broadcaster.model.report import Report
from broadcaster.pages.assets import ASSETS
from broadcaster.relay.host.desk import Desk
from broadcaster.relay.host.pin import Pin
from broadcaster.relay.host.surroundings import Line, Receipt
from broadcaster.seal import new_key
from tests.clocks import HandClock
from tests.mint import make_notice

POINT, PIN = "wijkhuis-noord", "407193"
NIGHT = datetime(2026, 11, 24, 2, 20, tzinfo=UTC)
"""Twenty past three in the Netherlands."""
TEXTS = {
    "nl": {
        "headline": "Stroomuitval in Noord",
        "instruction": "Blijf thuis als dat kan. Gebruik een zaklamp, geen kaarsen."
        "\nBel 112 alleen als iemand in gevaar is.",
    }
}
SILENT = {
    "nl": {
        "headline": "112 is niet bereikbaar in Noord",
        "instruction": "Is iemand in gevaar? Stuur iemand naar de brandweerkazerne aan de Kerkstraat.",
    }
}


@dataclass
class Counter:
    """The relay, and what a test does to it."""

    folder: Path
    clock: HandClock
    point: str = POINT
    name: str = "Wijkhuis Noord"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Amsterdam"))
    known: bool = True
    up: Line = field(default_factory=lambda: Line(up=True))
    boards: dict[Mode, Board] = field(default_factory=dict)
    kept: list[Report] = field(default_factory=list)
    told_back: dict[str, Receipt] = field(default_factory=dict)
    full: bool = False
    port: int = 0
    runner: web.AppRunner | None = None

    def clock_known(self) -> bool:
        return self.known

    def board(self, mode: Mode) -> Board | None:
        return self.boards.get(mode)

    def line(self) -> Line:
        return self.up

    def receipts(self) -> dict[str, Receipt]:
        return self.told_back

    def put(self, report: Report) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.kept.append(report)

    def show(self, *numbers: int, mode: Mode = Mode.LIVE, **changes: Any) -> None:
        """Put notices on the screens; no number for an empty board."""
        now = self.clock.now()
        status = "Actual" if mode is Mode.LIVE else "Exercise"
        usual = {"status": status, "as_of": now - timedelta(minutes=15), "expires": now + timedelta(hours=8)}
        notices = [make_notice(number, **{**usual, "languages": TEXTS, **changes}) for number in numbers]
        payload = payload_for(POINT, mode, 10, 1, now, notices)
        self.boards[mode] = Board(payload, "a.b.c", "certificate", new_key())

    def read(self, report: Report, *, at: datetime | None = None) -> None:
        """The hub has it; and an officer has read it, with `at`."""
        self.told_back[report.id] = Receipt(self.clock.now(), at)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def begin(self) -> None:
        app = web.Application()
        app.add_routes(Desk(self, self.folder).routes())
        app.router.add_get("/assets/{name:.+}", _asset)
        app.router.add_get("/display/{point}/papier", _paper)
        app.router.add_get("/favicon.ico", _nothing)
        self.runner = web.AppRunner(app, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self.runner.addresses[0][1]

    async def cut(self) -> None:
        """The box is off."""
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None


async def _asset(request: web.Request) -> web.Response:
    found = ASSETS.asked(request, request.match_info["name"])
    assert found is not None, request.path
    return found


async def _paper(request: web.Request) -> web.Response:
    return web.Response(text=f"papier {request.query['size']}", content_type="text/plain")


async def _nothing(_request: web.Request) -> web.Response:
    return web.Response(status=204)


@asynccontextmanager
async def open_counter(folder: Path, **settings: Any) -> AsyncIterator[Counter]:
    """A relay with a PIN that answers."""
    clock = HandClock(NIGHT)
    Pin(folder / "pin.json").set(PIN)
    counter = Counter(folder, clock, **settings)
    await counter.begin()
    try:
        yield counter
    finally:
        await counter.cut()
