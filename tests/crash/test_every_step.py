"""kill -9 at every step of an alert's life: whatever was taken on is finished by the next life.

The seed says at which call of the step, and how severe the alert is; `SEED=7 pytest …` plays one again. It is
the process that dies, not the machine: what the kernel or the PostgreSQL server has got stays.
"""

from functools import partial

import pytest

from tests.crash.rounds import EVERY, SENDING, Rounds, each, seeds


def _survives(rounds: Rounds, seed: int, step: str, phase: str, *, deduplicates: bool = False) -> None:
    trial = rounds.lives(seed, [(step, phase)], deduplicates=deduplicates)
    trial.check()
    assert [life["killed"] for life in trial.lives] == [True, False]
    if step in ("submit", "approve"):
        assert not trial.copies(0), "sent before it was approved"
    if step == "sent" or (step, phase) in (("started", "done"), ("result", "within"), ("result", "commit")):
        assert trial.started[0], "nothing was on the wire: this kill proves nothing"


def _survives_two(rounds: Rounds, seed: int, step: str, phase: str, *, deduplicates: bool = False) -> None:
    trial = rounds.lives(seed, [(step, phase), (step, phase)], deduplicates=deduplicates)
    trial.check()
    assert trial.lives[0]["killed"]


every_step = pytest.mark.parametrize(("step", "phase"), EVERY)
on_the_wire = pytest.mark.parametrize(("step", "phase"), [(step, phase) for step, phase in EVERY if step in SENDING])


@every_step
def test_a_kill_at_any_step_loses_nobody_and_repeats_only_what_was_on_the_wire(rounds, step, phase):
    each(seeds(rounds.of(step)), lambda seed: _survives(rounds, seed, step, phase))


@on_the_wire
def test_after_two_kills_on_the_wire_there_is_doubt_by_name_and_no_third_copy(rounds, step, phase):
    each(seeds(2), lambda seed: _survives_two(rounds, seed, step, phase))


@on_the_wire
def test_a_gateway_that_knows_references_delivers_once_whatever_is_killed(rounds, step, phase):
    each(seeds(2), lambda seed: _survives_two(rounds, seed, step, phase, deduplicates=True))


@pytest.mark.soak
@every_step
def test_a_hundred_seeds_of_each_step_lose_nobody(rounds, step, phase):
    each(seeds(34, first=100), lambda seed: _survives(rounds, seed, step, phase))


@pytest.mark.soak
@on_the_wire
def test_a_hundred_seeds_of_two_kills_make_no_third_copy(rounds, step, phase):
    for deduplicates in (False, True):
        check = partial(_survives_two, rounds, step=step, phase=phase, deduplicates=deduplicates)
        each(seeds(34, first=100), check)
