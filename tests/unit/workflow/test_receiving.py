"""Facts from providers: whatever their order, however often, early or foreign, the end is the same (R6)."""

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise, permutations
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster import ids
from broadcaster.channel import Fact, Inbound, Moved, Receipt, Subscribed, Unsubscribed
from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State, may
from broadcaster.seal import Seal
from broadcaster.store import facts, journal, queue
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import receiving
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON

ACCOUNT = "sms.primary"
AT_REST = [
    State.ACCEPTED,
    State.UNCERTAIN,
    State.FAILED,
    State.EXPIRED,
    State.SUPERSEDED,
    State.HALTED,
    State.DELIVERED,
]
KINDS: dict[str, type[Any]] = {"receipt": Receipt, "stop": Unsubscribed, "start": Subscribed, "moved": Moved}


def read(inbound: Inbound) -> list[Fact]:
    """A provider whose words are easily said: a list of [kind, fields]."""
    said = json.loads(inbound.body)
    if not isinstance(said, list):
        raise ValueError("not of this provider")  # noqa: TRY004 - as the port has it
    return [KINDS[kind](**fields) for kind, fields in said]


def said(*items: tuple[str, dict[str, Any]]) -> Inbound:
    return Inbound(json.dumps(items).encode(), {"X": "y"}, {"q": "1"})


def receipt(
    alert: AlertRow, n: int = 1, *, delivered: bool = True, final: bool = True, **more: Any
) -> tuple[str, dict[str, Any]]:
    return "receipt", {"reference": ids.reference(alert.id, n), "delivered": delivered, "final": final} | more


def tell(conn: Connection, inbound: Inbound, account: str = ACCOUNT, now: datetime = NOON) -> int:
    return receiving.receive(conn, lives.SEAL, account, inbound, now)


def apply(conn: Connection, now: datetime = NOON, readers: Any = None) -> None:
    last: int | None = 0
    while last is not None:
        last = receiving.apply_waiting(conn, lives.SEAL, {ACCOUNT: read} if readers is None else readers, last, now)


def state(conn: Connection, alert: AlertRow, n: int = 1) -> State:
    return State(
        conn.scalar(text("SELECT state FROM delivery WHERE alert_id = :a AND n = :n"), {"a": alert.id, "n": n})
    )


def notes(conn: Connection) -> list[str | None]:
    return [*conn.scalars(text("SELECT note FROM fact ORDER BY id"))]


def put(conn: Connection, alert: AlertRow, where: State) -> None:
    due = "1" if where in (State.DUE, State.CLAIMED, State.STARTED) else "NULL"
    conn.execute(text(f"UPDATE delivery SET state = '{where}', due_at = {due} WHERE alert_id = :a"), {"a": alert.id})


@pytest.fixture
def alert(conn: Connection, house: House) -> AlertRow:
    return lives.expanded(conn, house)


# --- any order, any number -------------------------------------------------------------------------


def end_of(conn: Connection, alert: AlertRow, words: Sequence[Inbound], pauses: random.Random) -> State:
    """Where a delivery ends after these words, applied a few at a time; then all is undone."""
    undone = conn.begin_nested()
    for word in words:
        tell(conn, word)
        if pauses.random() < 0.4:
            apply(conn)
    apply(conn)
    ended = state(conn, alert)
    waiting = len(facts.waiting(conn, 0, 100))
    undone.rollback()
    assert waiting == 0
    return ended


@pytest.mark.parametrize("start", AT_REST)
def test_the_end_never_depends_on_the_order_or_the_number_of_receipts(
    conn: Connection, alert: AlertRow, start: State
) -> None:
    put(conn, alert, start)
    delivered, failed = said(receipt(alert)), said(receipt(alert, delivered=False))
    under_way, foreign = said(receipt(alert, final=False)), said(receipt(alert, 99))
    rng = random.Random(2026)
    for words in ([delivered], [failed], [failed, under_way, foreign], [delivered, failed, under_way]):
        five_times = [word for word in words for _ in range(5)]
        orders = [*permutations(words), *(rng.sample(five_times, len(five_times)) for _ in range(3))]
        ends = {end_of(conn, alert, order, rng) for order in orders}
        assert len(ends) == 1, (start, ends)
        [end] = ends
        if delivered in words:
            assert end is State.DELIVERED
        else:
            assert end is (State.FAILED if failed in words and may(start, State.FAILED) else start)


def test_a_late_word_that_it_arrived_wins_and_nothing_takes_it_back(conn: Connection, alert: AlertRow) -> None:
    put(conn, alert, State.ACCEPTED)
    for delivered, after in ((False, State.FAILED), (True, State.DELIVERED), (False, State.DELIVERED)):
        tell(conn, said(receipt(alert, delivered=delivered)))
        apply(conn)
        assert state(conn, alert) is after


@pytest.mark.parametrize("how", [State.DUE, State.CLAIMED, State.STARTED])
def test_an_early_receipt_waits_for_its_delivery_to_come_to_rest(conn: Connection, alert: AlertRow, how: State) -> None:
    put(conn, alert, how)
    tell(conn, said(receipt(alert)))
    for _ in range(3):
        apply(conn)
    assert state(conn, alert) is how
    assert notes(conn) == [None]
    put(conn, alert, State.ACCEPTED)
    apply(conn)
    assert state(conn, alert) is State.DELIVERED
    assert notes(conn) == ["delivered"]


def test_an_early_receipt_holds_up_none_behind_it(conn: Connection, alert: AlertRow) -> None:
    put(conn, alert, State.ACCEPTED)
    conn.execute(text("UPDATE delivery SET state = 'started', due_at = 1 WHERE n = 1"))
    for n in (1, 2, 3):
        tell(conn, said(receipt(alert, n)))
    apply(conn)
    assert [state(conn, alert, n) for n in (1, 2, 3)] == [State.STARTED, State.DELIVERED, State.DELIVERED]


def test_part_of_a_request_that_must_wait_does_not_undo_the_rest(conn: Connection, alert: AlertRow) -> None:
    put(conn, alert, State.ACCEPTED)
    conn.execute(text("UPDATE delivery SET state = 'started', due_at = 1 WHERE n = 1"))
    tell(conn, said(receipt(alert, 1), receipt(alert, 2)))
    apply(conn)
    assert (state(conn, alert, 1), state(conn, alert, 2)) == (State.STARTED, State.DELIVERED)
    conn.execute(text("UPDATE delivery SET state = 'accepted', due_at = NULL WHERE n = 1"))
    apply(conn)
    assert state(conn, alert, 1) is State.DELIVERED


def test_a_receipt_waits_for_as_long_as_its_delivery_is_under_way(conn: Connection, alert: AlertRow) -> None:
    """Also one that a hub took while its clock stood in 1970."""
    tell(conn, said(receipt(alert)))
    for days in (0, 3, 20_000):
        apply(conn, NOON + timedelta(days=days))
        assert (notes(conn), state(conn, alert)) == ([None], State.DUE)
    put(conn, alert, State.UNCERTAIN)
    apply(conn, NOON + timedelta(days=20_000))
    assert (notes(conn), state(conn, alert)) == (["delivered"], State.DELIVERED)


def test_a_receipt_between_two_copies_keeps_the_second_one_from_nobody(conn: Connection, alert: AlertRow) -> None:
    conn.execute(text("UPDATE delivery SET transmissions = 1, attempts = 1 WHERE alert_id = :a"), {"a": alert.id})
    tell(conn, said(receipt(alert)))
    apply(conn)
    claimed = queue.claim(conn, Lane.LIVE, ACCOUNT, "w", 1, NOON)
    assert [(item.n, item.transmissions) for item in claimed] == [(1, 1)]
    assert queue.start(conn, [(item.id, item.epoch) for item in claimed], NOON)
    apply(conn)
    assert state(conn, alert) is State.STARTED
    doubt = [queue.Result(c.id, c.epoch, c.alert_id, State.UNCERTAIN, ACCOUNT, "uncertain") for c in claimed]
    queue.record(conn, doubt, NOON)
    apply(conn)
    assert state(conn, alert) is State.DELIVERED


def test_a_receipt_never_makes_anything_go_out(conn: Connection, alert: AlertRow) -> None:
    for start in State:
        put(conn, alert, start)
        undone = conn.begin_nested()
        for delivered in (True, False):
            tell(conn, said(receipt(alert, delivered=delivered)))
        apply(conn)
        due = conn.scalar(text("SELECT count(*) FROM delivery WHERE due_at IS NOT NULL AND n = 1"))
        assert due == int(start in (State.DUE, State.CLAIMED, State.STARTED))
        undone.rollback()


LIVES = [
    [State.ACCEPTED],
    [State.UNCERTAIN],
    [State.DUE, State.ACCEPTED],
    [State.DUE, State.UNCERTAIN],
    [State.DUE, State.DUE, State.FAILED],
]
"""What came of each attempt; DUE is one that is tried again."""


@pytest.mark.parametrize("results", LIVES, ids="-".join)
@pytest.mark.parametrize("told", ["delivered", "failed", "both"])
def test_the_end_never_depends_on_when_in_a_life_its_receipts_come(
    conn: Connection, alert: AlertRow, results: list[State], told: str
) -> None:
    words = [said(receipt(alert, final=False)), said(receipt(alert, 99)), said(receipt(alert, address="+31600000002"))]
    words += [said(receipt(alert))] if told != "failed" else []
    words += [said(receipt(alert, delivered=False))] if told != "delivered" else []
    expected = State.FAILED if told == "failed" else State.DELIVERED
    for seed in range(3):
        undone = conn.begin_nested()
        assert lived(conn, alert, results, words * 5, random.Random(seed)) is expected, seed
        undone.rollback()


def lived(conn: Connection, alert: AlertRow, results: list[State], words: list[Inbound], rng: random.Random) -> State:
    """Where a delivery ends that is really claimed, started and recorded, with words at any moment in between."""
    words = rng.sample(words, len(words))
    seen: list[State] = []

    def moment() -> None:
        for _ in range(rng.randrange(len(words) + 1)):
            tell(conn, words.pop())
        apply(conn)
        seen.append(state(conn, alert))

    for result in results:
        moment()
        claims = {claim.n: claim for claim in queue.claim(conn, Lane.LIVE, ACCOUNT, "w", 10, NOON)}
        moment()
        mine = claims[1]
        queue.start(conn, [(mine.id, mine.epoch)], NOON)
        moment()
        due_at = NOON if result is State.DUE else None
        queue.record(
            conn, [queue.Result(mine.id, mine.epoch, alert.id, result, ACCOUNT, "x", sent=False, due_at=due_at)], NOON
        )
        queue.give_back(conn, [(claim.id, claim.epoch) for claim in claims.values()], NOON)
    while words:
        moment()
    moment()
    fell_back = [b for a, b in pairwise(seen) if a is State.DELIVERED and b is not State.DELIVERED]
    assert not fell_back
    assert None not in notes(conn)
    return state(conn, alert)


# --- whose word ------------------------------------------------------------------------------------


def test_a_word_about_another_address_changes_nothing(conn: Connection, alert: AlertRow) -> None:
    put(conn, alert, State.ACCEPTED)
    for address in ("+31600000002", "", "not a number", "+3160000000"):
        tell(conn, said(receipt(alert, address=address)))
    apply(conn)
    assert state(conn, alert) is State.ACCEPTED
    assert set(notes(conn)) == {"another address"}


@pytest.mark.parametrize("address", ["+31600000001", "0031600000001", "+31 6 00000001"])
def test_an_address_is_recognised_however_it_is_written(conn: Connection, alert: AlertRow, address: str) -> None:
    put(conn, alert, State.ACCEPTED)
    tell(conn, said(receipt(alert, address=address)))
    apply(conn)
    assert state(conn, alert) is State.DELIVERED


@pytest.mark.parametrize("reference", ["", "x", "0" * 26, "0" * 27, "🙂" * 27, "'; DROP TABLE fact; --", "0" * 400])
def test_a_reference_that_is_not_ours_changes_nothing(conn: Connection, alert: AlertRow, reference: str) -> None:
    put(conn, alert, State.ACCEPTED)
    tell(conn, said(("receipt", {"reference": reference, "delivered": True, "final": True})))
    apply(conn)
    assert notes(conn) == ["unknown reference"]
    assert {state(conn, alert, n) for n in range(1, 5)} == {State.ACCEPTED}


def test_what_a_provider_would_not_send_is_noted_and_holds_up_no_other(conn: Connection, alert: AlertRow) -> None:
    put(conn, alert, State.ACCEPTED)
    for body in (b"", b"{}", b"\xff\xfe", b"[[", b'[["unknown", {}]]', b'[["receipt", {}]]', b"null"):
        tell(conn, Inbound(body, {}, {}))
    tell(conn, said(receipt(alert)), account="sms.gone")
    tell(conn, said(receipt(alert)))
    apply(conn)
    assert None not in notes(conn)
    assert notes(conn)[-2:] == ["the account is gone", "delivered"]
    assert state(conn, alert) is State.DELIVERED


def test_a_fact_that_was_sealed_with_another_key_holds_up_no_other(conn: Connection, alert: AlertRow) -> None:
    put(conn, alert, State.ACCEPTED)
    receiving.receive(conn, Seal(b"z" * 32), ACCOUNT, said(receipt(alert)), NOON)
    tell(conn, said(receipt(alert)))
    apply(conn)
    assert None not in notes(conn)
    assert state(conn, alert) is State.DELIVERED


# --- other words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["+31600000001", "06 00000001"])
def test_stop_stops_everything_to_that_address_and_again_changes_nothing(
    conn: Connection, alert: AlertRow, address: str
) -> None:
    for _ in range(5):
        tell(conn, said(("stop", {"address": address})))
    apply(conn)
    out = conn.execute(text("SELECT kind, opted_out_at FROM address WHERE opted_out_at IS NOT NULL")).all()
    assert [row.kind for row in out] == ["sms"]
    assert len(queue.claim(conn, Lane.LIVE, ACCOUNT, "w", 10, NOON)) == 3
    assert state(conn, alert) is State.FAILED


@pytest.mark.parametrize("address", ["Voorbeeld", "", "112", "x" * 1000])
def test_a_stop_from_what_is_no_address_holds_up_no_other(conn: Connection, alert: AlertRow, address: str) -> None:
    put(conn, alert, State.ACCEPTED)
    tell(conn, said(("stop", {"address": address}), receipt(alert)))
    apply(conn)
    assert None not in notes(conn)
    assert state(conn, alert) is State.DELIVERED


def test_words_that_ask_nothing_of_us_are_noted(conn: Connection, alert: AlertRow) -> None:
    tell(conn, said(("start", {"address": "1", "language": "nl"})))  # nobody can subscribe where there is no house
    tell(conn, said(("moved", {"address": "1", "to": "2"})))
    tell(conn, said())
    apply(conn)
    assert notes(conn) == ["nothing to do", "no address", "empty"]


# --- what is kept ----------------------------------------------------------------------------------


def test_a_providers_bytes_are_kept_sealed_before_anything_is_made_of_them(conn: Connection, alert: AlertRow) -> None:
    number = tell(conn, said(receipt(alert, address="+31600000001")))
    [(found, account, sealed, at)] = facts.waiting(conn, 0, 10)
    assert (found, account, at) == (number, ACCOUNT, NOON)
    assert b"3160" not in sealed
    assert notes(conn) == [None]
    assert state(conn, alert) is State.DUE


def test_each_batch_of_facts_is_one_line_of_the_journal_without_an_address(conn: Connection, alert: AlertRow) -> None:
    put(conn, alert, State.ACCEPTED)
    since = journal.head(conn).seq
    for count in (1, 4):
        for _ in range(count):
            tell(conn, said(receipt(alert, address="+31600000001")))
        apply(conn)
    lines = [*journal.lines(conn, since)]
    assert [(line["kind"], line["object"]) for line in lines] == [("FactsApplied", ACCOUNT)] * 2
    assert [line["data"] for line in lines] == [{"delivered": 1}, {"no change": 4}]
    assert "3160" not in str([(line["object"], line["data"]) for line in lines])  # a hash may hold any digits


def test_many_facts_are_applied_in_batches(conn: Connection, alert: AlertRow) -> None:
    put(conn, alert, State.ACCEPTED)
    for i in range(450):
        tell(conn, said(receipt(alert, i % 4 + 1)))
    apply(conn)
    assert facts.waiting(conn, 0, 10) == []
    assert {state(conn, alert, n) for n in range(1, 5)} == {State.DELIVERED}


# --- the key of a hook -----------------------------------------------------------------------------


def test_a_hooks_key_is_its_accounts_own_and_survives_a_restart() -> None:
    key = receiving.hook_key(lives.SEAL, ACCOUNT)
    assert key == receiving.hook_key(Seal(b"k" * 32), ACCOUNT)
    assert key != receiving.hook_key(Seal(b"z" * 32), ACCOUNT)
    assert key != receiving.hook_key(lives.SEAL, "sms.secondary")
    assert receiving.is_hook_key(lives.SEAL, ACCOUNT, key)
    for wrong in ("", key[:-1], key.upper() if key != key.upper() else "x", key + "0", "é" * 64):
        assert not receiving.is_hook_key(lives.SEAL, ACCOUNT, wrong)
