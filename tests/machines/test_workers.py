"""Several processes on one PostgreSQL: one drives an account at a time, and nobody is lost when one stops."""

import asyncio
import random
import signal
import time

import pytest

from broadcaster.settings import ConfigurationError, load
from broadcaster.wiring.worker import work
from broadcaster.workflow import approving
from tests import lives
from tests.databases import Databases
from tests.machines.floor import STARTED_IN, Floor, Sent, opened

RECIPIENTS = 240


@pytest.fixture
def url(databases: Databases):
    fresh = databases.create_postgresql()
    yield fresh.url
    databases.drop_postgresql(fresh)


async def _nothing_was_claimed_twice(floor: Floor) -> None:
    """Each message left once at most, and what was taken over stayed in doubt: no late word of it was taken."""
    await floor.nobody_is_lost()
    lost = {id_ for (id_,) in await floor.asked("SELECT delivery_id FROM attempt WHERE outcome = 'lost'")}
    states = await floor.asked("SELECT id, state FROM delivery")
    assert {state for id_, state in states if id_ in lost} <= {"uncertain"}
    assert {state for id_, state in states if id_ not in lost} <= {"accepted", "halted"}
    assert max(floor.provider.copies().values()) == 1


def _others(floor: Floor, account: str, process: str, since: float) -> list[Sent]:
    return [
        item for item in floor.provider.sent if item.account == account and item.process != process and item.at > since
    ]


async def test_a_worker_that_was_suspended_finds_its_accounts_driven_by_others_and_sends_nothing_of_theirs(url):
    async with opened(url, accounts=4, per_second=12, recipients=RECIPIENTS) as floor:
        first = await floor.start("worker", "one")
        await floor.start("worker", "two")
        before = await floor.shared_out(2, 2)
        alert = await floor.queued(RECIPIENTS, severity="Minor")
        await floor.until(lambda: len(floor.provider.of("one")) >= 8 and len(floor.provider.of("two")) >= 8)
        first.signal(signal.SIGSTOP)
        stopped_at = time.monotonic()
        await floor.shared_out(4)
        assert set((await floor.drivers()).values()) < set(before.values())
        mine = {item.account for item in floor.provider.of("one")}
        await floor.until(lambda: mine <= {item.account for item in floor.provider.of("two", stopped_at)})
        first.signal(signal.SIGCONT)
        woken_at = time.monotonic()
        await floor.shared_out(2, 2)  # it is one of them again
        await floor.settled(alert)
        await _nothing_was_claimed_twice(floor)
        late = [item for item in floor.provider.of("one", woken_at) if item.account in mine]
        again = [item for item in late if item.at - woken_at < 0.5]
        assert len(again) <= 4 * len(mine), "no more than what was in its hands when it fell asleep"
        first.signal(signal.SIGTERM)
        assert await first.ended() == 0
        assert await floor.asked("SELECT count(*) FROM worker") == [(1,)], "one that ends says so"


@pytest.mark.soak
async def test_a_worker_that_ends_hands_its_accounts_over_at_once_and_one_that_joins_gets_its_share(url):
    async with opened(url, accounts=3, per_second=10, recipients=RECIPIENTS, takeover=60) as floor:
        await floor.start("worker", "one")
        await floor.shared_out(3)
        alert = await floor.queued(RECIPIENTS)
        await floor.until(lambda: len(floor.provider.of("one")) > 10)
        second = await floor.start("worker", "two")
        await floor.shared_out(1, 2)
        await floor.until(lambda: len(floor.provider.of("two")) > 10)
        second.signal(signal.SIGTERM)
        assert await second.ended() == 0
        await floor.shared_out(3)  # long before anybody's silence would count
        await floor.settled(alert)
        await floor.nobody_is_lost()
        assert {state for (state,) in await floor.asked("SELECT state FROM delivery")} == {"accepted"}
        assert set(floor.provider.copies().values()) == {1}
        assert await floor.asked("SELECT count(*) FROM worker") == [(1,)]


def test_a_worker_on_sqlite_says_what_to_do(tmp_path):
    (tmp_path / "omroeper.toml").write_text(lives.CONFIGURATION)
    with pytest.raises(ConfigurationError, match="omroeper move --to URL"):
        asyncio.run(work(load(tmp_path / "omroeper.toml", {}), asyncio.Event()))


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_eight_workers_and_three_schedulers_take_over_within_half_a_minute(url):
    """R4: eight accounts, eight workers, three hubs; each in turn suspended beyond its lease, and woken."""
    chance, rounds, took = random.Random(4), 12, list[float]()
    total = 8 * 4 * 420
    async with opened(url, accounts=8, per_second=4, recipients=total, takeover=20) as floor:
        names = [f"w{i}" for i in range(8)]
        for name in names:
            await floor.start("worker", name)
        for name in ("h1", "h2", "h3"):
            await floor.start("serve", name)
        await floor.shared_out(*[1] * 8)  # of eleven that could
        alert = await floor.queued(total, severity="Minor")
        for _ in range(rounds):
            since = time.monotonic()
            await floor.until(lambda since=since: len({s.process for s in floor.provider.sent if s.at > since}) >= 7)
            sending = {item.process for item in floor.provider.sent if item.at > since}
            name = chance.choice(sorted(sending))
            mine = {item.account for item in floor.provider.of(name, time.monotonic() - 5)}
            floor.machines[name].signal(signal.SIGSTOP)
            at = time.monotonic()
            for account in sorted(mine):
                await floor.until(lambda taken=(account, name, at + 0.5): _others(floor, *taken), 60)
                took.append(min(item.at for item in _others(floor, account, name, at + 0.5)) - at)
            floor.machines[name].signal(signal.SIGCONT)
            await asyncio.sleep(chance.uniform(2, 6))
        caller, now = floor.house.callers["bert"], floor.house.clock.now()
        await floor.house.store.run(approving.halt, caller, alert.id, now)
        await floor.settled(alert)
        await _nothing_was_claimed_twice(floor)
        took.sort()
        print(f"R4: {rounds} suspended, takeover median {took[len(took) // 2]:.1f} s, longest {took[-1]:.1f} s")  # noqa: T201
        assert took[-1] <= 30


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_a_halt_is_heard_by_eight_processes_within_two_seconds(url):
    """R12: eight accounts, eight workers, each a process; the halt comes from none of them."""
    queued, names = 100_000, [f"w{i}" for i in range(8)]
    async with opened(url, accounts=8, per_second=200, recipients=queued) as floor:
        for name in names:
            await floor.start("worker", name)
        await floor.shared_out(*[1] * 8)
        alert = await floor.queued(queued, severity="Minor")
        since = time.monotonic()
        await floor.until(lambda: all(len(floor.provider.of(name, since)) > 200 for name in names), STARTED_IN)
        caller, now = floor.house.callers["bert"], floor.house.clock.now()
        asked = time.monotonic()
        await floor.house.store.run(approving.halt, caller, alert.id, now)
        halted = time.monotonic()
        sending = {item.process for item in floor.provider.sent if item.at > asked - 2}
        await floor.settled(alert, timeout_in=300)
        last, after = floor.provider.sent[-1].at, [item for item in floor.provider.sent if item.at > halted]
        await _nothing_was_claimed_twice(floor)
        states = dict(await floor.asked("SELECT state, count(*) FROM delivery GROUP BY 1"))
        print(  # noqa: T201
            f"R12: halted in {halted - asked:.2f} s; {len(after)} messages of {len({item.process for item in after})}"
            f" processes came after it, the last {last - halted:.2f} s after; {states}"
        )
        assert sending == set(names), "each was sending when it came"
        assert states["halted"] > queued // 4
        assert last - halted <= 2
