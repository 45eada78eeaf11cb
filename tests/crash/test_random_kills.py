"""A broadcast of several alerts whose process is killed over and over, wherever it happens to be."""

import random
from typing import Any

import pytest

from tests.crash.checking import Trial
from tests.crash.homes import Kind
from tests.crash.rounds import each, seeds
from tests.crash.traps import CHANNEL_PHASES, Point

SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor")


def _anywhere(chance: random.Random) -> Point:
    """A function that begins, commits or has committed; a statement; a message; or just some instant."""
    match chance.randrange(4):
        case 0:
            return Point("any", "", chance.randint(6, 30))
        case 1:
            step = chance.choice(["claim", "started", "result"])  # what comes again as long as there is work
            return Point(step, "within", chance.randint(1, 2), chance.randint(1, 6))
        case 2:
            return Point("sent", chance.choice(CHANNEL_PHASES), chance.randint(1, 5))
        case _:
            return Point("time", "", chance.randint(40, 120))


def _survives(nursery, homes, seed: int, recipients: int, kills: int, *, deduplicates: bool) -> None:
    """So many lives that are killed, and one that comes to rest."""
    chance = random.Random(seed)
    home = homes(Kind(recipients, SEVERITIES))
    points = [_anywhere(chance).as_json() for _ in range(kills)]
    life: dict[str, Any] = {"url": home.url, "severities": SEVERITIES, "deduplicates": deduplicates, "reports": False}
    trial = Trial(nursery("lives", told=home.told, points=[*points, None], **life), home.told, **life)
    trial.check()
    assert len(trial.started) == kills, "all was done before the last kill"
    assert any(trial.started), "none of these kills hit anything on the wire"


@pytest.mark.parametrize("deduplicates", [False, True])
def test_kills_at_random_lose_nobody_and_make_no_third_copy(nursery, homes, deduplicates):
    each(seeds(1), lambda seed: _survives(nursery, homes, seed, 120, 4, deduplicates=deduplicates))


@pytest.mark.soak
@pytest.mark.parametrize("deduplicates", [False, True])
def test_two_hundred_kills_over_ten_thousand_deliveries_lose_nobody(nursery, homes, deduplicates):
    each(seeds(1, first=100), lambda seed: _survives(nursery, homes, seed, 2_500, 200, deduplicates=deduplicates))
