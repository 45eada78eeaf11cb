"""The line of how many have it."""

import random
from datetime import UTC, datetime, timedelta

from broadcaster.model.delivery import State
from broadcaster.store.reached import STEP, Pile, Reached
from broadcaster.web.console.curve import HEIGHT, WIDTH, curve, ready_at

BEGAN = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def _reached(counts: list[int], missing: int, read_in: int = 600) -> Reached:
    steps, by_then = [], 0
    for n, count in enumerate(counts, 1):
        by_then += count
        if count:
            steps.append((BEGAN + STEP * n, by_then))
    piles = (Pile("sms", "nl", State.DELIVERED, None, by_then), Pile("sms", "nl", State.DUE, None, missing))
    return Reached(piles, tuple(steps), BEGAN + timedelta(seconds=read_in))


def test_the_line_only_rises_stays_in_its_box_and_ends_at_what_was_reached():
    for seed in range(200):
        rng = random.Random(seed)
        counts = [rng.choice([0, 0, 1, rng.randint(1, 5000)]) for _ in range(rng.randint(1, 400))] + [1]
        missing = rng.choice([0, rng.randint(1, 9000)])
        found = _reached(counts, missing, 4000)
        line = curve(found, BEGAN, missing)
        assert line is not None
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in line.points)
        assert line.points == tuple(sorted(line.points, key=lambda point: (point[0], -point[1])))
        assert line.points[0] == (0, HEIGHT)
        assert line.points[-1] == (WIDTH, HEIGHT - round(HEIGHT * found.has_it / found.total))
        assert len(line.points) < 260
        assert list(line.marks) == sorted(line.marks)


def test_it_says_when_half_and_nearly_all_had_it():
    line = curve(_reached([50, 30, 15, 4, 1], 0), BEGAN, 0)
    assert line is not None
    assert line.shares == ((50, BEGAN + STEP), (95, BEGAN + STEP * 3))
    line = curve(_reached([50, 30], 20), BEGAN, 20)
    assert line is not None
    assert [share for share, _ in line.shares] == [50]
    assert curve(_reached([], 5), BEGAN, 5) is None


def test_when_it_is_ready_follows_from_the_last_minute_and_nobody_can_say_when_nothing_moves():
    found = _reached([60] * 12, 600, read_in=60)  # twelve a second
    line = curve(found, BEGAN, 600)
    assert line is not None
    assert ready_at(line, 600, found.read_at) == found.read_at + timedelta(seconds=50)
    stuck = _reached([60] * 12, 600, read_in=3600)
    assert ready_at(curve(stuck, BEGAN, 600), 600, stuck.read_at) is None
    assert ready_at(line, 0, found.read_at) is None
