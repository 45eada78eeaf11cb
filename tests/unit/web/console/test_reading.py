"""Changes, times and counts as an officer reads them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from broadcaster.model.delivery import State
from broadcaster.web.console import progress
from broadcaster.web.console.changes import between, pieces
from broadcaster.web.console.times import Times
from broadcaster.web.console.words import Words

NOW = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
TIMES = Times(Words("nl"), ZoneInfo("Europe/Amsterdam"), NOW)


def test_only_the_words_that_changed_are_marked():
    assert list(pieces("Blijf thuis als dat kan.", "Blijf binnen als dat kan.")) == [
        ("same", "Blijf "),
        ("gone", "thuis"),
        ("new", "binnen"),
        ("same", " als dat kan."),
    ]


def test_every_field_that_differs_is_named_once_and_nothing_else():
    before = {"event": "Brand", "areas": ["noord"], "infos": {"nl": {"headline": "Brand"}, "en": {"headline": "Fire"}}}
    after = {"event": "Brand", "areas": ["noord", "zuid"], "infos": {"nl": {"headline": "Grote brand"}}}
    found = between(before, after)
    assert {(change.field, change.language) for change in found} == {
        ("areas", ""),
        ("headline", "nl"),
        ("headline", "en"),
    }
    assert [change.pieces for change in found if change.language == "en"] == [(("gone", "Fire"),)]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW, "23:30"),
        (NOW + timedelta(hours=1), "morgen 00:30"),
        (NOW - timedelta(days=1), "gisteren 23:30"),
        (NOW + timedelta(days=3), "vr 27 nov 23:30"),
        (NOW + timedelta(days=60), "za 23 jan 2027 23:30"),
    ],
)
def test_a_time_has_its_day_when_it_is_not_today(at, said):
    assert TIMES.said(at) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(5, "zojuist"), (60, "1 minuut geleden"), (240, "4 minuten geleden"), (7200, "2 uur geleden")]
)
def test_a_while_is_said_in_words(seconds, said):
    assert TIMES.passed(NOW - timedelta(seconds=seconds)) == said


def test_every_state_of_a_delivery_is_in_exactly_one_group():
    grouped = [state for group in progress.GROUPS.values() for state in group]
    assert sorted(grouped) == sorted(State)


def test_a_bar_has_room_for_one_among_many_and_never_runs_over():
    (bar,) = progress.bars({"sms": {"delivered": 99_999, "failed": 1, "uncertain": 1}})
    assert bar.total == 100_001
    assert {name for name, _, _ in bar.parts} == {"delivered", "failed", "uncertain"}
    assert all(width >= 1 and begin + width <= 1000 for _, begin, width in bar.parts)
