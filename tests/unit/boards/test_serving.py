import asyncio
import itertools

import pytest

from broadcaster.boards.serving import SLICE, Boards, etag_of, signed
from broadcaster.model.board import Mode

FIVE, SIX = signed("five", 5), signed("six", 6)


@pytest.fixture
def boards():
    boards = Boards()
    boards.publish("noord", Mode.LIVE, FIVE)
    return boards


async def started(*waits):
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.sleep(0)
    return tasks


async def test_a_point_without_a_board_has_none(boards):
    assert boards.current("zuid", Mode.LIVE) is None
    assert boards.current("noord", Mode.EXERCISE) is None
    assert await boards.wait("zuid", Mode.LIVE, 0, 0.0) is None


async def test_who_has_an_older_board_is_answered_at_once(boards):
    assert await boards.wait("noord", Mode.LIVE, 4, 1000.0) is FIVE


async def test_who_was_told_a_number_that_never_was_is_answered_at_once(boards):
    assert await boards.wait("noord", Mode.LIVE, 2**53 - 1, 1000.0) is FIVE


async def test_who_has_other_bytes_of_the_same_number_is_answered_at_once(boards):
    assert await boards.wait("noord", Mode.LIVE, 5, 1000.0, '"other"') is FIVE
    (waiting,) = await started(boards.wait("noord", Mode.LIVE, 5, 1000.0, FIVE.etag))
    assert not waiting.done()
    boards.publish("noord", Mode.LIVE, SIX)
    assert await waiting is SIX


async def test_a_new_board_wakes_everyone_at_its_point_and_nobody_else(boards):
    here = await started(*(boards.wait("noord", Mode.LIVE, 5, 1000.0) for _ in range(1000)))
    (drill, elsewhere) = await started(
        boards.wait("noord", Mode.EXERCISE, 0, 1000.0), boards.wait("zuid", Mode.LIVE, 0, 1000.0)
    )
    boards.publish("noord", Mode.LIVE, SIX)
    assert await asyncio.gather(*here) == [SIX] * 1000
    assert not drill.done()
    assert not elsewhere.done()
    for task in (drill, elsewhere):
        task.cancel()
    await asyncio.wait([drill, elsewhere])


async def test_a_crowd_is_answered_in_slices_so_that_other_work_goes_on_between(boards):
    crowd = await started(*(boards.wait("noord", Mode.LIVE, 5, 1000.0) for _ in range(3 * SLICE)))
    boards.publish("noord", Mode.LIVE, SIX)
    answered = [0]
    while len(answered) < 3 or answered[-1] > answered[-2]:
        await asyncio.sleep(0)
        answered.append(sum(task.done() for task in crowd))
    assert max(after - before for before, after in itertools.pairwise(answered)) <= SLICE
    assert answered[-1] == 3 * SLICE


async def test_everyone_in_a_crowd_is_handed_the_board_before_anyone_goes_on(boards):
    told = []
    crowd = [
        boards.next("noord", Mode.LIVE, 1000.0, lambda board, n=n: not told.append((n, board)))
        for n in range(2 * SLICE)
    ]
    deaf = boards.next("noord", Mode.LIVE, 1000.0, lambda _: False)
    for wait in (*crowd, deaf):
        wait.add_done_callback(lambda _: told.append("done"))
    boards.publish("noord", Mode.LIVE, SIX)
    assert await asyncio.gather(*crowd, deaf) == [True] * (2 * SLICE) + [False]
    assert sorted(told[: 2 * SLICE], key=str) == sorted(((n, SIX) for n in range(2 * SLICE)), key=str)
    assert boards.waiting() == 0


async def test_the_first_board_of_a_point_wakes_who_waited_for_it(boards):
    (waiting,) = await started(boards.wait("zuid", Mode.LIVE, 0, 1000.0))
    boards.publish("zuid", Mode.LIVE, FIVE)
    assert await waiting is FIVE


async def test_after_the_wait_the_same_board_comes_back(boards):
    assert await boards.wait("noord", Mode.LIVE, 5, 0.0) is FIVE


async def test_publishing_the_same_board_again_wakes_nobody(boards):
    (waiting,) = await started(boards.wait("noord", Mode.LIVE, 5, 1000.0))
    boards.publish("noord", Mode.LIVE, FIVE)
    await asyncio.sleep(0)
    assert not waiting.done()
    boards.publish("noord", Mode.LIVE, SIX)
    await waiting


async def test_nobody_is_remembered_after_leaving(boards):
    timed_out, gone, served = await started(
        boards.wait("noord", Mode.LIVE, 5, 0.0),
        boards.wait("noord", Mode.LIVE, 5, 1000.0),
        boards.wait("zuid", Mode.LIVE, 0, 1000.0),
    )
    assert boards.waiting() == 3
    gone.cancel()
    boards.publish("zuid", Mode.LIVE, FIVE)
    await asyncio.wait([timed_out, gone, served])
    assert boards.waiting() == 0
    assert not boards._waiting


def test_the_entity_tag_is_strong_and_follows_the_bytes():
    assert etag_of("a") == etag_of("a") != etag_of("b")
    assert etag_of("a").startswith('"')
