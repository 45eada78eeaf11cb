"""The queue: claiming, starting and recording, a set of rows at a time."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.store import alerts, queue
from broadcaster.store.columns import millis
from broadcaster.store.queue import Claimed, Result
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON

SMS = "sms.primary"


def claim(
    conn: Connection, limit: int = 100, account: str = SMS, now: Any = NOON, lane: Lane = Lane.LIVE
) -> list[Claimed]:
    return queue.claim(conn, lane, account, "w", limit, now)


def pairs(claimed: Sequence[Claimed]) -> list[tuple[int, int]]:
    return [(item.id, item.epoch) for item in claimed]


def started(conn: Connection, limit: int = 100) -> list[Claimed]:
    claimed = claim(conn, limit)
    assert queue.start(conn, pairs(claimed), NOON) == {item.id for item in claimed}
    return claimed


def rows(conn: Connection, columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in conn.execute(text(f"SELECT {columns} FROM delivery ORDER BY id"))]


def states(conn: Connection) -> Counter[str]:
    return Counter(state for (state,) in rows(conn, "state"))


def result(item: Claimed, state: State = State.ACCEPTED, **more: Any) -> Result:
    return Result(item.id, item.epoch, item.alert_id, state, SMS, **({"outcome": "accepted"} | more))


# --- claiming --------------------------------------------------------------------------------------


def test_the_most_severe_is_claimed_first_and_equals_evenly(conn: Connection, house: House) -> None:
    minor = lives.expanded(conn, house, severity="Minor")
    grave = [lives.expanded(conn, house, severity="Severe") for _ in range(2)]
    extreme = lives.expanded(conn, house, severity="Extreme")
    first = claim(conn, 8)
    assert Counter(item.alert_id for item in first) == {extreme.id: 4, grave[0].id: 2, grave[1].id: 2}
    assert [item.rank for item in first] == sorted(item.rank for item in first)
    assert Counter(item.alert_id for item in claim(conn)) == {grave[0].id: 2, grave[1].id: 2, minor.id: 4}
    assert claim(conn) == []


def test_an_alert_with_little_left_keeps_no_place_from_the_others(conn: Connection, house: House) -> None:
    small, large = lives.expanded(conn, house), lives.expanded(conn, house)
    conn.execute(
        text("UPDATE delivery SET due_at = NULL, state = 'failed' WHERE alert_id = :a AND n > 1"), {"a": small.id}
    )
    first, second = claim(conn, 4), claim(conn, 4)
    assert Counter(item.alert_id for item in first)[small.id] == 1
    assert Counter(item.alert_id for item in first + second) == {small.id: 1, large.id: 4}


def test_a_claim_counts_the_epoch_up_and_knows_what_it_needs_to_send(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    claimed = claim(conn)
    assert [item.epoch for item in claimed] == [1] * 4
    assert [item.n for item in claimed] == [1, 2, 3, 4]
    assert {lives.SEAL.open(item.sealed, "sms") for item in claimed} == {f"+316{i:08d}" for i in range(1, 5)}
    kinds = {(r.kind, r.language) for r in (alerts.renditions(conn, alert.id)[item.rendition] for item in claimed)}
    assert kinds == {("sms", "nl"), ("sms", "en")}
    queue.give_back(conn, pairs(claimed), NOON)
    assert [item.epoch for item in claim(conn)] == [2] * 4


def test_nothing_is_claimed_before_it_is_due(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    conn.execute(text("UPDATE delivery SET due_at = :at WHERE n > 2"), {"at": millis(NOON + timedelta(seconds=5))})
    assert len(claim(conn)) == 2
    assert claim(conn, now=NOON + timedelta(seconds=4.9)) == []
    assert len(claim(conn, now=NOON + timedelta(seconds=5))) == 2


def test_an_account_claims_only_what_is_its_own(conn: Connection, house: House) -> None:
    lives.expanded(conn, house, channels=["sms", "email"])
    assert len(claim(conn, account="email.main")) == 2
    assert claim(conn, account="sms.secondary") == []
    assert len(claim(conn)) == 4


@pytest.mark.parametrize("status", ["Exercise", "Test"])
def test_a_lane_never_claims_from_the_other(conn: Connection, house: House, status: str) -> None:
    lives.expanded(conn, house, status=status, accounts={"sms": SMS})
    assert claim(conn) == []
    assert len(claim(conn, lane=Lane.DRILL)) == 4


@pytest.mark.parametrize("how", ["halted_at", "superseded_at", "expiry"])
def test_nothing_is_claimed_of_an_alert_that_stopped(conn: Connection, house: House, how: str) -> None:
    alert = lives.expanded(conn, house)
    now = NOON if how != "expiry" else alert.expires_at
    if how != "expiry":
        conn.execute(text(f"UPDATE alert SET {how} = 1 WHERE id = :a"), {"a": alert.id})
    assert claim(conn, now=now) == []


def test_an_address_that_opted_out_or_retired_fails_at_the_claim(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    conn.execute(
        text("UPDATE address SET opted_out_at = 1 WHERE mark = :m"), {"m": lives.SEAL.mark("+31600000001", "sms")}
    )
    conn.execute(
        text("UPDATE address SET retired_at = 1 WHERE mark = :m"), {"m": lives.SEAL.mark("+31600000002", "sms")}
    )
    assert len(claim(conn)) == 2
    assert Counter(rows(conn, "state, transmissions")) == {("failed", 0): 2, ("claimed", 0): 2}
    assert {reason for state, reason in rows(conn, "state, reason") if state == "failed"} <= {"opted-out", "retired"}


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def moved(conn: Connection, number: str, to: str, **columns: str) -> None:
    """The reader of a number has another one; `columns` of the new address."""
    mark, sealed = lives.SEAL.mark(to, "sms"), lives.SEAL.seal(to, "sms")
    extra = "".join(f", {name}" for name in columns), "".join(f", {value}" for value in columns.values())
    conn.execute(
        text(
            f"INSERT INTO address (recipient_id, kind, sealed, mark, added_at{extra[0]})"
            f" SELECT recipient_id, kind, :sealed, :new, added_at{extra[1]} FROM address WHERE mark = :old"
        ),
        {"sealed": sealed, "new": mark, "old": lives.SEAL.mark(number, "sms")},
    )
    conn.execute(
        text(
            "UPDATE address SET moved_to_id = (SELECT id FROM address WHERE mark = :new), retired_at = added_at"
            " WHERE mark = :old"
        ),
        {"new": mark, "old": lives.SEAL.mark(number, "sms")},
    )


def test_a_claim_goes_to_the_newest_address_of_a_reader_that_moved(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    moved(conn, "+31600000002", "+31611111111")
    for hop in range(1, 4):
        moved(conn, f"+3162000000{hop}" if hop > 1 else "+31600000003", f"+3162000000{hop + 1}")
    opened = [lives.SEAL.open(item.sealed, "sms") for item in claim(conn)]
    assert opened == ["+31600000001", "+31611111111", "+31620000004", "+31600000004"]


@pytest.mark.parametrize("gone", ["opted_out_at", "retired_at"])
def test_a_reader_who_moved_and_then_left_gets_nothing(conn: Connection, house: House, gone: str) -> None:
    lives.expanded(conn, house)
    moved(conn, "+31600000002", "+31611111111", **{gone: "added_at"})
    assert [item.n for item in claim(conn)] == [1, 3, 4]
    assert rows(conn, "state, reason")[1] == ("failed", "opted-out")


def test_a_reader_who_left_before_moving_gets_nothing(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    for n in (2, 3):
        moved(conn, f"+3160000000{n}", f"+3161111111{n}")
    moved(conn, "+31611111113", "+31622222222")
    for number in ("+31600000002", "+31611111113"):  # at the head of a chain, and on its way
        given = {"mark": lives.SEAL.mark(number, "sms")}
        conn.execute(text("UPDATE address SET opted_out_at = added_at WHERE mark = :mark"), given)
    assert [item.n for item in claim(conn)] == [1, 4]


def test_a_circle_of_moves_ends(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    moved(conn, "+31600000002", "+31611111111")
    conn.execute(
        text("UPDATE address SET moved_to_id = (SELECT id FROM address WHERE mark = :first) WHERE mark = :second"),
        {"first": lives.SEAL.mark("+31600000002", "sms"), "second": lives.SEAL.mark("+31611111111", "sms")},
    )
    assert {item.n for item in claim(conn)} >= {1, 3, 4}


def test_workers_side_by_side_never_claim_the_same(engine: Engine, house: House) -> None:
    with engine.begin() as conn:
        lives.listed(conn, [f"X{i},nl,extra,noord,+317{i:08d},," for i in range(300)])
        for _ in range(2):
            lives.expanded(conn, house, audience={"groups": ["extra"]})

    def work(_: int) -> list[int]:
        mine: list[int] = []
        while True:
            with engine.begin() as conn:
                found = claim(conn, 7)
            if not found:
                return mine
            mine += [item.id for item in found]

    with ThreadPoolExecutor(4) as pool:
        everyones = [item for mine in pool.map(work, range(4)) for item in mine]
    assert len(everyones) == len(set(everyones)) == 600


# --- starting --------------------------------------------------------------------------------------


def test_the_mark_before_the_bytes_counts_the_copy(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    started(conn)
    assert set(rows(conn, "state, attempts, transmissions")) == {("started", 1, 1)}


@pytest.mark.parametrize("change", ["halted_at = 1", "superseded_at = 1", "expiry"])
def test_nothing_starts_after_its_alert_stopped(conn: Connection, house: House, change: str) -> None:
    alert = lives.expanded(conn, house)
    claimed = claim(conn)
    now = alert.expires_at if change == "expiry" else NOON
    if change != "expiry":
        conn.execute(text(f"UPDATE alert SET {change} WHERE id = :a"), {"a": alert.id})
    assert queue.start(conn, pairs(claimed), now) == set()
    assert states(conn) == {"claimed": 4}


def test_only_what_is_still_mine_starts(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    claimed = claim(conn)
    conn.execute(text("UPDATE delivery SET epoch = epoch + 1 WHERE id = :id"), {"id": claimed[0].id})
    assert queue.start(conn, pairs(claimed), NOON) == {item.id for item in claimed[1:]}
    assert queue.start(conn, pairs(claimed), NOON) <= {item.id for item in claimed[1:]}
    assert set(rows(conn, "transmissions")) == {(0,), (1,)}


def test_a_third_copy_never_starts(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    conn.execute(text("UPDATE delivery SET transmissions = 2 WHERE n = 1"))
    claimed = claim(conn)
    assert queue.start(conn, pairs(claimed), NOON) == {item.id for item in claimed if item.n != 1}


def test_the_database_itself_refuses_a_third_copy(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    for bad in ("transmissions = 3", "transmissions = transmissions + 3", "transmissions = -1"):
        with pytest.raises(DBAPIError), conn.begin_nested():
            conn.execute(text(f"UPDATE delivery SET {bad}"))


# --- recording -------------------------------------------------------------------------------------


def test_each_result_comes_to_rest_with_its_attempt(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    one, two, three, four = started(conn)
    results = [
        result(one, provider_ref="ref 1"),
        result(two, State.FAILED, outcome="bad-address", reason="bad-address", sent=False, provider_code="30"),
        result(three, State.UNCERTAIN, outcome="uncertain", reason="uncertain"),
        result(
            four,
            State.DUE,
            outcome="unreachable",
            due_at=NOON + timedelta(seconds=3),
            sent=False,
            next_account="sms.secondary",
        ),
    ]
    assert queue.record(conn, results, NOON) == [*results[:3], results[3]]
    assert rows(conn, "state, transmissions, attempts, owner, account, reason") == [
        ("accepted", 1, 1, None, SMS, None),
        ("failed", 0, 1, None, SMS, "bad-address"),
        ("uncertain", 1, 1, None, SMS, "uncertain"),
        ("due", 0, 1, None, "sms.secondary", None),
    ]
    assert rows(conn, "due_at") == [(None,), (None,), (None,), (millis(NOON + timedelta(seconds=3)),)]
    tried = conn.execute(text("SELECT outcome, provider_ref, provider_code FROM attempt ORDER BY delivery_id")).all()
    assert [tuple(row) for row in tried] == [
        ("accepted", "ref 1", None), ("bad-address", None, "30"), ("uncertain", None, None), ("unreachable", None, None)
    ]  # fmt: skip


def test_a_stale_epoch_takes_nothing_and_the_others_do(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    claimed = started(conn)
    results = [result(item)._replace(epoch=item.epoch - (item.n == 1)) for item in claimed]
    assert {item.id for item in queue.record(conn, results, NOON)} == {item.id for item in claimed[1:]}
    assert states(conn) == {"started": 1, "accepted": 3}


def test_a_result_for_what_was_never_started_takes_nothing(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    claimed = claim(conn)
    assert queue.record(conn, [result(item) for item in claimed], NOON) == []
    assert states(conn) == {"claimed": 4}


# --- giving up -------------------------------------------------------------------------------------


def test_what_was_claimed_goes_back_at_no_cost_and_what_was_started_does_not(conn: Connection, house: House) -> None:
    lives.expanded(conn, house)
    claimed = claim(conn)
    queue.start(conn, pairs(claimed[:1]), NOON)
    queue.give_back(conn, pairs(claimed), NOON)
    assert rows(conn, "state, attempts, transmissions") == [("started", 1, 1), *[("due", 0, 0)] * 3]


def test_the_same_sets_of_rows_are_written_alike_on_both_engines(conn: Connection, house: House) -> None:
    """Letters, quotes and null through the JSON parameters."""
    lives.expanded(conn, house)
    claimed = started(conn)
    odd = ["Ünïcode 'quoted' \"twice\"", "\\", "تمرين", "a,b;c"]
    queue.record(
        conn, [result(item, provider_ref=text_, detail=text_) for item, text_ in zip(claimed, odd, strict=True)], NOON
    )
    kept = conn.execute(text("SELECT provider_ref, detail FROM attempt ORDER BY delivery_id")).all()
    assert [row.provider_ref for row in kept] == odd
    assert [row.detail for row in kept] == odd
