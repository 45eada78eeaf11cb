"""Deliveries that change hands: between owners and between accounts, and never a third copy."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.model.cap import Lane
from broadcaster.store import handover, queue
from broadcaster.store.columns import millis
from broadcaster.store.queue import Claimed
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON

SMS, NEXT = "sms.primary", "sms.secondary"


def claim(conn: Connection, limit: int = 100, account: str = SMS) -> list[Claimed]:
    return queue.claim(conn, Lane.LIVE, account, "w", limit, NOON)


def pairs(claimed: Sequence[Claimed]) -> list[tuple[int, int]]:
    return [(item.id, item.epoch) for item in claimed]


def rows(conn: Connection, columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in conn.execute(text(f"SELECT {columns} FROM delivery ORDER BY id"))]


def move(conn: Connection, lane: Lane = Lane.LIVE) -> dict[str, int]:
    return handover.move(conn, lane, SMS, NEXT, NOON)


# --- between accounts ------------------------------------------------------------------------------


def test_what_waits_at_an_account_and_never_went_out_moves_and_is_due_at_once(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house, channels=["sms", "email"])
    later = {"at": millis(NOON + timedelta(minutes=2))}
    conn.execute(text("UPDATE delivery SET due_at = :at, attempts = 3 WHERE kind = 'sms' AND n > 2"), later)
    assert move(conn) == {alert.id: 4}
    assert Counter(rows(conn, "account, state, transmissions")) == {(NEXT, "due", 0): 4, ("email.main", "due", 0): 2}
    assert {item.n for item in claim(conn, account=NEXT)} == {n for (n, kind) in rows(conn, "n, kind") if kind == "sms"}
    assert move(conn) == {}


def test_what_may_have_gone_out_stays_where_it_went(conn: Connection, house: House) -> None:
    """Another gateway knows nothing of the first copy; the same one may drop the second."""
    lives.expanded(conn, house)
    conn.execute(text("UPDATE delivery SET transmissions = 1, reason = 'uncertain' WHERE n = 2"))
    assert sum(move(conn).values()) == 3
    assert rows(conn, "account") == [(NEXT,), (SMS,), (NEXT,), (NEXT,)]


def test_what_somebody_has_in_hand_stays(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    queue.start(conn, pairs(claim(conn, 2)[:1]), NOON)
    assert sum(move(conn).values()) == 2
    assert rows(conn, "account, state") == [(SMS, "started"), (SMS, "claimed"), (NEXT, "due"), (NEXT, "due")]


def test_a_slice_is_the_most_severe_and_equals_evenly(
    conn: Connection, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "SLICE", 8)
    minor = lives.expanded(conn, house, severity="Minor")
    grave = [lives.expanded(conn, house, severity="Severe") for _ in range(2)]
    extreme = lives.expanded(conn, house, severity="Extreme")
    assert move(conn) == {extreme.id: 4, grave[0].id: 2, grave[1].id: 2}
    assert move(conn) == {grave[0].id: 2, grave[1].id: 2, minor.id: 4}
    assert [item.alert_id for item in claim(conn, account=NEXT)][:4] == [extreme.id] * 4


def test_nothing_moves_of_an_alert_that_stopped(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    conn.execute(text("UPDATE alert SET halted_at = :now WHERE id = :a"), {"now": millis(NOON), "a": alert.id})
    assert move(conn) == {}


def test_no_lane_moves_what_is_of_the_other(conn: Connection, house: House) -> None:
    lives.expanded(conn, house, status="Exercise", accounts={"sms": SMS})
    assert move(conn) == {}
    assert sum(move(conn, Lane.DRILL).values()) == 4


def test_what_moves_while_it_is_claimed_is_claimed_once(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    mine = claim(conn, 2)
    move(conn)
    theirs = claim(conn, account=NEXT)
    assert len(mine) == len(theirs) == 2
    assert not {item.id for item in mine} & {item.id for item in theirs}


def test_deliveries_of_an_account_that_is_gone_are_adopted_while_they_are_unsent(
    conn: Connection, house: House
) -> None:
    lives.expanded(conn, house, channels=["sms", "email"], accounts={"sms": "sms.old", "email": "email.main"})
    claimed = queue.claim(conn, Lane.LIVE, "sms.old", "w", 1, NOON)
    assert handover.adopt(conn, "sms", SMS, [SMS, "email.main"], NOON) == 3
    accounts = Counter(rows(conn, "account, state"))
    assert accounts == {(SMS, "due"): 3, ("sms.old", "claimed"): 1, ("email.main", "due"): 2}
    assert len(claimed) == 1


def test_an_exercise_is_never_adopted_by_a_live_account(conn: Connection, house: House) -> None:
    lives.expanded(conn, house, status="Exercise", accounts={"sms": "drill.sms"})
    assert handover.adopt(conn, "sms", SMS, [SMS], NOON) == 0


def test_after_a_database_error_what_was_certainly_not_sent_is_due_again(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    claimed = claim(conn)
    queue.start(conn, pairs(claimed[:2]), NOON)
    unsent = [item.id for item in claimed[:2]]
    assert handover.disown(conn, "w", SMS, unsent, (), NOON) == 4
    assert set(rows(conn, "state, attempts, transmissions, owner")) == {("due", 0, 0, None)}
    assert queue.start(conn, pairs(claimed), NOON) == set()


def test_after_a_database_error_what_may_have_gone_out_still_counts_as_a_copy(conn: Connection, house: House) -> None:
    lives.expanded(conn, house, severity="Minor")
    claimed = claim(conn)
    queue.start(conn, pairs(claimed[:2]), NOON)
    assert handover.disown(conn, "w", SMS, [claimed[0].id], (), NOON) == 4
    assert Counter(rows(conn, "state, attempts, transmissions, owner")) == {
        ("due", 0, 0, None): 3,
        ("uncertain", 1, 1, None): 1,
    }


@pytest.mark.parametrize(
    ("severity", "transmissions", "state"),
    [("Severe", 1, "due"), ("Severe", 2, "uncertain"), ("Minor", 1, "uncertain")],
)
def test_what_an_owner_had_started_when_it_vanished_goes_out_at_most_twice(
    conn: Connection, house: House, severity: str, transmissions: int, state: str
) -> None:
    lives.expanded(conn, house, severity=severity)
    conn.execute(text("UPDATE delivery SET transmissions = :n"), {"n": transmissions - 1})
    queue.start(conn, pairs(claim(conn)), NOON)
    assert handover.free(conn, "w", (), NOON) == 4
    assert set(rows(conn, "state, transmissions")) == {(state, transmissions)}


# --- from a wrong clock ----------------------------------------------------------------------------


def test_what_a_clock_that_ran_ahead_put_off_is_due_at_the_next_start(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    moments = {1: timedelta(days=1), 2: timedelta(0), 3: timedelta(seconds=30)}
    for n, ahead in moments.items():
        given = {"n": n, "at": millis(NOON + ahead), "due": millis(NOON + ahead + timedelta(minutes=2))}
        conn.execute(text("UPDATE delivery SET state_at = :at, due_at = :due WHERE n = :n"), given)
    assert handover.recall(conn, Lane.DRILL, NOON) == 0
    assert handover.recall(conn, Lane.LIVE, NOON) == 1
    assert {item.n for item in claim(conn)} == {1, 4}, "a retry that is put off by right, or by a few seconds, waits"
