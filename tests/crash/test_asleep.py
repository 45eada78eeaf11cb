"""A worker that was only asleep: another has taken over, and then it wakes up in the middle of what it did.

On PostgreSQL alone: on SQLite nobody takes over from a process that still holds the instance lock.
"""

import pytest

from tests.crash.rounds import each, seeds

FALLS = [
    ("claim", "done"),
    ("started", "done"),
    ("sent", "before"),
    ("sent", "taken"),
    ("sent", "answered"),
    ("result", "done"),
]


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.mark.parametrize("falls", FALLS, ids="-".join)
def test_who_was_asleep_takes_nothing_that_another_has_taken_over(rounds, falls):
    each(seeds(3), lambda seed: _settles(rounds.asleep(seed, falls, None, None)))


@pytest.mark.parametrize("falls", FALLS, ids="-".join)
def test_who_wakes_and_is_killed_leaves_nobody_behind(rounds, falls):
    each(seeds(3), lambda seed: _settles(rounds.asleep(seed, falls, ("started", "done"), ("sent", "taken"))))


def _settles(trial) -> None:
    trial.check()
    assert not trial.lives[2]["killed"]
