"""A relay as its host knows it, with everything that a test moves: the time, the boards, the line, what was read.

async with open_counter(tmp_path) as counter:
    counter.show(3)
    await page.goto(counter.url + "/steunpunt")
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from broadcaster.boards.bundle import Receipt
from broadcaster.boards.signing import key_set, sign
from broadcaster.boards.snapshot import payload_for
from broadcaster.boards.verifying import Board
from broadcaster.model.board import Mode
from broadcaster.model.report import Report
from broadcaster.relay import device
from broadcaster.relay.app import make_app, make_runner
from broadcaster.relay.clock import RelayClock
from broadcaster.relay.host.pin import FILE, Pin
from broadcaster.relay.lines import UP_IN
from broadcaster.relay.parts import Parts
from broadcaster.relay.running import parts_of
from broadcaster.seal import SigningKey, fingerprint, new_key
from broadcaster.settings.relay import Relay, RelaySettings
from tests.clocks import HandClock
from tests.mint import make_notice, make_signer

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


_HUB, _STRANGER = "http://127.0.0.1:9", "somebody"


class Counter:
    """The relay, whole but for what it does by itself, and what a test does to it."""

    parts: Parts
    runner: web.AppRunner | None = None
    port = 0

    def __init__(self, folder: Path, start: datetime, hub: str, key: SigningKey, token: str) -> None:
        self.folder, self.time, self.hub = folder, HandClock(start), hub
        self._signers = {mode: make_signer(mode.value, not_after=start + timedelta(days=99)) for mode in Mode}
        self._seq = 0
        roots = {mode: fingerprint(signer.root) for mode, signer in self._signers.items()}
        own = device.Place(id=POINT, name="Wijkhuis Noord", languages=("nl",))
        since = start - timedelta(days=1)
        device.keep(folder, device.Device("device-1", key, hub, token, (own,), roots, since))
        Pin(folder / FILE).set(PIN)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def kept(self) -> list[Report]:
        """What was told, in order."""
        return [kept.report for kept in self.parts.outbox._kept.values()]

    def show(self, *numbers: int, mode: Mode = Mode.LIVE, **changes: Any) -> None:
        """Put notices on the screens; no number for an empty board."""
        now, signer = self.time.now(), self._signers[mode]
        status = "Actual" if mode is Mode.LIVE else "Exercise"
        usual = {"status": status, "as_of": now - timedelta(minutes=15), "expires": now + timedelta(hours=8)}
        notices = [make_notice(number, **{**usual, "languages": TEXTS, **changes}) for number in numbers]
        self._seq += 1
        payload = payload_for(POINT, mode, self._seq, signer.epoch, now, notices)
        verdict = self.parts.shelf.offer(sign(payload, signer), key_set(self._signers.values()))
        assert isinstance(verdict, Board), verdict

    def read(self, report: Report, *, at: datetime | None = None) -> None:
        """The hub has it; and an officer has read it, with `at`."""
        self.parts.outbox.told([Receipt(id=report.id, received_at=self.time.now(), read_at=at)])

    def hear(self) -> None:
        """The hub speaks."""
        self.parts.lines.heard(self.hub, self.time.now(), None)

    def lose_line(self) -> None:
        """It is silent for so long that the line is gone."""
        self.time.advance(UP_IN)
        assert not self.parts.lines.standing().up

    def distrust_time(self) -> None:
        """The hub signs that it is two minutes later than the clock of the box says."""
        self.parts.clock.at_least(_STRANGER, self.time.now() + timedelta(minutes=2))
        assert not self.parts.clock.is_known

    def break_disk(self) -> None:
        """No report can be kept any more."""
        (self.folder / "reports").rename(self.folder / "gone")

    async def begin(self) -> None:
        """Switch the box on."""
        clock = RelayClock(battery=True, wall=self.time.now, ticks=self.time.monotonic, in_step=lambda: False)
        settings = Relay(name="Kast", folder=self.folder, sources=(self.hub,))
        self.parts = parts_of(RelaySettings(self.folder / "relay.toml", settings), clock)
        self.hear()
        self.runner = make_runner(make_app(self.parts))
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self.runner.addresses[0][1]

    async def cut(self) -> None:
        """Switch it off."""
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None


@asynccontextmanager
async def open_counter(
    folder: Path, start: datetime = NIGHT, *, hub: str = _HUB, key: SigningKey | None = None, token: str = "token-1"
) -> AsyncIterator[Counter]:
    """A relay with a PIN that answers, and hears the hub. key, token: of the device that it is at that hub."""
    counter = Counter(folder, start, hub, key or new_key(), token)
    await counter.begin()
    try:
        yield counter
    finally:
        await counter.cut()
