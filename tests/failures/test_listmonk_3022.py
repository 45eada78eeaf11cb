"""listmonk, issue 3022: the cursor moved when a batch was fetched, so that a crash skipped the rest of it for
good, and the campaign said "finished".

Here the cursor moves in the transaction that writes the rows. The database is cut off at every step of an
expansion, as a crash would; processes that are really killed are in tests/crash.
"""

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from broadcaster.clock import SystemClock
from broadcaster.dispatch.dispatcher import Stopped
from broadcaster.dispatch.expansion import Expander
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store import deliveries
from broadcaster.store.database import Database, open_database
from broadcaster.wiring.engines import live_engine
from broadcaster.workflow.house import House
from tests import lives
from tests.databases import Store
from tests.drill.counting import Counted, until_at_rest

SLICE, RECIPIENTS = 7, 30
SLICES = -(-(RECIPIENTS + RECIPIENTS // 2) // SLICE)
"""Everybody has a number, and every second a mailbox: 45 addressees, the last slice not a full one."""


class Crash(Exception):
    """The process is gone."""


class Cut:
    """Ends everything at the n-th call of a store function, at a step of it."""

    def __init__(self, function: str, step: str, nth: int) -> None:
        self._function, self._step, self._left = function, step, nth

    def __call__(self, name: str, step: str) -> None:
        if (name, step) == (self._function, self._step):
            self._left -= 1
        if self._left <= 0:
            raise Crash


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "SLICE", SLICE)


@pytest.fixture
def alert_id(database: Database, house: House) -> str:
    now = SystemClock().now()
    with database.engine.begin() as conn:
        lives.furnish(conn, house, RECIPIENTS, now)
        return lives.approved(conn, house, now, channels=["sms", "email"]).id


def expander(store: Database) -> Expander:
    return Expander(store, SystemClock(), Signals(), Lane.LIVE, lambda: lives.ACCOUNTS, Stopped())


async def go_on(store: Database) -> None:
    while await expander(store).expand():
        pass


async def cut_off(store: Store, folder: Path, cut: Cut) -> None:
    """Expand until the crash comes; a slice that was being written is undone with its transaction."""
    doomed = open_database(store.url, home=folder, tracer=cut)
    try:
        with pytest.raises(Crash):
            await go_on(doomed)
    finally:
        doomed.close()


def numbers(conn: Connection, alert_id: str) -> list[int]:
    return list(conn.scalars(text("SELECT n FROM delivery WHERE alert_id = :id ORDER BY n"), {"id": alert_id}))


EVERYBODY = list(range(1, RECIPIENTS + RECIPIENTS // 2 + 1))


@pytest.mark.parametrize("step", ["begin", "commit"])
@pytest.mark.parametrize("nth", range(1, SLICES + 1))
async def test_cut_off_at_any_slice_nobody_is_skipped_and_nobody_is_there_twice(
    database: Database, store: Store, tmp_path: Path, alert_id: str, nth: int, step: str
) -> None:
    await cut_off(store, tmp_path, Cut("expand", step, nth))
    before = await database.read(numbers, alert_id)
    assert before == EVERYBODY[: SLICE * (nth - 1)], "whole slices, and none of the one that was cut off"
    await go_on(database)
    assert await database.read(numbers, alert_id) == EVERYBODY


@pytest.mark.parametrize("nth", range(1, SLICES + 1))
async def test_what_was_cut_off_says_that_it_is_not_finished(
    database: Database, store: Store, tmp_path: Path, alert_id: str, nth: int
) -> None:
    await cut_off(store, tmp_path, Cut("expand", "commit", nth))
    assert await database.read(deliveries.expanding, Lane.LIVE) == [alert_id]
    assert not await database.read(deliveries.settled, alert_id)
    # Those without a row yet are counted as due, so nobody drops out of the numbers.
    assert await database.read(deliveries.counts, alert_id) == {"email": {"due": 15}, "sms": {"due": 30}}
    await go_on(database)
    assert await database.read(deliveries.expanding, Lane.LIVE) == []
    assert await database.read(deliveries.counts, alert_id) == {"email": {"due": 15}, "sms": {"due": 30}}
    assert not await database.read(deliveries.settled, alert_id), "expanded is not yet sent"


async def test_cut_off_again_and_again_it_still_comes_to_everybody_once(
    database: Database, store: Store, tmp_path: Path, house: House, alert_id: str
) -> None:
    for _ in range(SLICES - 1):  # each time one slice further
        await cut_off(store, tmp_path, Cut("expand", "commit", 2))
    counted = Counted()
    live = live_engine(house.settings, database, SystemClock(), Signals(), lives.SEAL, counted.wired(house.settings))
    await until_at_rest(database, live.engine)
    assert len(counted.copies) == len(EVERYBODY)
    assert set(counted.copies.values()) == {1}
    assert await database.read(deliveries.counts, alert_id) == {"email": {"accepted": 15}, "sms": {"accepted": 30}}
    assert await database.read(deliveries.settled, alert_id)


@pytest.mark.parametrize("step", ["begin", "commit"])
async def test_cut_off_while_approving_nothing_was_released_and_it_can_be_approved_again(
    database: Database, store: Store, tmp_path: Path, house: House, step: str
) -> None:
    now = SystemClock().now()
    with database.engine.begin() as conn:
        lives.furnish(conn, house, RECIPIENTS, now)
        alert = lives.submitted(conn, house, now=now)
    doomed = open_database(store.url, home=tmp_path, tracer=Cut("agreed", step, 1))
    try:
        with pytest.raises(Crash):
            await doomed.run(lives.agreed, house, alert, lives.BERT, now)
    finally:
        doomed.close()
    assert await database.read(deliveries.expanding, Lane.LIVE) == []
    await database.run(lives.agreed, house, alert, lives.BERT, now)
    await go_on(database)
    assert await database.read(numbers, alert.id) == list(range(1, RECIPIENTS + 1))
