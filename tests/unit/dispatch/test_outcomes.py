"""Writing outcomes: whatever the database does meanwhile, each is written once or named."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from broadcaster.dispatch.outcomes import OutcomeWriter, record_outcomes
from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.store import journal, queue
from broadcaster.store.database import Database
from broadcaster.store.queue import Claimed, Result
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON, HandClock

T = TypeVar("T")
ACCOUNT = "sms.primary"


def _started(conn: Connection, house: House) -> list[Claimed]:
    lives.expanded(conn, house)
    claimed = queue.claim(conn, Lane.LIVE, ACCOUNT, "w", 10, NOON)
    queue.start(conn, [(claim.id, claim.epoch) for claim in claimed], NOON)
    return claimed


def _result(claim: Claimed, **more: Any) -> Result:
    return Result(
        claim.id,
        claim.epoch,
        claim.alert_id,
        **({"state": State.ACCEPTED, "account": ACCOUNT, "outcome": "accepted"} | more),
    )


class Away:
    """A database that is away for its first calls."""

    def __init__(self, store: Database, times: int) -> None:
        self._store, self.left = store, times

    async def run(self, f: Callable[..., T], *args: Any) -> T:
        if self.left:
            self.left -= 1
            raise OperationalError("SELECT 1", {}, OSError("gone"))
        return await self._store.run(f, *args)


async def _written(writer: OutcomeWriter, results: list[Result]) -> None:
    writing = asyncio.create_task(writer.run())
    for result in results:
        await writer.put([result])
    writer.close()
    await writing


async def test_every_outcome_is_written_with_one_line_in_the_journal_per_alert(
    database: Database, engine: Engine, house: House
) -> None:
    with engine.begin() as conn:
        claimed = _started(conn, house)
    await _written(
        OutcomeWriter(database, HandClock()), [_result(claim, provider_ref=f"r{claim.n}") for claim in claimed]
    )
    with engine.begin() as conn:
        assert [*conn.scalars(text("SELECT state FROM delivery"))] == ["accepted"] * 4
        assert [*conn.scalars(text("SELECT provider_ref FROM attempt ORDER BY delivery_id"))] == [
            "r1",
            "r2",
            "r3",
            "r4",
        ]
        attempted = [line["data"] for line in journal.lines(conn) if line["kind"] == "DeliveriesAttempted"]
    assert sum(sum(data.values()) for data in attempted) == 4


async def test_outcomes_outlive_a_database_that_is_away(database: Database, engine: Engine, house: House) -> None:
    with engine.begin() as conn:
        claimed = _started(conn, house)
    clock = HandClock()
    away: Any = Away(database, 5)
    await _written(OutcomeWriter(away, clock), [_result(claim) for claim in claimed])
    assert away.left == 0
    assert clock.slept.count(1.0) == 5
    with engine.begin() as conn:
        assert [*conn.scalars(text("SELECT state FROM delivery"))] == ["accepted"] * 4


async def test_one_outcome_that_cannot_be_written_holds_up_no_other(
    database: Database, engine: Engine, house: House
) -> None:
    with engine.begin() as conn:
        claimed = _started(conn, house)
    unwritable = [_result(claimed[0], account=None), *(_result(claim) for claim in claimed[1:])]
    await _written(OutcomeWriter(database, HandClock()), unwritable)
    with engine.begin() as conn:
        assert sorted(conn.scalars(text("SELECT state FROM delivery"))) == ["accepted"] * 3 + ["started"]


def test_a_stale_outcome_leaves_no_trace(conn: Connection, house: House) -> None:
    claimed = _started(conn, house)
    before = journal.head(conn)
    stale = [_result(claim)._replace(epoch=claim.epoch - 1) for claim in claimed]
    assert record_outcomes(conn, stale, NOON) == 4
    assert [*conn.scalars(text("SELECT state FROM delivery"))] == ["started"] * 4
    assert conn.scalar(text("SELECT count(*) FROM attempt")) == 0
    assert journal.head(conn) == before


def test_the_same_outcome_twice_counts_once(conn: Connection, house: House) -> None:
    claimed = _started(conn, house)
    results = [_result(claim) for claim in claimed]
    assert record_outcomes(conn, results, NOON) == 0
    assert record_outcomes(conn, results, NOON + timedelta(seconds=1)) == 4
    assert conn.scalar(text("SELECT count(*) FROM attempt")) == 4


def test_the_journal_holds_counts_and_no_address(conn: Connection, house: House, tmp_path: Path) -> None:
    claimed = _started(conn, house)
    record_outcomes(conn, [_result(claim, detail="+31600000001 said no") for claim in claimed], NOON)
    assert not any("+316" in str(line) for line in journal.lines(conn))


@pytest.mark.parametrize("sent", [True, False])
def test_what_was_certainly_not_sent_does_not_count_as_a_copy(conn: Connection, house: House, sent: bool) -> None:
    claimed = _started(conn, house)
    again = [_result(c, state=State.DUE, outcome="x", sent=sent, burned=sent, due_at=NOON) for c in claimed]
    assert record_outcomes(conn, again, NOON) == 0
    rows = conn.execute(text("SELECT state, transmissions, attempts, owner FROM delivery")).all()
    assert {tuple(row) for row in rows} == {("due", int(sent), int(sent), None)}
