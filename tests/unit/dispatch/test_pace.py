"""The contracted rate, and a provider's word that nothing may come."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.dispatch.pace import Pace
from tests.clocks import HandClock


async def test_what_is_within_the_rate_does_not_wait() -> None:
    clock = HandClock()
    pace = Pace(10, clock)
    await pace.take(10)
    assert clock.slept == []


async def test_what_is_beyond_the_rate_waits_its_turn() -> None:
    clock = HandClock()
    pace = Pace(10, clock)
    for _ in range(30):
        await pace.take(1)
    assert clock.monotonic() == pytest.approx(2.9)


async def test_idling_saves_up_one_second_and_no_more() -> None:
    clock = HandClock()
    pace = Pace(10, clock)
    clock.advance(3600)
    before = clock.monotonic()
    for _ in range(40):
        await pace.take(1)
    assert clock.monotonic() - before == pytest.approx(2.9)


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 1000), st.lists(st.tuples(st.integers(1, 500), st.floats(0, 5)), min_size=1, max_size=40))
def test_over_any_stretch_no_more_go_than_the_rate_a_second_saved_up_and_one_batch(
    rate: int, batches: list[tuple[int, float]]
) -> None:
    clock = HandClock()
    pace = Pace(rate, clock)

    async def go() -> list[tuple[float, int]]:
        gone = []
        for size, idle in batches:
            clock.advance(idle)
            await pace.take(size)
            gone.append((clock.monotonic(), size))
        return gone

    gone = asyncio.run(go())
    for first, (since, _) in enumerate(gone):
        for last in range(first, len(gone)):
            went = sum(size for _, size in gone[first : last + 1])
            allowed = rate * (gone[last][0] - since + 1) + gone[last][1]
            assert went <= allowed + 1e-6 * went


async def test_nothing_goes_while_a_provider_wants_nothing_and_nobody_waits_for_long() -> None:
    clock = HandClock()
    pace = Pace(1000, clock)
    assert await pace.take(1)
    pace.halt(30)
    assert not await pace.take(1)
    assert clock.slept == []
    clock.advance(29)
    assert pace.held_in() == pytest.approx(1)
    clock.advance(1)
    assert await pace.take(1)


async def test_a_moment_is_waited_for() -> None:
    clock = HandClock()
    pace = Pace(1000, clock)
    pace.halt(0.5)
    assert await pace.take(1)
    assert clock.monotonic() == pytest.approx(0.5)


async def test_a_shorter_halt_does_not_end_a_longer_one() -> None:
    clock = HandClock()
    pace = Pace(1000, clock)
    pace.halt(30)
    pace.halt(1)
    clock.advance(5)
    assert not await pace.take(1)


@pytest.mark.parametrize(("halt", "goes"), [(0.9, True), (30, False)])
async def test_a_halt_holds_even_those_that_were_already_waiting_for_their_turn(halt: float, goes: bool) -> None:
    clock = HandClock()
    pace = Pace(2, clock)
    await pace.take(1)
    waiting = asyncio.create_task(pace.take(1))  # its turn comes in half a second
    await asyncio.sleep(0)
    pace.halt(halt)
    assert await waiting is goes
    assert pace.held_in() == (0 if goes else pytest.approx(30))


async def test_a_step_of_the_wall_clock_changes_no_rate() -> None:
    from datetime import timedelta

    clock = HandClock()
    pace = Pace(10, clock)
    for step in (timedelta(days=1), timedelta(days=-20000)):
        clock.step(step)
        await pace.take(10)
    assert clock.slept == [pytest.approx(1.0)]
