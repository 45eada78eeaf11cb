"""The instant of a release: local times around both clock changes, offsets, nonsense."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.model.release import NoSuchTime, parse_release

HUB = "Europe/Amsterdam"


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("2026-11-23T14:30", HUB, datetime(2026, 11, 23, 13, 30, tzinfo=UTC)),
        ("2026-07-01T14:30", HUB, datetime(2026, 7, 1, 12, 30, tzinfo=UTC)),
        ("2026-07-01T14:30:00+02:00", None, datetime(2026, 7, 1, 12, 30, tzinfo=UTC)),
        ("2026-07-01T12:30:00Z", None, datetime(2026, 7, 1, 12, 30, tzinfo=UTC)),
        ("2026-07-01T14:30:00+02:00", HUB, datetime(2026, 7, 1, 12, 30, tzinfo=UTC)),
        ("2026-07-01T08:30", "America/Curacao", datetime(2026, 7, 1, 12, 30, tzinfo=UTC)),
    ],
)
def test_a_release_is_one_instant(text: str, zone: str | None, at: datetime) -> None:
    release = parse_release(text, zone, HUB)
    assert (release.at, release.zone, release.twice) == (at, zone or HUB, False)


@pytest.mark.parametrize("text", ["2026-03-29T02:00", "2026-03-29T02:30", "2026-03-29T02:59:59"])
def test_a_time_that_the_clock_skips_is_refused(text: str) -> None:
    with pytest.raises(NoSuchTime, match="bestaat niet") as refused:
        parse_release(text, HUB, HUB)
    assert refused.value.field == "release_at"


def test_a_time_that_exists_twice_says_so_and_is_the_first() -> None:
    release = parse_release("2026-10-25T02:30", HUB, HUB)
    assert release.twice
    assert release.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-10-25T01:59:59", "2026-10-25T03:00", "2026-03-29T01:59:59", "2026-03-29T03:00"])
def test_the_minutes_beside_a_clock_change_exist_once(text: str) -> None:
    assert not parse_release(text, HUB, HUB).twice


@pytest.mark.parametrize(
    ("text", "zone", "field"),
    [
        ("morgen", HUB, "release_at"),
        ("", HUB, "release_at"),
        ("2026-02-30T10:00", HUB, "release_at"),
        ("2026-11-23T14:30", None, "timezone"),
        ("2026-11-23T14:30", "Europe/Nergens", "timezone"),
        ("2026-11-23T14:30", "", "timezone"),
        ("2026-11-23T14:30", "../../etc/passwd", "timezone"),
        ("2026-11-23T14:30", "Europe", "timezone"),
        ("2026-11-23T14:30", "\0", "timezone"),
        ("2026-07-01T14:30:00+01:00", HUB, "release_at"),
        ("0001-01-01T00:00", HUB, "release_at"),
        ("9999-12-31T23:59", HUB, "release_at"),
        ("9999-12-31T23:59:59-12:00", None, "release_at"),
    ],
)
def test_what_names_no_instant_is_refused_at_its_field(text: str, zone: str | None, field: str) -> None:
    with pytest.raises(NoSuchTime) as refused:
        parse_release(text, zone, HUB)
    assert refused.value.field == field


@settings(derandomize=True, deadline=None)
@given(
    st.integers(0, 98 * 365 * 86400).map(
        lambda seconds: datetime.fromisoformat("2001-01-01") + timedelta(seconds=seconds)
    ),
    st.sampled_from([HUB, "America/New_York", "Asia/Kathmandu"]),
)
def test_every_local_time_that_exists_is_read_back_as_it_was_typed(typed: datetime, zone: str) -> None:
    try:
        release = parse_release(typed.isoformat(), zone, HUB)
    except NoSuchTime:
        skipped = typed.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert skipped != typed
        return
    assert release.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == typed
    later = (release.at + timedelta(hours=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert release.twice == (later == typed)


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=30), st.none() | st.text(max_size=20))
def test_no_text_at_all_breaks_the_reading(text: str, zone: str | None) -> None:
    field = ""
    try:
        assert parse_release(text, zone, HUB).at.tzinfo is UTC
    except NoSuchTime as refused:
        field = refused.field
    assert field in ("", "release_at", "timezone")
