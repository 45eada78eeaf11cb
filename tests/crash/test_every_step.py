"""kill -9 at every step of an alert's life: whatever was taken on is finished by the next life.

The seed says at which call of the step, and how severe the alert is; `SEED=7 pytest …` plays one again. It is
the process that dies, not the machine: what the kernel or the PostgreSQL server has got stays.
"""

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from tests.crash.checking import Trial
from tests.crash.conftest import Home, Kind, Nursery, each, seeds
from tests.crash.living import BATCH, EXPANSION, REPORTED
from tests.crash.traps import CHANNEL_PHASES, STORE_FUNCTIONS, STORE_PHASES, Point

RECIPIENTS = 48
SEVERITIES = ("Extreme", "Severe", "Severe", "Moderate") * 5
KIND = Kind(RECIPIENTS, SEVERITIES)
SENDING = ("started", "sent", "result")
IN_STORE = [(step, phase) for step in STORE_FUNCTIONS for phase in STORE_PHASES]
EVERY = IN_STORE + [("sent", phase) for phase in CHANNEL_PHASES]
CALLS = {
    "submit": 1,
    "approve": 1,
    "expand": -(-RECIPIENTS // EXPANSION),
    "claim": 2,
    "started": 3,
    "sent": RECIPIENTS // BATCH,
    "result": 1,
    "receipt": RECIPIENTS // REPORTED,
    "applied": RECIPIENTS // REPORTED,
}
"""How often each happens at least in a life that nothing ends."""


def _at_random(step: str, phase: str, chance: random.Random) -> Point:
    return Point(step, phase, chance.randint(1, CALLS[step]), chance.randint(1, 6))


class Rounds:
    """Trials by seed. An alert that is on file already is used once: after so many seeds comes a fresh database."""

    def __init__(self, nursery: Nursery, homes: Callable[[Kind], Home], engine: str) -> None:
        self._nursery, self._homes, self._shared = nursery, homes, engine == "postgresql"
        self._home: Home | None = None

    def of(self, step: str) -> int:
        """How many seeds each phase of a step gets: most where calls differ most; PostgreSQL takes twice as long."""
        return 20 if step in ("expand", "claim", *SENDING) and not self._shared else 7

    def _at(self, seed: int) -> tuple[Home, int]:
        place = seed % len(SEVERITIES)
        if self._home is None or place == 0 or not self._shared:
            self._home = self._homes(KIND)
        return self._home, place

    def trial(self, seed: int, steps: Sequence[tuple[str, str]], *, deduplicates: bool = False) -> Trial:
        """Lives that end at these steps and phases, and one that comes to rest."""
        chance = random.Random(f"{seed} {steps}")
        home, place = self._at(seed)
        # Whoever is to be killed while submitting begins with nothing, all others with a submitted alert.
        told = [event | {"i": 0} for event in home.told if event["i"] == place and steps[0][0] != "submit"]
        points = [_at_random(step, phase, chance).as_json() for step, phase in steps]
        life: dict[str, Any] = {
            "url": home.url,
            "severities": [SEVERITIES[place]],
            "deduplicates": deduplicates,
            "reports": any(step in ("receipt", "applied") for step, _ in steps),
        }
        return Trial(self._nursery("lives", told=told, points=[*points, None], **life), told, **life)


@pytest.fixture
def rounds(nursery, homes, engine) -> Rounds:
    return Rounds(nursery, homes, engine)


def _survives(rounds: Rounds, seed: int, step: str, phase: str, *, deduplicates: bool = False) -> None:
    trial = rounds.trial(seed, [(step, phase)], deduplicates=deduplicates)
    trial.check()
    assert [life["killed"] for life in trial.lives] == [True, False]
    if step in ("submit", "approve"):
        assert not trial.copies(0), "sent before it was approved"
    if step == "sent" or (step, phase) in (("started", "done"), ("result", "within"), ("result", "commit")):
        assert trial.started[0], "nothing was on the wire: this kill proves nothing"


def _survives_two(rounds: Rounds, seed: int, step: str, phase: str, *, deduplicates: bool = False) -> None:
    trial = rounds.trial(seed, [(step, phase), (step, phase)], deduplicates=deduplicates)
    trial.check()
    assert trial.lives[0]["killed"]


every_step = pytest.mark.parametrize(("step", "phase"), EVERY)
on_the_wire = pytest.mark.parametrize(("step", "phase"), [(step, phase) for step, phase in EVERY if step in SENDING])


@every_step
def test_a_kill_at_any_step_loses_nobody_and_repeats_only_what_was_on_the_wire(rounds, step, phase):
    each(seeds(rounds.of(step)), lambda seed: _survives(rounds, seed, step, phase))


@on_the_wire
def test_after_two_kills_on_the_wire_there_is_doubt_by_name_and_no_third_copy(rounds, step, phase):
    each(seeds(3), lambda seed: _survives_two(rounds, seed, step, phase))


@on_the_wire
def test_a_gateway_that_knows_references_delivers_once_whatever_is_killed(rounds, step, phase):
    each(seeds(3), lambda seed: _survives_two(rounds, seed, step, phase, deduplicates=True))


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
