"""A hub with a screen on the wall: its boards are signed with keys of the test, its clock is the test's to move, its
line can be cut.

    await wall.release(scenario="power-outage", fields={...})
    await page.goto(wall.address())
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from broadcaster.boards.publisher import Publisher, valid_notices
from broadcaster.boards.serving import signed
from broadcaster.boards.signing import key_set
from broadcaster.model.board import Mode
from broadcaster.model.cap import MsgType
from broadcaster.model.device import DeviceKind
from broadcaster.seal import BoardSigner
from broadcaster.store import people
from broadcaster.store.alerts import AlertRow
from broadcaster.web.app import make_app, make_runner
from broadcaster.workflow import correcting, enrolling
from tests.houses import CONFIGURATION, TestHouse, house
from tests.integration.web.site import MovableClock
from tests.mint import make_signer

POINT, SCREEN = "wijkhuis-noord", "scherm-noord"
_CONFIGURATION = CONFIGURATION.replace(
    'areas = ["noord"]\nlanguages = ["nl", "en"]', 'areas = ["noord"]\nlanguages = ["nl", "en", "ar", "tr", "pl"]'
)
assert _CONFIGURATION != CONFIGURATION
OUTAGE = {
    "scenario": "power-outage",
    "infos": None,
    "fields": {
        "place": "Noord",
        "households": 2400,
        "mobile": "poor",
        "point": "Wijkhuis Noord, Kerkstraat 1",
        "phone": "14 030",
    },
}


@dataclass(slots=True)
class Wall:
    """The hub, and what a test does to it."""

    house: TestHouse
    clock: MovableClock
    signers: dict[Mode, BoardSigner]
    publisher: Publisher
    port: int = 0
    _runner: web.AppRunner | None = None

    async def begin(self, **parts: Any) -> None:
        """Answer, on the port that it had before."""
        keys = key_set(self.signers.values())
        self._runner = make_runner(make_app(self.house.parts(key_set=lambda: keys, signers=self.signers, **parts)))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]

    async def cut(self) -> None:
        """Answer nobody any more."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def address(self, mode: Mode = Mode.LIVE, host: str = "127.0.0.1", **fragment: str) -> str:
        """Where the administrator sends a display: with its token, unless another one is given."""
        given = {"token": self.house.tokens[SCREEN]} | fragment
        query = "" if mode is Mode.LIVE else f"?mode={mode}"
        return f"http://{host}:{self.port}/display/{POINT}{query}#" + "&".join(f"{k}={v}" for k, v in given.items())

    async def release(self, **content: Any) -> AlertRow:
        """Write, approve and show a notice."""
        if "fields" in content:
            since = (self.clock.now() - timedelta(minutes=25)).isoformat()
            content["fields"] = {"since": since} | content["fields"]
        row = await self.house.released(self.house.content(**content))
        await self.publisher.tick()
        return row

    async def update(self, row: AlertRow) -> AlertRow:
        """Say it again under the next number, approved and shown."""
        opened, now = self.house, self.clock.now()
        wanted = opened.house, opened.callers["anna"], row.id, MsgType.UPDATE, now
        draft = await opened.store.run(correcting.start, *wanted)
        later = await opened.approve("bert", (await opened.submit("anna", draft_id=draft.id)).alert)
        await self.publisher.tick()
        return later

    async def proofs(self, mode: Mode = Mode.LIVE) -> list[str]:
        """Where the codes of what is valid lead."""
        arguments = (self.house.house, mode, self.clock.now(), self.signers)
        return [notice.proof or "" for _, notice in await self.house.store.read(valid_notices, *arguments)]

    async def code(self) -> str:
        """A code that lets in one display of this point."""
        house, kind = self.house, DeviceKind.DISPLAY
        wanted = (house.house.settings, house.seal, house.callers["beheer"].actor, POINT, kind, self.clock.now())
        return (await house.store.run(enrolling.invite, *wanted)).code

    async def revoke(self) -> None:
        """Make the display's token worthless."""
        token_id = self.house.callers[SCREEN].token_id
        await self.house.store.run(people.revoke_token, token_id, self.clock.now())

    def stranger(self) -> BoardSigner:
        """Somebody else's key, under a root of their own."""
        return make_signer(Mode.LIVE.value, not_after=self.clock.now() + timedelta(days=400))

    def put(self, token: str, seq: int, mode: Mode = Mode.LIVE) -> None:
        """Hand out a board that the hub did not make."""
        self.house.boards.publish(POINT, mode, signed(token, seq))


@asynccontextmanager
async def wall(store_url: str, configuration: str = _CONFIGURATION, port: int = 0, **parts: Any) -> AsyncIterator[Wall]:
    """A hub that answers, with an empty board. port: any, unless given. parts: of the
    application, changed."""
    clock = MovableClock()
    async with house(store_url, clock=clock, configuration=configuration) as opened:
        until = clock.now() + timedelta(days=400)
        signers = {mode: make_signer(mode.value, not_after=until) for mode in Mode}
        publisher = Publisher(opened.store, opened.house, signers, opened.boards, clock)
        await publisher.start()
        hung = Wall(opened, clock, signers, publisher, port)
        await hung.begin(**parts)
        try:
            yield hung
        finally:
            await hung.cut()
