"""Counted leases: a worker is gone when its beat stands still on the watcher's own monotonic clock."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from broadcaster.dispatch.leases import STILL_IN, AlreadyRunning, Leases, free_all, hold_instance
from broadcaster.model.cap import Lane
from broadcaster.store import queue, workers
from broadcaster.store.database import Database
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON, HandClock

ACCOUNT = "sms.primary"


def _owned(conn: Connection, house: House, owner: str, started: int, severity: str = "Minor") -> str:
    """An alert of four deliveries, all claimed by an owner that started some of them."""
    workers.enter(conn, owner, Lane.LIVE, NOON)
    alert = lives.expanded(conn, house, severity=severity)
    claimed = queue.claim(conn, Lane.LIVE, ACCOUNT, owner, 10, NOON)
    queue.start(conn, [(claim.id, claim.epoch) for claim in claimed[:started]], NOON)
    return alert.id


def _states(conn: Connection, alert_id: str) -> Counter[str]:
    return Counter(conn.scalars(text("SELECT state FROM delivery WHERE alert_id = :a"), {"a": alert_id}))


def leases(database: Database, clock: HandClock, owner: str = "watcher", repeating: Sequence[str] = ()) -> Leases:
    return Leases(database, clock, owner, Lane.LIVE, repeating)


async def _watched(watcher: Leases, clock: HandClock, seconds: float) -> None:
    for _ in range(int(seconds)):
        clock.advance(1)
        await watcher.tick()


async def test_a_silent_workers_deliveries_are_taken_over_and_what_it_had_not_started_costs_nothing(
    database: Database, engine: Engine, house: House
) -> None:
    with engine.begin() as conn:
        alert = _owned(conn, house, "gone", started=1)
    clock = HandClock()
    watcher = leases(database, clock)
    await watcher.enter()
    await watcher.tick()
    await _watched(watcher, clock, STILL_IN + 1)
    with engine.begin() as conn:
        assert _states(conn, alert) == {"due": 3, "uncertain": 1}
        assert workers.known(conn, Lane.LIVE) == ["watcher"]
        assert {row.attempts for row in conn.execute(text("SELECT attempts FROM delivery WHERE state = 'due'"))} == {0}


async def test_a_worker_is_left_alone_while_its_beat_moves_however_slowly(
    database: Database, engine: Engine, house: House
) -> None:
    with engine.begin() as conn:
        alert = _owned(conn, house, "slow", started=1)
    clock = HandClock()
    watcher, slow = leases(database, clock), leases(database, clock, "slow")
    await watcher.enter()
    for _ in range(10):
        await _watched(watcher, clock, STILL_IN - 2)
        await slow.tick()
    with engine.begin() as conn:
        assert _states(conn, alert) == {"claimed": 3, "started": 1}


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(days=-1), timedelta(days=-20000)])
async def test_the_wall_clock_takes_nothing_over(
    database: Database, engine: Engine, house: House, step: timedelta
) -> None:
    with engine.begin() as conn:
        alert = _owned(conn, house, "other", started=1)
    clock = HandClock()
    watcher = leases(database, clock)
    await watcher.enter()
    await watcher.tick()
    clock.step(step)
    await watcher.tick()
    with engine.begin() as conn:
        assert _states(conn, alert) == {"claimed": 3, "started": 1}


@pytest.mark.parametrize(
    ("severity", "repeating", "after"),
    [("Minor", [], "uncertain"), ("Minor", [ACCOUNT], "due"), ("Extreme", [], "due")],
)
async def test_what_was_started_is_sent_again_only_where_that_is_worth_it(
    engine: Engine, house: House, severity: str, repeating: list[str], after: str
) -> None:
    with engine.begin() as conn:
        alert = _owned(conn, house, "gone", started=4, severity=severity)
        free_all(conn, Lane.LIVE, repeating, NOON)
        assert _states(conn, alert) == {after: 4}
        assert {*conn.scalars(text("SELECT transmissions FROM delivery"))} == {1}
        assert {*conn.scalars(text("SELECT outcome FROM attempt"))} == {"lost"}


async def test_what_was_started_and_then_stopped_stays_in_doubt(engine: Engine, house: House) -> None:
    with engine.begin() as conn:
        alert = _owned(conn, house, "gone", started=4, severity="Extreme")
        free_all(conn, Lane.LIVE, [ACCOUNT], NOON + timedelta(hours=5))
        assert _states(conn, alert) == {"uncertain": 4}


async def test_a_late_word_of_the_old_owner_takes_nothing(engine: Engine, house: House) -> None:
    with engine.begin() as conn:
        workers.enter(conn, "gone", Lane.LIVE, NOON)
        lives.expanded(conn, house)
        claimed = queue.claim(conn, Lane.LIVE, ACCOUNT, "gone", 10, NOON)
        free_all(conn, Lane.LIVE, (), NOON)
        assert queue.start(conn, [(claim.id, claim.epoch) for claim in claimed], NOON) == set()
        queue.give_back(conn, [(claim.id, claim.epoch) for claim in claimed], NOON)
        mine = queue.claim(conn, Lane.LIVE, ACCOUNT, "new", 10, NOON)
        assert [claim.epoch for claim in mine] == [claimed[0].epoch + 2] * 4


async def test_another_lanes_workers_are_nobodys_business(database: Database, engine: Engine, house: House) -> None:
    with engine.begin() as conn:
        workers.enter(conn, "drill", Lane.DRILL, NOON)
    clock = HandClock()
    watcher = leases(database, clock)
    await watcher.enter()
    await _watched(watcher, clock, STILL_IN * 2)
    with engine.begin() as conn:
        assert workers.known(conn, Lane.DRILL) == ["drill"]


async def test_leaving_hands_back_and_is_forgotten(database: Database, engine: Engine, house: House) -> None:
    with engine.begin() as conn:
        alert = _owned(conn, house, "watcher", started=0)
    await leases(database, HandClock()).leave()
    with engine.begin() as conn:
        assert _states(conn, alert) == {"due": 4}
        assert workers.known(conn, Lane.LIVE) == []


def test_only_one_process_of_a_lane_holds_a_file(tmp_path: Path) -> None:
    file = tmp_path / "omroeper.db"
    first = hold_instance(file, Lane.LIVE)
    with pytest.raises(AlreadyRunning, match="stop it first"):
        hold_instance(file, Lane.LIVE)
    drill: Any = hold_instance(file, Lane.DRILL)
    first.close()
    hold_instance(file, Lane.LIVE).close()
    drill.close()
