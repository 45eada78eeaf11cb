"""The stop button over several workers (R12): what is not on its way stays, and everything gets a name."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.channel import Accepted, Fact, Failed, Inbound, Outcome, Parcel
from broadcaster.clock import SystemClock
from broadcaster.dispatch.engine import Engine
from broadcaster.dispatch.lanes import Live
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store import deliveries
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.workflow import approving
from broadcaster.workflow.house import House
from tests import lives

CONCURRENCY = 4


@dataclass
class Gateways:
    """Accounts that need a while for each call; `got` is each transmission with its instant."""

    got: list[tuple[float, str]] = field(default_factory=list)
    busy: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        self.got += [(time.monotonic(), parcel.reference) for parcel in parcels]
        self.busy += 1
        await asyncio.sleep(0.02)
        await self.open.wait()
        self.busy -= 1
        return [Accepted()] * len(parcels)

    async def probe(self) -> Failed | None:
        return None

    def facts(self, inbound: Inbound) -> list[Fact]:
        return []

    async def aclose(self) -> None:
        return


def _workers(house: House, database: Database, gateways: Gateways, count: int) -> list[Engine[Live]]:
    """Each drives an account of its own. Each is a process of its own as far as the database can tell."""
    spec = replace(house.specs["sms"], batch=1, concurrency=CONCURRENCY, per_second=10_000.0)
    names = [f"sms.{i}" for i in range(count)]
    return [
        Engine(
            database, SystemClock(), Signals(), Lane.LIVE, {name: LiveOutlet(spec, gateways)}, {"sms": name},
            {name: lambda sealed: lives.SEAL.open(sealed, "sms")},
        )
        for name in names
    ]  # fmt: skip


def _prepared(conn: Connection, house: House, recipients: int, workers: int, now: Any) -> AlertRow:
    """A released alert with all its deliveries, spread over the workers' accounts."""
    lives.furnish(conn, house, 4, now)
    lives.crowd(conn, recipients, now)
    alert = lives.expanded(conn, house, now, channels=["sms"], audience={"groups": ["veel"]})
    conn.execute(text(f"UPDATE delivery SET account = 'sms.' || (n % {workers})"))
    return alert


def _states(conn: Connection, alert_id: str) -> Counter[str]:
    return Counter(conn.scalars(text("SELECT state FROM delivery WHERE alert_id = :a"), {"a": alert_id}))


async def until(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110 - what happens elsewhere sets no event
        await asyncio.sleep(0.001)


async def settled(database: Database, alert_id: str) -> None:
    while not await database.read(deliveries.settled, alert_id):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


SIZES = [(2_000, 4), pytest.param(100_000, 8, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]


@pytest.mark.parametrize(("recipients", "workers"), SIZES)
async def test_a_halt_stops_every_worker_and_names_everything(
    database: Database, house: House, recipients: int, workers: int, request: pytest.FixtureRequest
) -> None:
    clock, gateways = SystemClock(), Gateways()
    if database.engine.dialect.name == "sqlite":
        workers = 1  # one process drives a file
    alert = await database.run(_prepared, house, recipients, workers, clock.now())
    engines = _workers(house, database, gateways, workers)
    running = [asyncio.create_task(engine.run()) for engine in engines]
    await until(lambda: len(gateways.got) >= 10 * workers)
    await database.run(approving.halt, lives.CARA, alert.id, clock.now())
    halted = time.monotonic()
    await settled(database, alert.id)
    for engine in engines:
        engine.stop()
    await asyncio.gather(*running)

    states = await database.read(_states, alert.id)
    assert set(states) == {"accepted", "halted"}
    assert sum(states.values()) == recipients
    assert states["accepted"] == len(gateways.got) == len({reference for _, reference in gateways.got})
    assert states["halted"] > recipients // 4
    if request.node.get_closest_marker("soak"):
        assert max(at for at, _ in gateways.got) - halted <= 2.0


async def test_a_process_that_drains_hears_a_halt_as_well(database: Database, house: House) -> None:
    clock, gateways = SystemClock(), Gateways()
    alert = await database.run(_prepared, house, 2_000, 1, clock.now())
    [engine] = _workers(house, database, gateways, 1)
    running = asyncio.create_task(engine.run())
    await until(lambda: len(gateways.got) >= 200)  # it has learnt to start many at once
    gateways.open.clear()
    await until(lambda: gateways.busy == CONCURRENCY)
    assert (await database.read(_states, alert.id))["started"] > CONCURRENCY, "nothing is left to drain"
    engine.stop()
    await database.run(approving.halt, lives.CARA, alert.id, clock.now())
    async with asyncio.timeout(30):
        while not (await database.read(_states, alert.id))["halted"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    before = len(gateways.got)
    gateways.open.set()
    await running
    assert len(gateways.got) == before


async def test_a_correction_is_not_held_up_by_what_was_stopped(database: Database, house: House) -> None:
    clock, gateways = SystemClock(), Gateways()
    first = await database.run(_prepared, house, 300, 1, clock.now())
    [engine] = _workers(house, database, gateways, 1)
    running = asyncio.create_task(engine.run())
    await until(lambda: len(gateways.got) >= 10)
    await database.run(approving.halt, lives.CARA, first.id, clock.now())
    second = await database.run(_second, house, clock.now())
    for alert in (first, second):
        await settled(database, alert.id)
    engine.stop()
    await running
    assert await database.read(_states, second.id) == {"accepted": 300}
    order = [reference.startswith(second.id) for _, reference in gateways.got]
    assert order == sorted(order), "nothing of the first went after the second began"


def _second(conn: Connection, house: House, now: Any) -> AlertRow:
    alert = lives.expanded(conn, house, now, channels=["sms"], audience={"groups": ["veel"]})
    conn.execute(text("UPDATE delivery SET account = 'sms.0' WHERE alert_id = :a"), {"a": alert.id})
    return alert
