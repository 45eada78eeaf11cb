"""GOV.UK Notify: the change of the clock stopped planned sends for a quarter to half an hour.

Planned releases over both nights in 2026 on which the clock of Europe/Amsterdam changes, on a clock turned by
hand: a release is one instant in UTC, whatever the clocks on the wall do.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from broadcaster.model.finding import to_accept
from broadcaster.store import alerts, schedules
from broadcaster.store.alerts import AlertRow
from broadcaster.web.problems import KINDS
from broadcaster.workflow import approving, drafting, publishing
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import HandClock

ZONE = "Europe/Amsterdam"
SPRING, AUTUMN = datetime.fromisoformat("2026-03-29"), datetime.fromisoformat("2026-10-25")  # as on the wall
TICK_IN = 60
GRACE_IN = 600
QUARTERS = [timedelta(minutes=15 * i) for i in range(24)]
"""From midnight to six on the wall: the clock changes at 02:00 or at 03:00."""


def before(night: datetime) -> HandClock:
    """The evening before, when everything is written and approved."""
    return HandClock((night - timedelta(hours=4)).replace(tzinfo=UTC))


def wanted(clock: HandClock, release_at: str, zone: str | None = ZONE) -> dict[str, Any]:
    now = clock.now()
    return {
        "expires": (now + timedelta(hours=24)).isoformat(),
        "next_update": (now + timedelta(hours=20)).isoformat(),
        "release_at": release_at,
        "timezone": zone,
    }


def planned(conn: Connection, house: House, clock: HandClock, release_at: str, zone: str | None = ZONE) -> AlertRow:
    """An alert that two people let go for later, with whatever was to be accepted."""
    now = clock.now()
    alert = lives.submitted(conn, house, now=now, **wanted(clock, release_at, zone))
    return lives.agreed(conn, house, alert, now=now, accepts=to_accept(alerts.findings(conn, alert.id)))


def exists(local: datetime) -> bool:
    return local.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC).astimezone(ZoneInfo(ZONE)).replace(tzinfo=None) == local


def night_through(conn: Connection, house: House, clock: HandClock, hours: float) -> dict[str, list[datetime]]:
    """Tick through a night, twice at each instant as two processes may; when each alert was released."""
    seen: dict[str, list[datetime]] = {}
    for _ in range(int(hours * 3600 / TICK_IN)):
        clock.advance(TICK_IN)
        for alert_id in publishing.release_due(conn, house, clock.now()) + publishing.release_due(
            conn, house, clock.now()
        ):
            seen.setdefault(alert_id, []).append(clock.now())
    return seen


@pytest.mark.parametrize("night", [SPRING, AUTUMN], ids=["forward", "back"])
def test_over_a_change_of_the_clock_no_release_is_missed_doubled_or_late(
    conn: Connection, house: House, night: datetime
) -> None:
    clock = before(night)
    locals_ = [night + quarter for quarter in QUARTERS if exists(night + quarter)]
    assert len(locals_) == (20 if night == SPRING else 24)
    alerts_at = {
        planned(conn, house, clock, local.isoformat()).id: local.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
        for local in locals_
    }
    # The second time that the same hour is on the wall can be asked for by its distance from UTC.
    for quarter in QUARTERS[8:12] if night == AUTUMN else []:
        second = (night + quarter).isoformat() + "+01:00"
        alerts_at[planned(conn, house, clock, second, None).id] = datetime.fromisoformat(second).astimezone(UTC)
    seen = night_through(conn, house, clock, 12)
    assert set(seen) == set(alerts_at)
    for alert_id, at in alerts_at.items():
        [released_at] = seen[alert_id]
        assert timedelta(0) <= released_at - at < timedelta(seconds=TICK_IN), (at, released_at)
    assert Counter(conn.scalars(text("SELECT alert_id FROM expansion"))) == Counter(list(alerts_at))


@pytest.mark.parametrize("step_in", [timedelta(hours=1), -timedelta(hours=1)], ids=["forward", "back"])
def test_a_clock_that_is_set_wrong_by_an_hour_doubles_nothing_and_misses_nothing(
    conn: Connection, house: House, step_in: timedelta
) -> None:
    """A machine whose clock follows the wall: what it passed over is held for an officer, and never sent twice."""
    clock = before(SPRING)
    base = clock.now()
    planned_ids = {
        planned(conn, house, clock, (base + timedelta(minutes=15 * i)).isoformat(), None).id for i in range(1, 13)
    }
    seen = night_through(conn, house, clock, 1)
    clock.step(step_in)
    seen |= night_through(conn, house, clock, 5)
    held = {alert_id for alert_id in planned_ids if schedules.state(conn, alert_id) == "held"}
    assert {len(times) for times in seen.values()} == {1}
    assert set(seen) | held == planned_ids
    assert not set(seen) & held
    assert bool(held) is (step_in > timedelta(0))


# --- what is typed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("local", ["2026-03-29T02:00", "2026-03-29T02:30", "2026-03-29T02:59:59"])
def test_a_time_that_does_not_exist_is_refused_when_it_is_typed(conn: Connection, house: House, local: str) -> None:
    clock = before(SPRING)
    draft = lives.drafted(conn, house, now=clock.now())
    content = drafting.parse(lives.words(clock.now(), **wanted(clock, local)))
    for typing in (
        lambda: drafting.create(conn, house, lives.ANNA, content, clock.now()),
        lambda: drafting.revise(conn, house, lives.ANNA, draft.id, 1, wanted(clock, local), clock.now()),
    ):
        with pytest.raises(Refused) as refused:
            typing()
        assert (refused.value.why, KINDS[refused.value.why.value].status_code) == (Why.INVALID, 422)
        assert [(fault.field, fault.rule) for fault in refused.value.faults] == [("release_at", "no-such-time")]


def test_a_time_that_is_there_twice_is_the_first_once_an_approver_accepts_that(conn: Connection, house: House) -> None:
    clock = before(AUTUMN)
    alert = lives.submitted(conn, house, now=clock.now(), **wanted(clock, "2026-10-25T02:30"))
    assert to_accept(alerts.findings(conn, alert.id)) == ["release-twice"]
    with pytest.raises(Refused) as refused:
        lives.agreed(conn, house, alert, now=clock.now())
    assert [(fault.field, fault.rule) for fault in refused.value.faults] == [("accepts", "release-twice")]
    lives.agreed(conn, house, alert, now=clock.now(), accepts=["release-twice"])
    assert alert.release_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("at", ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"])
def test_a_time_with_its_distance_from_utc_is_there_once(conn: Connection, house: House, at: str) -> None:
    clock = before(AUTUMN)
    alert = lives.submitted(conn, house, now=clock.now(), **wanted(clock, at))
    assert to_accept(alerts.findings(conn, alert.id)) == []
    assert alert.release_at == datetime.fromisoformat(at).astimezone(UTC)


# --- a hub that was away ---------------------------------------------------------------------------


def away(conn: Connection, house: House, late_in: int) -> tuple[HandClock, AlertRow]:
    """A release of which the instant passed while nothing ticked."""
    clock = before(SPRING)
    alert = planned(conn, house, clock, "2026-03-29T03:00")
    assert alert.release_at == datetime(2026, 3, 29, 1, tzinfo=UTC)
    clock.step(alert.release_at - clock.now() + timedelta(seconds=late_in))
    return clock, alert


@pytest.mark.parametrize("late_in", [0, 1, GRACE_IN])
def test_a_release_within_its_grace_still_goes(conn: Connection, house: House, late_in: int) -> None:
    clock, alert = away(conn, house, late_in)
    assert publishing.release_due(conn, house, clock.now()) == [alert.id]


def test_a_release_beyond_its_grace_waits_for_an_approver_who_lets_it_go_once(conn: Connection, house: House) -> None:
    clock, alert = away(conn, house, GRACE_IN + 1)
    assert publishing.release_due(conn, house, clock.now()) == []
    assert schedules.state(conn, alert.id) == "held"
    assert not lives.is_released(conn, alert)
    with pytest.raises(Refused) as refused:
        approving.release_held(conn, house, lives.MACHINE, alert.id, clock.now())
    assert refused.value.why is Why.FORBIDDEN
    approving.release_held(conn, house, lives.CARA, alert.id, clock.now())
    assert lives.is_released(conn, alert)
    with pytest.raises(Refused) as again:
        approving.release_held(conn, house, lives.CARA, alert.id, clock.now())
    assert again.value.why is Why.CONFLICT
    assert publishing.release_due(conn, house, clock.now()) == []
