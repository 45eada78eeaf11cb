"""A broadcast whose process is told to stop over and over, as an upgrade does it (R7): each drains, and the next one
goes on as if nothing had been.

`SEED=7 pytest …` plays one again. Only the bar of the soak asserts a time.
"""

import random
from typing import Any

import pytest

from tests.crash.checking import Trial
from tests.crash.homes import Kind
from tests.crash.rounds import each, seeds
from tests.crash.traps import Point

SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor")
DRAINS_IN = 25.0


def _goes_on(nursery, homes, seed: int, recipients: int, stops: int) -> Trial:
    """So many lives that are told to stop, and one that comes to rest."""
    chance = random.Random(seed)
    home = homes(Kind(recipients, SEVERITIES))
    points = [Point("stop", "", chance.randint(40, 120)).as_json() for _ in range(stops)]
    life: dict[str, Any] = {"url": home.url, "severities": SEVERITIES, "deduplicates": False, "reports": False}
    trial = Trial(nursery("lives", told=home.told, points=[*points, None], **life), home.told, **life)
    trial.check()
    trial.check_drained()
    assert len(trial.started) == stops, "all was done before the last stop"
    return trial


def test_a_broadcast_goes_on_over_every_restart_without_a_second_copy(nursery, homes):
    each(seeds(1), lambda seed: _goes_on(nursery, homes, seed, 150, 5))


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_two_hundred_restarts_lose_nobody_send_nothing_twice_and_drain_in_time(nursery, homes):
    def check(seed: int) -> None:
        trial = _goes_on(nursery, homes, seed, 8_000, 200)
        drained = [event["took"] for life in trial.lives for event in life["told"] if event["told"] == "drained"]
        assert max(drained) <= DRAINS_IN

    each(seeds(1, first=100), check)
