"""Deliveries come from frozen addressees in slices, and every one ends with a name."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.model.cap import Lane
from broadcaster.model.delivery import AT_REST, State
from broadcaster.store import alerts, deliveries, queue
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import publishing
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON

LATER = NOON + timedelta(hours=5)
STOPS = [("halted_at", State.HALTED, NOON), ("superseded_at", State.SUPERSEDED, NOON), (None, State.EXPIRED, LATER)]


def states(conn: Connection, alert: AlertRow) -> Counter[str]:
    return Counter(conn.scalars(text("SELECT state FROM delivery WHERE alert_id = :a"), {"a": alert.id}))


def stop(conn: Connection, alert: AlertRow, how: str | None) -> None:
    if how is not None:
        conn.execute(text(f"UPDATE alert SET {how} = 1 WHERE id = :a"), {"a": alert.id})


def swept(conn: Connection, alert: AlertRow, now: datetime) -> int:
    total = 0
    while alert.id in deliveries.stopped_alerts(conn, alert.lane, now):
        if not (named := deliveries.sweep(conn, alert.id, now)) and not deliveries.settled(conn, alert.id):
            break
        total += named
    return total


def sum_of(conn: Connection, alert: AlertRow) -> int:
    return sum(count for of_kind in deliveries.counts(conn, alert.id).values() for count in of_kind.values())


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(deliveries, "SLICE", 3)
    return 3


@pytest.fixture
def ten(conn: Connection, house: House) -> Connection:
    """An audience of ten."""
    lives.listed(conn, [f"X{i},nl,tien,noord,+317{i:08d},," for i in range(10)])
    return conn


def of_ten(conn: Connection, house: House, **changes: Any) -> AlertRow:
    return lives.approved(conn, house, audience={"groups": ["tien"]}, **changes)


# --- expanding -------------------------------------------------------------------------------------


def test_nothing_expands_before_the_approval(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house)
    assert deliveries.expanding(conn, Lane.LIVE) == []
    assert deliveries.expand(conn, alert.id, lives.ACCOUNTS, NOON) == 0
    assert states(conn, alert) == {}


def test_a_slice_at_a_time_makes_each_addressee_one_delivery(ten: Connection, house: House, small_slices: int) -> None:
    alert = of_ten(ten, house)
    made = []
    while deliveries.expanding(ten, Lane.LIVE):
        made.append(deliveries.expand(ten, alert.id, lives.ACCOUNTS, NOON))
        assert sum_of(ten, alert) == 10
        assert not deliveries.settled(ten, alert.id)
    assert made == [3, 3, 3, 1]
    assert deliveries.expand(ten, alert.id, lives.ACCOUNTS, NOON) == 0
    assert [*ten.scalars(text("SELECT n FROM delivery ORDER BY id"))] == [*range(1, 11)]


def test_an_audience_of_a_whole_number_of_slices_is_complete_too(
    ten: Connection, house: House, monkeypatch: Any
) -> None:
    monkeypatch.setattr(deliveries, "SLICE", 5)
    alert = of_ten(ten, house)
    assert [deliveries.expand(ten, alert.id, lives.ACCOUNTS, NOON) for _ in range(3)][:2] == [5, 5]
    assert deliveries.expanding(ten, Lane.LIVE) == []
    assert states(ten, alert) == {"due": 10}


def test_the_first_slice_is_no_more_than_what_goes_out_at_once(
    ten: Connection, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "FIRST_SLICE", 2)
    monkeypatch.setattr(deliveries, "SLICE", 5)
    alert = of_ten(ten, house)
    assert [deliveries.expand(ten, alert.id, lives.ACCOUNTS, NOON) for _ in range(3)] == [2, 5, 3]


def test_the_cursor_moves_in_the_transaction_of_its_slice(ten: Connection, house: House, small_slices: int) -> None:
    alert = of_ten(ten, house)
    deliveries.expand(ten, alert.id, lives.ACCOUNTS, NOON)
    undone = ten.begin_nested()
    deliveries.expand(ten, alert.id, lives.ACCOUNTS, NOON)
    undone.rollback()
    assert ten.scalar(text("SELECT next_n FROM expansion WHERE alert_id = :a"), {"a": alert.id}) == 4
    assert states(ten, alert) == {"due": 3}


def test_the_gravest_expands_first(conn: Connection, house: House) -> None:
    grave = [lives.approved(conn, house, severity=severity).id for severity in ("Minor", "Extreme", "Moderate")]
    assert deliveries.expanding(conn, Lane.LIVE) == [grave[1], grave[2], grave[0]]
    assert deliveries.expanding(conn, Lane.DRILL) == []


def test_everybody_gets_a_first_slice_then_the_gravest_go_on_in_turns(
    ten: Connection, house: House, small_slices: int
) -> None:
    minor = of_ten(ten, house, severity="Minor").id
    one, other = sorted(of_ten(ten, house, severity="Extreme").id for _ in range(2))
    turns = []
    while found := deliveries.expanding(ten, Lane.LIVE):
        turns.append(found[0])
        deliveries.expand(ten, found[0], lives.ACCOUNTS, NOON)
    assert turns[:3] == [one, other, minor]
    assert turns[3:-3] == [one, other] * 3
    assert turns[-3:] == [minor] * 3


def test_what_was_stopped_makes_nobody_wait(ten: Connection, house: House, small_slices: int) -> None:
    halted, minor = of_ten(ten, house, severity="Extreme"), of_ten(ten, house, severity="Minor")
    stop(ten, halted, "halted_at")
    assert deliveries.expanding(ten, Lane.LIVE) == [minor.id, halted.id]


def test_a_kind_without_an_account_still_gets_its_row(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house, accounts={"email": "email.main"})
    assert {*conn.scalars(text("SELECT account FROM delivery WHERE alert_id = :a"), {"a": alert.id})} == {"sms"}


# --- stopping --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "state", "now"), STOPS)
def test_what_is_unsent_when_an_alert_stops_is_named_whether_it_had_a_row_or_not(
    ten: Connection, house: House, small_slices: int, how: str | None, state: State, now: datetime
) -> None:
    alert = of_ten(ten, house)
    for _ in range(2):
        deliveries.expand(ten, alert.id, lives.ACCOUNTS, NOON)
    sent = queue.claim(ten, Lane.LIVE, "sms.primary", "w", 2, NOON)
    queue.start(ten, [(item.id, item.epoch) for item in sent], NOON)
    queue.record(
        ten, [queue.Result(c.id, c.epoch, c.alert_id, State.ACCEPTED, "sms.primary", "accepted") for c in sent], NOON
    )
    queue.claim(ten, Lane.LIVE, "sms.primary", "w", 1, NOON)
    stop(ten, alert, how)
    assert swept(ten, alert, now) == 4
    while deliveries.expanding(ten, Lane.LIVE):
        deliveries.expand(ten, alert.id, lives.ACCOUNTS, now)
    swept(ten, alert, now)
    assert states(ten, alert) == {"accepted": 2, state.value: 8}
    assert sum_of(ten, alert) == 10
    assert deliveries.settled(ten, alert.id)
    assert deliveries.stopped_alerts(ten, Lane.LIVE, now) == set()


def test_what_is_on_the_wire_when_an_alert_stops_keeps_its_outcome(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    sent = queue.claim(conn, Lane.LIVE, "sms.primary", "w", 2, NOON)
    queue.start(conn, [(item.id, item.epoch) for item in sent], NOON)
    stop(conn, alert, "halted_at")
    swept(conn, alert, NOON)
    assert states(conn, alert) == {"started": 2, "halted": 2}
    assert not deliveries.settled(conn, alert.id)
    queue.record(
        conn, [queue.Result(c.id, c.epoch, c.alert_id, State.ACCEPTED, "sms.primary", "accepted") for c in sent], NOON
    )
    swept(conn, alert, NOON)
    assert states(conn, alert) == {"accepted": 2, "halted": 2}
    assert deliveries.settled(conn, alert.id)


def test_whoever_claimed_before_the_stop_takes_nothing_after_it(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    claimed = queue.claim(conn, Lane.LIVE, "sms.primary", "w", 4, NOON)
    stop(conn, alert, "halted_at")
    swept(conn, alert, NOON)
    assert queue.start(conn, [(item.id, item.epoch) for item in claimed], NOON) == set()
    queue.give_back(conn, [(item.id, item.epoch) for item in claimed], NOON)
    assert states(conn, alert) == {"halted": 4}


def test_what_a_clock_that_ran_ahead_took_for_expired_is_named_when_it_is_right_again(
    conn: Connection, house: House
) -> None:
    alert = lives.expanded(conn, house)
    publishing.expire(conn, house, NOON + timedelta(days=1))
    swept(conn, alert, NOON)
    assert states(conn, alert) == {"expired": 4}


@pytest.mark.parametrize("which", ["due", "claimed"])
@pytest.mark.parametrize(
    ("how", "once"), [("halted_at", "halted"), ("superseded_at", "superseded"), (None, "uncertain")]
)
def test_at_the_deadline_a_copy_that_may_have_arrived_leaves_doubt(
    conn: Connection, house: House, how: str | None, once: str, which: str
) -> None:
    alert = lives.expanded(conn, house)
    conn.execute(
        text(f"UPDATE delivery SET state = '{which}', transmissions = 1 WHERE alert_id = :a AND n = 1"), {"a": alert.id}
    )
    stop(conn, alert, how)
    assert swept(conn, alert, LATER if how is None else NOON) == 4
    rows = conn.execute(text("SELECT n, state FROM delivery WHERE alert_id = :a ORDER BY n"), {"a": alert.id})
    found = [named for _, named in rows]
    never = "expired" if how is None else once
    assert found == [once, never, never, never]


def test_an_alert_that_goes_on_is_not_swept(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    assert deliveries.stopped_alerts(conn, Lane.LIVE, NOON) == set()
    assert deliveries.sweep(conn, alert.id, NOON) == 0
    assert states(conn, alert) == {"due": 4}


@pytest.mark.parametrize(
    ("halted", "superseded", "expires", "state"),
    [
        (None, None, 2, None),
        (None, None, 1, State.EXPIRED),
        (None, None, 0, State.EXPIRED),
        (1, None, 2, State.HALTED),
        (None, 1, 2, State.SUPERSEDED),
        (1, 1, 0, State.HALTED),
        (None, 1, 0, State.SUPERSEDED),
    ],
)
def test_the_first_stop_that_applies_gives_the_name(
    halted: int | None, superseded: int | None, expires: int, state: State | None
) -> None:
    assert deliveries.stopped(halted, superseded, expires, 1) is state
    assert state is None or state in AT_REST


# --- counting --------------------------------------------------------------------------------------


def test_every_addressee_counts_exactly_once_by_channel(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, channels=["sms", "email", "display"])
    assert deliveries.counts(conn, alert.id) == {"email": {"due": 2}, "sms": {"due": 4}}
    lives.agreed(conn, house, alert)
    assert deliveries.counts(conn, alert.id) == {"email": {"due": 2}, "sms": {"due": 4}}
    deliveries.expand(conn, alert.id, lives.ACCOUNTS, NOON)
    claimed = queue.claim(conn, Lane.LIVE, "sms.primary", "w", 1, NOON)
    assert deliveries.counts(conn, alert.id) == {"email": {"due": 2}, "sms": {"claimed": 1, "due": 3}}
    assert len(claimed) == 1


def test_a_list_of_deliveries_pages_by_number_and_shows_no_address(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    first = deliveries.listed(conn, alert.id, None, 0, 3)
    rest = deliveries.listed(conn, alert.id, None, first[-1]["n"], 3)
    assert [row["n"] for row in first + rest] == [1, 2, 3, 4]
    assert {row["language"] for row in first + rest} == {"nl", "en"}
    assert deliveries.listed(conn, alert.id, State.ACCEPTED, 0, 10) == []
    assert len(deliveries.listed(conn, alert.id, State.DUE, 0, 10)) == 4
    assert "+316" not in str(first)
    assert {"address", "sealed", "mark", "recipient"} & first[0].keys() == set()


def test_boards_show_what_is_approved_released_and_still_valid(conn: Connection, house: House) -> None:
    shown = lives.approved(conn, house)
    lives.submitted(conn, house)
    lives.approved(conn, house, release_at=(NOON + timedelta(hours=1)).isoformat())
    drill = lives.approved(conn, house, status="Exercise")
    assert [row.id for row in alerts.shown(conn, Lane.LIVE, NOON)] == [shown.id]
    assert [row.id for row in alerts.shown(conn, Lane.DRILL, NOON)] == [drill.id]
    assert alerts.shown(conn, Lane.LIVE, LATER) == []


def test_an_alert_for_displays_alone_needs_no_account(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house, channels=["display"])
    assert deliveries.expand(conn, alert.id, {}, NOON) == 0
    assert alert.id not in deliveries.expanding(conn, alert.lane)


def test_a_kind_without_an_account_waits_under_its_own_name(ten: Connection, house: House) -> None:
    alert = of_ten(ten, house)
    assert deliveries.expand(ten, alert.id, {}, NOON) == 10
    assert set(ten.scalars(text("SELECT DISTINCT account FROM delivery"))) == {"sms"}
