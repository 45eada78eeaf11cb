"""Ready means that it can do its work: each reason why it cannot, in a sentence."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from broadcaster.clock import SystemClock
from broadcaster.schedule import Ticker
from broadcaster.store.room import Room
from broadcaster.wiring.child import DrillChild
from broadcaster.wiring.watch import Watch, stopped_kinds
from tests.clocks import HandClock
from tests.houses import TestHouse, house


@dataclass(slots=True)
class Part:
    """A part as the watch sees it."""

    running: bool = True
    broken: bool = False
    gone_in: float = 0.0
    ticks: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    @property
    def engine(self) -> "Part":
        return self

    def late(self) -> list[str]:
        return self.ticks


@pytest.fixture
async def h(store_url: str) -> AsyncIterator[TestHouse]:
    async with house(store_url) as opened:
        yield opened


def _watch(h: TestHouse, part: Part, **more: Any) -> Watch:
    whole: Any = part
    return replace(Watch(h.store, Room(h.folder, 0), whole, whole, whole, whole), **more)


async def test_all_is_well(h: TestHouse) -> None:
    assert await _watch(h, Part()).reasons() == []


async def test_each_part_that_does_not_do_its_work_is_named(h: TestHouse) -> None:
    broken = Part(running=False, broken=True, gone_in=16.0, ticks=["boards", "facts"], stuck=["01ALERT"])
    reasons = await _watch(h, broken, room=Room(h.folder, 2**60)).reasons()
    for words in ("journal", "engine", "drill process", "boards, facts", "01ALERT", "MB left"):
        assert [reason for reason in reasons if words in reason], words
    assert len(reasons) == 6


async def test_a_drill_process_that_is_just_being_replaced_is_no_reason(h: TestHouse) -> None:
    assert await _watch(h, Part(gone_in=5.0)).reasons() == []


async def test_a_database_that_is_away_or_older_is_a_reason(h: TestHouse) -> None:
    class Away:
        async def read(self, *_args: Any) -> None:
            raise OperationalError("SELECT", {}, Exception("geheim"))

    [reason] = await _watch(h, Part(), store=Away()).reasons()
    assert reason == "the database does not answer, or has another schema"


def test_a_kind_stops_when_none_of_its_accounts_works() -> None:
    def account(name: str, breaker: str) -> Any:
        return SimpleNamespace(account=name, kind=name.partition(".")[0], breaker=breaker)

    assert list(stopped_kinds([])) == []
    assert list(stopped_kinds([account("sms.a", "open"), account("sms.b", "half-open")])) == []
    found = list(stopped_kinds([account("sms.a", "open"), account("sms.b", "open"), account("email.a", "closed")]))
    assert found == ["no account of sms works: sms.a, sms.b"]


async def test_a_tick_that_does_not_come_round_is_late() -> None:
    clock, stuck = HandClock(), asyncio.Event()

    async def waits() -> None:
        await stuck.wait()

    ticker = Ticker({"boards": (1.0, waits), "facts": (60.0, waits)}, clock)
    assert ticker.late() == []  # not begun
    ticker.start()
    clock.advance(31)
    assert ticker.late() == []
    clock.advance(1)
    assert ticker.late() == ["boards"]
    stuck.set()
    await ticker._tick("boards", waits)
    assert ticker.late() == []
    ticker.stop()


async def test_a_drill_process_that_ends_is_gone_until_another_lives(tmp_path: Path) -> None:
    child = DrillChild(tmp_path / "none.toml", {}, SystemClock())
    assert child.gone_in == 0
    running = asyncio.create_task(child.run())
    while not child.gone_in:  # noqa: ASYNC110 - a process of its own
        await asyncio.sleep(0.01)
    child.stop()
    running.cancel()
