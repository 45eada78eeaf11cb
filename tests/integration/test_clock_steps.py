"""Wrong clocks: the wall clock is set an hour or a day ahead or back, or to 1970, while things are planned and
under way (R8). Nothing is missed and nothing doubled; what would go out late is held for an officer.

A running process never sees a step (`SystemClock` counts on from its start), so each step here is a restart.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from broadcaster.clock import SystemClock
from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.store import journal, queue, schedules
from broadcaster.workflow import approving, drafting, publishing
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON, HandClock

STEPS = [
    timedelta(hours=1),
    timedelta(hours=-1),
    timedelta(days=1),
    timedelta(days=-1),
    datetime(1970, 1, 1, 12, tzinfo=UTC) - NOON,
]
AT = NOON + timedelta(minutes=30)


def test_a_running_clock_counts_on_from_its_start() -> None:
    clock = SystemClock()
    first = clock.now(), clock.monotonic()
    second = clock.now(), clock.monotonic()
    assert second[0] >= first[0]
    passed = (second[0] - first[0]).total_seconds()
    assert abs(passed - (second[1] - first[1])) < 0.5
    assert abs(clock.drift()) < timedelta(seconds=5)


@pytest.mark.parametrize("step", STEPS)
def test_a_planned_release_is_neither_missed_nor_doubled(conn: Connection, house: House, step: timedelta) -> None:
    alert = lives.approved(conn, house, release_at=AT.isoformat(), expires=(NOON + timedelta(days=3)).isoformat())
    clock, released = HandClock(), Counter[str]()
    for minute in range(60):
        if minute == 10:
            clock.step(step)
        if minute == 20:
            clock.step(-step)  # somebody put it right
        released.update(publishing.release_due(conn, house, clock.now()))
        clock.advance(60)
    state = schedules.state(conn, alert.id)
    assert (released[alert.id], state) in {(1, "released"), (0, "held")}
    assert (state == "held") == (step > timedelta(minutes=40)), "only what would have gone out late is held"
    if state == "held":
        approving.release_held(conn, house, lives.CARA, alert.id, clock.now())
    assert schedules.released(conn, alert.id)
    released.update(publishing.release_due(conn, house, clock.now() + timedelta(days=2)))
    assert released[alert.id] <= 1


@pytest.mark.parametrize("step", STEPS)
def test_the_journal_keeps_its_order(conn: Connection, house: House, step: timedelta) -> None:
    clock = HandClock()
    for turn in range(4):
        clock.step(step * (-1) ** turn)
        drafting.create(conn, house, lives.ANNA, drafting.parse(lives.words()), clock.now())
    head = journal.verify(conn)
    assert isinstance(head, journal.Head)
    assert [line["seq"] for line in journal.lines(conn)] == [*range(1, head.seq + 1)]


@pytest.mark.parametrize("step", STEPS)
def test_deliveries_under_way_are_each_sent_once_before_the_expiry(
    conn: Connection, house: House, step: timedelta
) -> None:
    lives.expanded(conn, house, expires=(NOON + timedelta(days=3)).isoformat())
    clock, sent = HandClock(), Counter[int]()
    for turn in range(8):
        if turn == 1:
            clock.step(step)
        if turn == 4:
            clock.step(-step)
        claimed = queue.claim(conn, Lane.LIVE, "sms.primary", "w", 1, clock.now())
        started = queue.start(conn, [(item.id, item.epoch) for item in claimed], clock.now())
        sent.update(started)
        done = [queue.Result(c.id, c.epoch, c.alert_id, State.ACCEPTED, "sms.primary", "accepted") for c in claimed]
        queue.record(conn, done, clock.now())
        clock.advance(30)
    assert len(sent) == 4
    assert set(sent.values()) == {1}
