"""When somebody is reminded, and how loud a page says that something waits."""

from datetime import timedelta

import pytest

from broadcaster.model.cap import Severity
from broadcaster.model.reminding import Loudness, Turn, limits, loudness, turn
from tests.clocks import NOON

FIVE = timedelta(minutes=5)


@pytest.mark.parametrize(("minutes", "n"), [(0, 0), (4.9, 0), (5, 1), (47, 9)])
def test_only_the_latest_turn_counts_whatever_was_missed(minutes: float, n: int) -> None:
    assert turn(NOON, FIVE, NOON + timedelta(minutes=minutes)) == Turn(n, NOON + n * FIVE)


def test_before_the_first_there_is_none() -> None:
    assert turn(NOON, FIVE, NOON - timedelta(milliseconds=1)) is None


@pytest.mark.parametrize("severity", Severity)
def test_it_begins_calm_and_grows_louder_at_its_limits(severity: Severity) -> None:
    late, very_late = limits(severity)
    moment = timedelta(seconds=1)
    assert [loudness(severity, at) for at in (timedelta(), late - moment, late, very_late - moment, very_late)] == [
        Loudness.CALM,
        Loudness.CALM,
        Loudness.LATE,
        Loudness.LATE,
        Loudness.VERY_LATE,
    ]


def test_the_graver_it_is_the_sooner_it_is_late() -> None:
    found = [limits(severity) for severity in (Severity.EXTREME, Severity.SEVERE, Severity.MODERATE, Severity.MINOR)]
    assert found == sorted(found)
    assert limits(Severity.UNKNOWN) == limits(Severity.SEVERE)
