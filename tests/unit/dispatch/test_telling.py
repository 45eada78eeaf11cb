"""What providers say in their answers is kept, whatever the database does meanwhile."""

import asyncio

from sqlalchemy.exc import OperationalError

from broadcaster.channel import Inbound
from broadcaster.dispatch.telling import Teller
from tests.clocks import HandClock

SAID = [Inbound(f"fact {i}".encode(), {}, {}) for i in range(3)]


class Keeper:
    """Keeps what it is told, but not the first `away` times."""

    def __init__(self, away: int = 0) -> None:
        self.away = away
        self.kept: list[tuple[str, bytes]] = []

    async def keep(self, account: str, inbound: Inbound) -> None:
        if self.away:
            self.away -= 1
            raise OperationalError("INSERT", {}, OSError("gone"))
        self.kept.append((account, inbound.body))


async def told(keeper: Keeper, clock: HandClock) -> None:
    teller = Teller(keeper.keep, clock)
    running = asyncio.create_task(teller.run())
    for inbound in SAID:
        teller.tell("telegram.main", inbound)
        await asyncio.sleep(0)
    teller.close()
    await running


async def test_everything_is_kept_once_and_in_order() -> None:
    keeper = Keeper()
    await told(keeper, HandClock())
    assert keeper.kept == [("telegram.main", inbound.body) for inbound in SAID]


async def test_it_waits_for_a_database_that_is_away_for_a_moment() -> None:
    keeper, clock = Keeper(away=5), HandClock()
    await told(keeper, clock)
    assert keeper.kept == [("telegram.main", inbound.body) for inbound in SAID]
    assert clock.slept == [1.0] * 5


async def test_the_end_of_a_process_does_not_wait_for_it_for_good() -> None:
    keeper, clock = Keeper(away=10**9), HandClock()
    await told(keeper, clock)
    assert keeper.kept == []
    assert clock.monotonic() <= 15
