"""Values in columns, boards, persons and tokens, and answers kept under a key."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from broadcaster.model.board import Mode
from broadcaster.model.people import Caller, Role
from broadcaster.store import answers, boards, people
from broadcaster.store.answers import Answer, Key, KeyTaken
from broadcaster.store.columns import Json, instant, millis
from tests import lives
from tests.clocks import NOON

SEEDED = settings(derandomize=True, deadline=None)


@SEEDED
@given(
    st.integers(-(10**17) // 2, 10**17 * 2).map(
        lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    )
)
def test_an_instant_is_kept_to_the_millisecond(at: datetime) -> None:
    kept = instant(millis(at))
    assert timedelta(0) <= at - kept < timedelta(milliseconds=1)
    assert millis(kept) == millis(at)


def test_equal_values_are_equal_text() -> None:
    column = Json()
    first = column.process_bind_param({"b": 1, "a": ["é", None]}, None)  # type: ignore[arg-type]
    second = column.process_bind_param({"a": ["é", None], "b": 1}, None)  # type: ignore[arg-type]
    assert first == second == '{"a":["é",null],"b":1}'


# --- boards ----------------------------------------------------------------------------------------


def test_a_boards_number_counts_up_by_one_for_each_mode_apart(conn: Connection) -> None:
    assert [boards.next_number(conn, "p", Mode.LIVE) for _ in range(3)] == [1, 2, 3]
    assert boards.next_number(conn, "p", Mode.EXERCISE) == 1
    assert {(p, m, n) for p, m, n in boards.unsigned(conn) if p == "p"} == {
        ("p", Mode.LIVE, 3),
        ("p", Mode.EXERCISE, 1),
    }


@pytest.mark.parametrize("change", ["seq = seq - 1", "seq = 0", "signed_seq = signed_seq - 1"])
def test_the_number_of_a_board_never_falls(conn: Connection, change: str) -> None:
    for _ in range(3):
        boards.next_number(conn, "p", Mode.LIVE)
    boards.store_signed(conn, "p", Mode.LIVE, 3, "jws", 1, NOON)
    with pytest.raises(IntegrityError), conn.begin_nested():
        conn.execute(text(f"UPDATE board SET {change} WHERE point_id = 'p'"))


def test_an_older_signed_board_never_replaces_a_newer_one(conn: Connection) -> None:
    for _ in range(3):
        boards.next_number(conn, "p", Mode.LIVE)
    boards.store_signed(conn, "p", Mode.LIVE, 3, "third", 1, NOON)
    boards.store_signed(conn, "p", Mode.LIVE, 2, "second", 1, NOON)
    assert [(board.seq, board.jws) for board in boards.signed(conn, {}) if board.point_id == "p"] == [(3, "third")]
    assert all(point != "p" for point, _, _ in boards.unsigned(conn))


def test_every_point_has_a_board_from_the_start_in_both_modes(conn: Connection) -> None:
    boards.ensure(conn, ["p", "q"])
    boards.ensure(conn, ["p", "q"])
    found = {(point, mode, seq) for point, mode, seq in boards.unsigned(conn)}
    assert found == {(point, mode, 1) for point in ("p", "q") for mode in Mode}


# --- persons and tokens ----------------------------------------------------------------------------


def test_a_token_is_known_by_its_holder_alone(conn: Connection) -> None:
    people.add_token(conn, "t", "top secret", NOON, person_id="anna")
    assert people.caller(conn, "top secret") == Caller("t", lives.BOTH, "anna", "anna")
    assert people.caller(conn, "Top secret") is None
    stored = repr(conn.execute(text("SELECT * FROM token")).all())
    assert "top secret" not in stored


def test_a_revoked_token_is_worth_nothing(conn: Connection) -> None:
    people.add_token(conn, "t", "s", NOON, person_id="anna")
    assert people.revoke_token(conn, "t", NOON)
    assert not people.revoke_token(conn, "t", NOON)
    assert people.caller(conn, "s") is None


def test_the_tokens_of_someone_who_left_stop_with_them(conn: Connection) -> None:
    people.add_token(conn, "t", "s", NOON, person_id="anna")
    people.disable(conn, "anna", NOON)
    assert people.caller(conn, "s") is None


def test_a_machine_may_only_draft_and_a_display_only_look(conn: Connection) -> None:
    people.add_token(conn, "m", "machine s", NOON)
    people.add_token(conn, "d", "display s", NOON, point_id="wijkhuis-noord")
    machine, display = people.caller(conn, "machine s"), people.caller(conn, "display s")
    assert machine is not None
    assert display is not None
    assert machine.roles == {Role.AUTHOR}
    assert machine.person_id is None
    assert display.roles == frozenset()
    assert display.point_id == "wijkhuis-noord"


@pytest.mark.parametrize("columns", ["role = 'approver'", "role = 'admin'", "person_id = 'anna'", "point_id = 'p'"])
def test_the_database_refuses_a_machine_that_may_more(conn: Connection, columns: str) -> None:
    people.add_token(conn, "m", "m", NOON)
    with pytest.raises(IntegrityError), conn.begin_nested():
        conn.execute(text(f"UPDATE token SET {columns} WHERE id = 'm'"))


def test_a_name_belongs_to_one_person(conn: Connection) -> None:
    with pytest.raises(IntegrityError), conn.begin_nested():
        people.add(conn, "another", "anna", lives.BOTH, None, NOON)


# --- answers ---------------------------------------------------------------------------------------

KEY = Key("anna", "k1", "sha")


def test_a_second_request_with_the_same_key_gets_the_first_answer_and_has_no_effect(conn: Connection) -> None:
    effects: list[int] = []

    def effect(_conn: Connection) -> Answer:
        effects.append(1)
        return Answer(201, "made", {"Location": "/x"})

    first = answers.once(conn, KEY, NOON, effect)
    second = answers.once(conn, KEY, NOON + timedelta(hours=23), effect)
    assert (first.replayed, second.replayed) == (False, True)
    assert (second.status_code, second.body, second.headers) == (201, "made", {"Location": "/x"})
    assert effects == [1]


def test_a_key_stands_for_one_request_of_one_caller(conn: Connection) -> None:
    answers.once(conn, KEY, NOON, lambda _: Answer(201))
    with pytest.raises(KeyTaken):
        answers.once(conn, Key("anna", "k1", "other"), NOON, lambda _: Answer(201))
    assert not answers.once(conn, Key("bert", "k1", "other"), NOON, lambda _: Answer(200)).replayed


def test_what_was_refused_is_not_remembered(conn: Connection) -> None:
    def refuse(_conn: Connection) -> Answer:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), conn.begin_nested():
        answers.once(conn, KEY, NOON, refuse)
    assert answers.recall(conn, KEY, NOON) is None
    assert not answers.once(conn, KEY, NOON, lambda _: Answer(200)).replayed


def test_a_key_holds_for_a_day(conn: Connection) -> None:
    answers.once(conn, KEY, NOON, lambda _: Answer(200, "first"))
    assert answers.once(conn, KEY, NOON + answers.KEPT_IN, lambda _: Answer(200, "second")).body == "second"
