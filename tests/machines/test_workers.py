"""Several processes on one PostgreSQL: one drives an account at a time, and nobody is lost when one stops."""

import signal
import time

import pytest

from tests.databases import Databases
from tests.machines.floor import Floor, opened

RECIPIENTS = 240


@pytest.fixture
def url(databases: Databases):
    fresh = databases.create_postgresql()
    yield fresh.url
    databases.drop_postgresql(fresh)


def _one_drives_at_a_time(floor: Floor) -> None:
    """Of each account, no process sends after another took it over, but for what was on its way."""
    for account in floor.accounts:
        turns: list[str] = []
        for item in sorted(item for item in floor.provider.sent if item.account == account):
            if not turns or turns[-1] != item.process:
                turns.append(item.process)
        assert len(turns) == len(set(turns)), (account, turns)


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
        await floor.nobody_is_lost()
        lost = {(row[0]) for row in await floor.asked("SELECT delivery_id FROM attempt WHERE outcome = 'lost'")}
        states = await floor.asked("SELECT id, state FROM delivery")
        # What it had on the wire is in doubt, and no late word of it is taken.
        assert {state for id_, state in states if id_ in lost} <= {"uncertain"}
        assert {state for id_, state in states if id_ not in lost} == {"accepted"}
        assert max(floor.provider.copies().values()) == 1
        late = [item for item in floor.provider.of("one", woken_at) if item.account in mine]
        again = [item for item in late if item.at - woken_at < 0.5]
        assert len(again) <= 4 * len(mine), "no more than what was in its hands when it fell asleep"


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


async def test_a_worker_on_sqlite_says_what_to_do(tmp_path, databases):
    fresh = databases.create_sqlite(tmp_path)
    async with opened(fresh.url, accounts=1) as floor:
        worker = await floor.start("worker", "one")
        assert await worker.ended() == 2
        said = worker.log.read_text()
        assert "omroeper move --to URL" in said
        assert len(said.strip().splitlines()) == 1
