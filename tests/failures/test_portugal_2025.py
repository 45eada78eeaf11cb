"""Portugal, the blackout of 2025: a text message was ready 5 h 45 min after the power went, under half were reached,
and some got it 11 hours later.

A gateway that knows a validity period gets one that ends with the alert, whichever account it is; and from then on
nothing is sent, not even by an account that comes back at that very moment.
"""

import asyncio
import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from broadcaster.demo.simulators.sms_cm import CmGateway
from broadcaster.signals import Signals
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.wiring.accounts import accounts
from broadcaster.wiring.engines import live_engine
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import QuickClock
from tests.drill.counting import until, until_at_rest
from tests.ports import free_port

RECIPIENTS = 30
ANYWHERE = "127.0.0.1:1"


def house_at(folder: Path, primary: int, secondary: int) -> House:
    """A house whose two SMS accounts are at these ports."""
    before, *after = lives.CONFIGURATION.split(ANYWHERE)
    ports = [f"127.0.0.1:{primary}", f"127.0.0.1:{secondary}"]
    return lives.house_in(folder, before + "".join(port + part for port, part in zip(ports, after, strict=True)))


def released(conn: Connection, house: House, now: datetime) -> AlertRow:
    lives.furnish(conn, house, RECIPIENTS, now)
    return lives.approved(conn, house, now, channels=["sms"])


def states(conn: Connection) -> Counter[tuple[str, int]]:
    return Counter(tuple(row) for row in conn.execute(text("SELECT state, transmissions FROM delivery")))


def tried(conn: Connection) -> int:
    return int(conn.scalar(text("SELECT count(DISTINCT delivery_id) FROM attempt")) or 0)


@pytest.mark.parametrize("first_works", [True, False])
async def test_the_gateway_knows_until_when_a_message_is_of_use(
    database: Database, tmp_path: Path, first_works: bool
) -> None:
    letters: list[bytes] = []
    async with CmGateway(letters=letters) as gateway:
        dead = free_port()
        house = house_at(tmp_path, *((gateway.port, dead) if first_works else (dead, gateway.port)))
        clock = QuickClock()
        alert = await database.run(released, house, clock.now())
        live = live_engine(house.settings, database, clock, Signals(), lives.SEAL, accounts(house.settings))
        await until_at_rest(database, live.engine)
        await live.aclose()
    assert await database.read(states) == {("accepted", 1): RECIPIENTS}
    messages = [message for letter in letters for message in json.loads(letter)["messages"]["msg"]]
    assert len(messages) == RECIPIENTS
    assert {message["validity"] for message in messages} == {alert.expires_at.strftime("%Y-%m-%d %H:%M:%S GMT")}


async def test_an_account_that_comes_back_after_the_expiry_sends_nothing_any_more(
    database: Database, tmp_path: Path
) -> None:
    port = free_port()
    house, clock = house_at(tmp_path, port, free_port()), QuickClock()
    alert = await database.run(released, house, clock.now())
    live = live_engine(house.settings, database, clock, Signals(), lives.SEAL, accounts(house.settings))

    engine = asyncio.create_task(live.engine.run())
    async with asyncio.timeout(30):
        while await database.read(tried) == 0:  # noqa: ASYNC110 - of a database
            await asyncio.sleep(0.01)
    clock.advance((alert.expires_at - clock.now()).total_seconds())
    async with CmGateway(port=port) as gateway:
        await until(database, engine)
        live.engine.stop()
        await engine
    await live.aclose()
    assert gateway.counts.as_json()["messages"] == 0
    assert await database.read(states) == {("expired", 0): RECIPIENTS}
