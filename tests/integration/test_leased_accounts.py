"""Accounts leased to one process, on the store itself: fences that hold whatever the processes believe."""

import asyncio

import pytest
from sqlalchemy import Connection, Engine, text

from broadcaster.clock import SystemClock
from broadcaster.dispatch.leases import Leases, free_all
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store import holding, queue, workers
from broadcaster.store.database import Database
from broadcaster.store.hints import Hints
from broadcaster.store.holding import HeldKind
from broadcaster.store.opening import open_database
from broadcaster.wiring.gate import Gate
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON, HandClock
from tests.databases import Store

ACCOUNT = "sms.primary"


def leases(database: Database, clock: HandClock, owner: str, still_in: float = 20) -> Leases:
    return Leases(database, clock, owner, Lane.LIVE, (), still_in, [ACCOUNT])


def _owner(conn: Connection) -> str | None:
    return conn.scalar(text("SELECT owner FROM lease"))


async def test_only_the_holder_of_an_account_claims_for_it(database: Database, engine: Engine, house: House) -> None:
    clock = HandClock()
    one, two = leases(database, clock, "one"), leases(database, clock, "two")
    for each in (one, two):
        await each.enter()
        await each.tick()
    with engine.begin() as conn:
        lives.expanded(conn, house)
        assert workers.claim_leased(conn, Lane.LIVE, ACCOUNT, "two", 10, NOON) == []
        assert len(workers.claim_leased(conn, Lane.LIVE, ACCOUNT, "one", 10, NOON)) == 4


async def test_one_that_was_taken_for_gone_holds_nothing_and_comes_back_as_one_of_them(
    database: Database, engine: Engine, house: House
) -> None:
    clock = HandClock()
    asleep, awake = leases(database, clock, "asleep"), leases(database, clock, "awake")
    for each in (asleep, awake):
        await each.enter()
        await each.tick()
    with engine.begin() as conn:
        lives.expanded(conn, house)
        claimed = workers.claim_leased(conn, Lane.LIVE, ACCOUNT, "asleep", 10, NOON)
        claims = [(claim.id, claim.epoch) for claim in claimed]
    for _ in range(22):
        clock.advance(1)
        await awake.tick()
    await awake.tick()
    assert awake.holdings.drives(ACCOUNT)
    assert not asleep.is_sure(), "it must find out by its own clock before it sends"
    with engine.begin() as conn:
        assert _owner(conn) == "awake"
        assert queue.start(conn, claims, NOON) == set()
        assert workers.claim_leased(conn, Lane.LIVE, ACCOUNT, "asleep", 10, NOON) == []
    await asleep.tick()
    assert not asleep.holdings.drives(ACCOUNT)
    with engine.begin() as conn:
        assert sorted(workers.known(conn, Lane.LIVE)) == ["asleep", "awake"]


async def test_where_one_drives_all_one_that_was_taken_for_gone_claims_nothing_more(
    engine: Engine, house: House
) -> None:
    """It may wake and claim before it hears of it, and die: from one that nobody knows nobody takes over."""
    with engine.begin() as conn:
        workers.enter(conn, "asleep", Lane.LIVE, NOON)
        lives.expanded(conn, house)
        assert len(workers.claim(conn, Lane.LIVE, ACCOUNT, "asleep", 3, NOON)) == 3
        assert free_all(conn, Lane.LIVE, (), NOON) == 3
        assert workers.claim(conn, Lane.LIVE, ACCOUNT, "asleep", 3, NOON) == []


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
async def test_whoever_takes_over_waits_for_the_claim_that_a_killed_process_left_under_way(
    database: Database, engine: Engine, house: House
) -> None:
    """The server ends what a client asked for, also when that client is dead by then."""
    with engine.begin() as conn:
        workers.enter(conn, "killed", Lane.LIVE, NOON)
        lives.expanded(conn, house)
    with engine.begin() as conn:
        assert len(workers.claim(conn, Lane.LIVE, ACCOUNT, "killed", 3, NOON)) == 3
        taking_over = asyncio.create_task(database.run(free_all, Lane.LIVE, (), NOON))
        while not await database.read(_waits_for_a_lock):
            assert not taking_over.done(), "it waits for nobody"
    assert await taking_over == 3


def _waits_for_a_lock(conn: Connection) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(conn.scalar(text(query)))


async def test_whoever_did_not_look_does_not_count_the_time(database: Database, engine: Engine, house: House) -> None:
    """Neither a watcher that slept nor a database that was away makes others silent."""
    clock = HandClock()
    one, two = leases(database, clock, "one"), leases(database, clock, "two")
    for each in (one, two):
        await each.enter()
        await each.tick()
    clock.advance(3600)
    await two.tick()
    await one.tick()
    with engine.begin() as conn:
        assert _owner(conn) == "one"


async def test_an_account_goes_to_another_only_once_nothing_of_it_is_under_way(
    database: Database, engine: Engine, house: House
) -> None:
    clock = HandClock()
    one, two = leases(database, clock, "one"), leases(database, clock, "two")
    for each in (one, two):
        await each.enter()
        await each.tick()
    one.ending = True
    await one.tick()
    await two.tick()
    await one.tick()
    assert one.holdings.leaving == {ACCOUNT}
    assert not one.holdings.drives(ACCOUNT)
    assert not two.holdings.drives(ACCOUNT)
    await one.give([ACCOUNT])
    assert await two.tick() == 1
    assert two.holdings.drives(ACCOUNT)


async def test_a_breaker_that_opens_is_known_to_the_others(database: Database, engine: Engine, house: House) -> None:
    clock = HandClock()
    one, two = leases(database, clock, "one"), leases(database, clock, "two")
    for each in (one, two):
        await each.enter()
        await each.tick()
    await one.tell_open(ACCOUNT, is_open=True)
    await two.tick()
    assert two.holdings.is_open_elsewhere(ACCOUNT)
    await one.leave()
    await two.tick()
    assert two.holdings.drives(ACCOUNT)
    assert not two.holdings.is_open_elsewhere(ACCOUNT), "who takes it over tries it out"


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
async def test_the_server_ends_the_transaction_of_a_process_that_is_suspended_in_it(database: Database) -> None:
    """Or it keeps the journal's lock for as long as it sleeps, and everybody waits."""
    found = await database.run(lambda conn: conn.scalar(text("SHOW idle_in_transaction_session_timeout")))
    assert found == "10s"


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
async def test_a_hint_reaches_the_other_processes_and_is_no_echo(database: Database, store: Store, tmp_path) -> None:
    other = open_database(store.url, home=tmp_path)
    here, there = Signals(), Signals()
    sending = Hints(database, here, SystemClock(), ["look", "too"])
    hearing = Hints(other, there, SystemClock(), ["look"])
    sending.start()
    hearing.start()
    try:
        async with asyncio.timeout(20):
            await sending.listening.wait()
            await hearing.listening.wait()
        echo = asyncio.create_task(here.wait("look", 20))
        heard, foreign = (asyncio.create_task(there.wait(name, 20)) for name in ("look", "too"))
        await asyncio.sleep(0)
        here.hint("too")
        here.hint("look")
        assert await echo  # it wakes its own at once
        assert await heard
        echo = asyncio.create_task(here.wait("look", 0.3))
        assert not await echo
        assert not foreign.done()
        foreign.cancel()
    finally:
        await sending.stop()
        await hearing.stop()
        other.close()


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
async def test_a_database_that_stands_on_another_server_is_held(database: Database, engine: Engine) -> None:
    with engine.begin() as conn:
        assert holding.recognise(conn, NOON) is None, "the first time it is ours"
        assert holding.recognise(conn, NOON) is None
        conn.execute(text("UPDATE installation SET server = '1/00000001/5'"))  # as a copy of that one's would say
        found = holding.recognise(conn, NOON)
        assert found is not None
        assert found.kind is HeldKind.COPY
        assert holding.lift(conn, NOON)
        assert holding.recognise(conn, NOON) is None


async def test_the_gate_opens_once_nothing_is_held_and_lets_nothing_through_before(
    database: Database, engine: Engine
) -> None:
    with engine.begin() as conn:
        holding.hold(conn, HeldKind.ASKED, "a copy to look at", NOON)
    gate, passed = Gate(database), list[str]()

    async def step() -> None:
        passed.append("sent")

    await gate.tick()
    running = asyncio.create_task(gate.run(step))
    await gate.behind(step)()
    await asyncio.sleep(0)
    assert passed == []
    assert gate.held is not None
    with engine.begin() as conn:
        holding.lift(conn, NOON)
    await gate.tick()
    await running
    await gate.behind(step)()
    assert passed == ["sent", "sent"]


async def test_a_process_that_ends_before_the_gate_opens_sends_nothing(database: Database, engine: Engine) -> None:
    with engine.begin() as conn:
        holding.hold(conn, HeldKind.ASKED, "a copy to look at", NOON)
    gate, passed = Gate(database), list[str]()

    async def step() -> None:
        passed.append("sent")

    await gate.tick()
    running = asyncio.create_task(gate.run(step))
    gate.close()
    await running
    assert passed == []
