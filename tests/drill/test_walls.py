"""R11: the other walls around an exercise: the database keeps its lane, and its wiring connects nothing."""

import asyncio
import sys
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from broadcaster.clock import SystemClock
from broadcaster.signals import Signals
from broadcaster.store import deliveries
from broadcaster.store.database import Database
from broadcaster.wiring.accounts import accounts
from broadcaster.wiring.drill import drill
from broadcaster.wiring.engines import live_engine
from broadcaster.workflow.house import House
from tests import lives
from tests.databases import Store
from tests.drill.counting import configured, until

TURNS = (
    "UPDATE draft SET status = 'Actual'",
    "UPDATE alert SET status = 'Actual'",
    "UPDATE delivery SET lane = 'live'",
    "UPDATE expansion SET lane = 'live'",
    "UPDATE approval SET lane = 'live'",
)


@pytest.mark.parametrize("turn", TURNS)
def test_no_statement_of_the_runtime_role_turns_an_exercise_real(conn: Connection, house: House, turn: str) -> None:
    lives.expanded(conn, house, status="Exercise")
    with pytest.raises(DBAPIError):
        conn.execute(text(turn))


LOUD = """
from channels.sms_cm import Settings, spec

def connect(name, settings, secrets, clock):
    raise RuntimeError("an account was connected")
"""


async def test_the_drill_wiring_never_connects_an_account(
    database: Database, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loud_channel.py").write_text(LOUD)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "loud_channel", raising=False)
    house = lives.house_in(tmp_path, configured(store, lives.CONFIGURATION).replace("channels.sms_cm", "loud_channel"))
    with pytest.raises(RuntimeError, match="an account was connected"):
        live_engine(house.settings, database, SystemClock(), Signals(), lives.SEAL, accounts(house.settings))
    await database.run(lives.furnish, house, 4, SystemClock().now())
    alert = await database.run(partial(lives.approved, house=house, now=SystemClock().now(), status="Exercise"))

    stop = asyncio.Event()
    working = asyncio.create_task(drill(house.settings, stop))
    await until(database, working)
    stop.set()
    await working
    assert await database.read(deliveries.counts, alert.id) == {"sms": {"accepted": 4}}
