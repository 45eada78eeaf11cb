"""Trials by seed: which alert, where a life ends, and a database for it."""

import os
import random
from collections.abc import Callable, Sequence
from typing import Any

from tests.crash.checking import Trial
from tests.crash.homes import Home, Kind, Nursery
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


Place = tuple[str, str]
"""A step, and a phase of it."""


def _at_random(step: str, phase: str, chance: random.Random, *, sleeps: bool = False) -> Point:
    return Point(step, phase, chance.randint(1, CALLS[step]), chance.randint(1, 6), sleeps)


class Rounds:
    """Trials by seed. An alert that is on file already is used once: after so many seeds comes a fresh database."""

    def __init__(self, nursery: Nursery, homes: Callable[[Kind], Home], engine: str) -> None:
        self._nursery, self._homes, self._shared = nursery, homes, engine == "postgresql"
        self._home: Home | None = None

    def of(self, step: str) -> int:
        """How many seeds each phase of a step gets: at least twelve for the step as a whole."""
        return -(-12 // sum(place == step for place, _ in EVERY))

    def _at(self, seed: int) -> tuple[Home, int]:
        place = seed % len(SEVERITIES)
        if self._home is None or place == 0 or not self._shared:
            self._home = self._homes(KIND)
        return self._home, place

    def lives(self, seed: int, steps: Sequence[Place], *, deduplicates: bool = False) -> Trial:
        """Lives that end at these steps and phases, and one that comes to rest."""
        chance = random.Random(f"{seed} {steps}")
        points = [_at_random(*place, chance).as_json() for place in steps]
        # Whoever is to be killed while submitting begins with nothing, all others with a submitted alert.
        told, life = self._beginning(seed, submitted=steps[0][0] != "submit")
        life |= {"deduplicates": deduplicates, "reports": any(step in ("receipt", "applied") for step, _ in steps)}
        return Trial(self._nursery("lives", told=told, points=[*points, None], **life), told, **life)

    def asleep(self, seed: int, falls: Place, other: Place | None, *, kills: bool = False) -> Trial:
        """A life that falls asleep, another that takes over, the first awake, and a last one. Where there is an
        `other`, the second falls asleep too; or it is killed there, and the first soon after it has woken."""
        chance = random.Random(f"{seed} {falls} {other}")
        last = Point(*falls, CALLS[falls[0]], sleeps=True)  # the second then has little but what the first had
        told, life = self._beginning(seed, submitted=True)
        life |= {"deduplicates": False, "reports": False}
        asked = {
            "falls": (last if other and not kills else _at_random(*falls, chance, sleeps=True)).as_json(),
            "other": _at_random(*other, chance, sleeps=not kills).as_json() if other else None,
            "ends_in": chance.uniform(0.0, 0.1) if kills else None,
        }
        return Trial(self._nursery("asleep", told=told, **asked, **life), told, workers=2, **life)

    def _beginning(self, seed: int, *, submitted: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """What the officers know, and where they live."""
        home, place = self._at(seed)
        told = [event | {"i": 0} for event in home.told if event["i"] == place and submitted]
        return told, {"url": home.url, "severities": [SEVERITIES[place]]}


def seeds(count: int, first: int = 0) -> list[int]:
    """So many from `first`, or the one in the variable SEED: how a run is played again."""
    return [int(os.environ["SEED"])] if "SEED" in os.environ else list(range(first, first + count))


def each(seeds: Sequence[int], check: Callable[[int], None]) -> None:
    """Check every seed; the one that fails is named."""
    for seed in seeds:
        try:
            check(seed)
        except BaseException as error:
            error.add_note(f"seed {seed}: SEED={seed} plays it again")
            raise
