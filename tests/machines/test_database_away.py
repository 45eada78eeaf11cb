"""R5: PostgreSQL is stopped, killed and cut off over and over while messages go out."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from broadcaster.store.alerts import AlertRow
from broadcaster.store.migrating import migrate, owner_engine
from tests.databases import OWNER, RUNTIME, Postgres
from tests.machines.floor import Floor, opened
from tests.machines.proxy import Proxy

BACK_IN = 15.0
TROUBLES = ("stop", "kill", "latency", "reset", "hole")


@pytest.fixture(scope="module")
def server():
    """A server of its own, whose writes reach the disk."""
    made = Postgres(durable=True)
    yield made
    made.close()


@asynccontextmanager
async def _floor(server: Postgres, **options: float) -> AsyncIterator[tuple[Floor, Proxy]]:
    name = server.create()
    owner = owner_engine(server.url(name, OWNER), Path("/"))
    migrate(owner, RUNTIME)
    owner.dispose()
    async with Proxy(f"{server.socket}") as proxy:
        line = f"postgresql://{RUNTIME}@127.0.0.1:{proxy.port}/{name}"
        async with opened(server.url(name, RUNTIME), process_url=line, **options) as floor:  # type: ignore[arg-type]
            yield floor, proxy


async def _trouble(server: Postgres, proxy: Proxy, kind: str, lasts_in: float, chance: random.Random) -> None:
    """One thing goes wrong for a while, and is right again when this ends."""
    if kind in ("stop", "kill"):
        server.stop(signal.SIGINT if kind == "stop" else signal.SIGKILL)
        await asyncio.sleep(lasts_in)
        await asyncio.to_thread(server.start)
        return
    if kind == "latency":
        proxy.latency_in = chance.uniform(0.05, 0.4)
    elif kind == "reset":
        proxy.reset_after = chance.randrange(1, 20_000)
    else:
        proxy.is_hole = True
    await asyncio.sleep(lasts_in)
    proxy.heal()


async def _until_it_sends(floor: Floor, alert: AlertRow) -> float:
    """Seconds until a message arrives again, or all is at rest."""
    began, before = time.monotonic(), len(floor.provider.sent)
    async with asyncio.timeout(120):
        while len(floor.provider.sent) == before and not await floor.is_settled(alert):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return time.monotonic() - began


async def test_a_database_that_is_killed_or_cut_off_costs_nobody_a_message(server):
    chance = random.Random(5)
    async with _floor(server, accounts=1, per_second=20, recipients=200) as (floor, proxy):
        await floor.start("worker", "one")
        await floor.shared_out(1)
        alert = await floor.queued(200)
        for kind in ("kill", "reset", "hole"):
            sent = len(floor.provider.sent)
            await floor.until(lambda sent=sent: len(floor.provider.sent) > sent)
            await _trouble(server, proxy, kind, 0.5, chance)
        await floor.settled(alert)
        await floor.nobody_is_lost()


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [1])
async def test_ten_thousand_deliveries_while_the_database_comes_and_goes(server, seed):
    chance, back, total, deck = random.Random(seed), dict[str, list[float]](), 10_000, list[str]()
    async with _floor(server, accounts=4, per_second=7, recipients=total) as (floor, proxy):
        for name in ("one", "two"):
            await floor.start("worker", name)
        await floor.shared_out(2, 2)
        alert = await floor.queued(total)
        while not await floor.is_settled(alert):
            deck = deck or chance.sample(TROUBLES, len(TROUBLES))
            kind = deck.pop()
            await asyncio.sleep(chance.uniform(5, 40))
            await _trouble(server, proxy, kind, chance.uniform(1, 10), chance)
            back.setdefault(kind, []).append(await _until_it_sends(floor, alert))
        await floor.settled(alert)
        await floor.nobody_is_lost()
        print({kind: [round(item, 1) for item in found] for kind, found in back.items()})  # noqa: T201
        states = dict(await floor.asked("SELECT state, count(*) FROM delivery GROUP BY state"))
        copies = floor.provider.copies()
        print(f"seed {seed}: {states}, {len(copies)} arrived, copies at most {max(copies.values())}")  # noqa: T201
        assert len(copies) == total
        assert max(max(found) for found in back.values()) <= BACK_IN, f"seed {seed}: {back}"
