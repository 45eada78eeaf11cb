"""The engine lives through seeded faults on a virtual clock, and through nothing that may not be (R2).

A run is its seed: `make test ARGS="tests/simulation --seed 17 -s -n 0"` shows all of run 17 once more.
"""

import asyncio
import sys

import pytest

from tests.simulation.loop import Process, Stuck, VirtualLoop
from tests.simulation.world import Ending, live

SHOWN = 60


def _story(ending: Ending, lines: int = SHOWN) -> str:
    """What was wrong, what came last, and how to see it again."""
    wrong = "\n  ".join(ending.wrong[:20])
    again = f'make test ARGS="tests/simulation --seed {ending.seed} -s -n 0"'
    return f"seed {ending.seed}:\n  {wrong}\n" + "\n".join(ending.trace[-lines:]) + f"\nonce more: {again}"


def test_whatever_happens_nothing_is_lost_doubled_or_sent_that_may_not_be(seeds: range, is_chosen: bool) -> None:
    for seed in seeds:
        ending = live(seed)
        if is_chosen:
            sys.stdout.write("\n".join([*ending.trace, ending.digest, ""]))
        assert not ending.wrong, _story(ending)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_nor_in_ten_thousand_other_lives(more_seeds: range) -> None:
    for seed in more_seeds:
        ending = live(seed)
        assert not ending.wrong, _story(ending)


@pytest.mark.parametrize("number", [1, 3, 7, 12])
def test_a_seed_is_the_same_run_every_time(number: int) -> None:
    first, again = live(number), live(number)
    assert first.trace == again.trace
    assert first.digest == again.digest
    assert first.digest != live(number + 100).digest


# --- the loop itself -------------------------------------------------------------------------------


@pytest.fixture
def loop() -> VirtualLoop:
    return VirtualLoop()


def test_an_hour_of_waiting_takes_no_time(loop: VirtualLoop) -> None:
    async def waits() -> list[float]:
        await asyncio.gather(asyncio.sleep(3600), asyncio.sleep(1800))
        return [loop.time()]

    assert loop.run_until_complete(waits()) == [3600.0]
    loop.close()


def test_a_paused_process_goes_on_where_it_was(loop: VirtualLoop) -> None:
    said: list[tuple[str, float]] = []

    async def works() -> None:
        for step in ("one", "two", "three"):
            said.append((step, loop.time()))
            await asyncio.sleep(1)

    async def story() -> None:
        process = Process("worker")
        working = loop.run_in(process, works())
        await asyncio.sleep(0.5)
        process.is_paused = True
        await asyncio.sleep(10)
        loop.resume(process)
        await working

    loop.run_until_complete(story())
    loop.close()
    assert said == [("one", 0.0), ("two", 10.5), ("three", 11.5)]


def test_what_turns_round_without_waiting_is_found(loop: VirtualLoop) -> None:
    async def spins() -> None:
        while True:  # noqa: ASYNC110 - this is the mistake
            await asyncio.sleep(0)

    async def waits_for_nothing() -> None:
        await asyncio.Event().wait()

    for coroutine, says in ((spins(), "never ends"), (waits_for_nothing(), "nothing will")):
        task = loop.run_in(None, coroutine)
        with pytest.raises(Stuck, match=says):
            loop.run_until_complete(task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)
    loop.close()
