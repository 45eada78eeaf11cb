"""A gateway with a queue before it: what came in which order, and an engine that has it as its only account."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from broadcaster.channel import Accepted, Fact, Failed, Inbound, Outcome, Parcel
from broadcaster.clock import Clock
from broadcaster.dispatch.engine import RELEASED, STOPPED, Engine
from broadcaster.dispatch.lanes import Live
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store import deliveries
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.workflow.house import House
from tests import lives
from tests.drill.counting import until

CONCURRENCY = 4


@dataclass
class Gateway:
    """Takes everything; `got` is each message as (alert, address), in the order in which they came."""

    got: list[tuple[str, str]] = field(default_factory=list)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answers.set()

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        self.got += [(parcel.reference[:26], parcel.address) for parcel in parcels]
        await self.answers.wait()
        await asyncio.sleep(0.002)
        return [Accepted()] * len(parcels)

    async def probe(self) -> Failed | None:
        return None

    def facts(self, inbound: Inbound) -> list[Fact]:
        return []

    async def aclose(self) -> None:
        return

    def addresses(self, alert: AlertRow) -> list[str]:
        """Who got an alert, in order."""
        return [address for alert_id, address in self.got if alert_id == alert.id]


@dataclass
class Office:
    """Where two officers release alerts, to one account of so many recipients per second."""

    database: Database
    house: House
    clock: Clock
    batch: int
    per_second: float
    gateway: Gateway = field(default_factory=Gateway)
    signals: Signals = field(default_factory=Signals)

    @property
    def in_hand(self) -> int:
        """The most that may be on its way when something more severe comes: a full window, and half a second of the
        pace besides."""
        return int(self.per_second / 2) + CONCURRENCY * self.batch

    async def release(self, **changes: Any) -> AlertRow:
        """An alert to everyone in the group, approved."""
        wanted = {"channels": ["sms"], "audience": {"groups": ["veel"]}, **changes}
        return await self.do(lives.approved, self.clock.now(), **wanted)

    async def do(self, f: Any, *arguments: Any, **changes: Any) -> Any:
        """A step of the workflow; the engine hears of it, as from the console."""
        made = await self.database.run(_step, f, self.house, arguments, changes)
        for hint in (STOPPED, RELEASED):
            self.signals.hint(hint)
        return made

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """The engine runs; at the end it goes on until all is at rest."""
        spec = replace(self.house.specs["sms"], batch=self.batch, concurrency=CONCURRENCY, per_second=self.per_second)
        engine: Engine[Live] = Engine(
            self.database, self.clock, self.signals, Lane.LIVE, {"sms.primary": LiveOutlet(spec, self.gateway)},
            lives.ACCOUNTS, {"sms.primary": lambda sealed: lives.SEAL.open(sealed, "sms")},
        )  # fmt: skip
        running = asyncio.create_task(engine.run())
        yield
        async with asyncio.timeout(60):
            await until(self.database, running)
            engine.stop()
            await running

    @asynccontextmanager
    async def standing_still(self) -> AsyncIterator[None]:
        """The gateway answers nothing; at the end all that was released meanwhile stands in the queue."""
        self.gateway.answers.clear()
        yield
        async with asyncio.timeout(30):
            while await self.database.read(deliveries.expanding, Lane.LIVE):  # noqa: ASYNC110 - of a database
                await asyncio.sleep(0.001)
        self.gateway.answers.set()

    async def after(self, count: int, alert: AlertRow) -> None:
        """Wait until so many have an alert."""
        async with asyncio.timeout(30):
            while len(self.gateway.addresses(alert)) < count:  # noqa: ASYNC110 - of a gateway
                await asyncio.sleep(0.001)


def _step(conn: Connection, f: Any, house: House, arguments: tuple[Any, ...], changes: dict[str, Any]) -> Any:
    return f(conn, house, *arguments, **changes)


def listed(conn: Connection, house: House, recipients: int, now: datetime) -> None:
    """So many people in one group."""
    lives.furnish(conn, house, 4, now)
    lives.crowd(conn, recipients, now)


@asynccontextmanager
async def office(
    database: Database, house: House, clock: Clock, recipients: int, batch: int, per_second: float
) -> AsyncIterator[Office]:
    """An office with so many people on its list, and its engine at work."""
    made = Office(database, house, clock, batch, per_second)
    await database.run(listed, house, recipients, clock.now())
    async with made.at_work():
        yield made
