"""One sick gateway: what it can hold up is its own account's, and no more than a window and a slice of that."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.channel import Accepted, Fact, Failed, Inbound, Outcome, Parcel
from broadcaster.clock import SystemClock
from broadcaster.dispatch.engine import RELEASED, Engine
from broadcaster.dispatch.lanes import Live
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.workflow.house import House
from tests import lives

CONCURRENCY = 3
RECIPIENTS = 60


@dataclass
class Gateway:
    """Answers at once, or, while it is sick, never."""

    sick: bool = False
    busy: int = 0
    got: list[str] = field(default_factory=list)
    well: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        self.busy += 1
        if self.sick:
            await self.well.wait()
        self.got += [parcel.reference for parcel in parcels]
        self.busy -= 1
        return [Accepted()] * len(parcels)

    async def probe(self) -> Failed | None:
        return None

    def facts(self, inbound: Inbound) -> list[Fact]:
        return []

    async def aclose(self) -> None:
        return


def _released(conn: Connection, house: House, now: Any) -> AlertRow:
    lives.furnish(conn, house, 4, now)
    lives.listed(
        conn, [f"X{i},nl,veel,noord,+317{i:08d},x{i}@example.org," for i in range(RECIPIENTS)], now=now, replace=True
    )
    return lives.approved(conn, house, now, channels=["sms", "email"], audience={"groups": ["veel"]})


def _another(conn: Connection, house: House, now: Any) -> AlertRow:
    return lives.approved(conn, house, now, channels=["sms", "email"], audience={"groups": ["veel"]})


def _held(conn: Connection) -> dict[str, int]:
    """Deliveries that somebody has in hand, by account."""
    query = "SELECT account, count(*) FROM delivery WHERE state IN ('claimed', 'started') GROUP BY account"
    return {account: int(count) for account, count in conn.execute(text(query))}


@pytest.mark.parametrize("sick", ["sms", "email"])
async def test_what_a_gateway_that_never_answers_holds_is_a_window_and_a_slice_of_its_own(
    database: Database, house: House, sick: str
) -> None:
    clock, signals = SystemClock(), Signals()
    gateways = {kind: Gateway(sick=kind == sick) for kind in ("sms", "email")}
    ill, well = gateways[sick], gateways["email" if sick == "sms" else "sms"]
    specs = {
        kind: replace(house.specs[kind], batch=1, concurrency=CONCURRENCY, per_second=10_000.0) for kind in gateways
    }
    outlets = {lives.ACCOUNTS[kind]: LiveOutlet(specs[kind], gateways[kind]) for kind in gateways}
    opening = {
        lives.ACCOUNTS[kind]: (lambda sealed, kind=kind: lives.SEAL.open(sealed, kind)) for kind in gateways
    }  # fmt: skip
    engine: Engine[Live] = Engine(database, clock, signals, Lane.LIVE, outlets, lives.ACCOUNTS, opening)
    await database.run(_released, house, clock.now())
    running = asyncio.create_task(engine.run())
    async with asyncio.timeout(60):
        while len(well.got) < RECIPIENTS:  # noqa: ASYNC110 - of a gateway
            await asyncio.sleep(0.005)
        while ill.busy < CONCURRENCY:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await database.run(_another, house, clock.now())  # and it goes on so, with the other one's window full
        signals.hint(RELEASED)
        while len(well.got) < 2 * RECIPIENTS:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        assert (ill.busy, ill.got) == (CONCURRENCY, [])
        assert (await database.read(_held)).get(lives.ACCOUNTS[sick], 0) <= 2 * CONCURRENCY
        ill.sick = False
        ill.well.set()
        while len(ill.got) < 2 * RECIPIENTS:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        engine.stop()
        await running
    assert len(set(ill.got)) == len(ill.got), "and what waited for it went once"
