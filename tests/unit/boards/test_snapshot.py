from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcaster.boards.snapshot import MAX_BYTES, BoardTooLarge, payload_for, valid_at
from broadcaster.model.board import MAX_SEQ, BoardPayload, Mode
from broadcaster.model.cap import Severity

numbers = st.lists(st.integers(1, 12), max_size=8, unique=True)


def board(mint, notices, **changes):
    return payload_for("noord", Mode.LIVE, 1, 1, mint.now, notices, **changes)


def test_a_notice_leaves_at_its_expiry(mint):
    notice = mint.notice()
    assert valid_at(notice.expires - timedelta(seconds=1), [notice]) == [notice]
    assert valid_at(notice.expires, [notice]) == []


def test_a_replaced_notice_leaves(mint):
    old, new = mint.notice(1), mint.notice(2, replaces=1)
    assert board(mint, [old, new]).notices == [new]


def test_a_replaced_notice_does_not_come_back_when_its_successor_expires(mint):
    old = mint.notice(1, expires=mint.now + timedelta(hours=12))
    new = mint.notice(2, replaces=1, expires=mint.now + timedelta(hours=1))
    assert valid_at(mint.now + timedelta(hours=2), [old, new]) == []


def test_what_was_replaced_by_something_elsewhere_leaves(mint):
    assert board(mint, [mint.notice(1)], superseded=[1]).notices == []


@given(numbers, st.randoms(use_true_random=False))
def test_the_most_severe_stands_first_and_then_the_lowest_number(mint, drawn, random):
    notices = [mint.notice(n, severity=random.choice(list(Severity))) for n in drawn]
    shown = [(notice.severity.rank, notice.number) for notice in board(mint, notices).notices]
    assert shown == sorted(shown)
    assert len(shown) == len(drawn)


def test_the_order_of_arrival_does_not_change_the_board(mint):
    notices = [mint.notice(n) for n in (3, 1, 2)]
    assert board(mint, notices) == board(mint, notices[::-1])


def test_a_board_may_be_shown_for_72_hours(mint):
    payload = board(mint, [])
    assert payload.not_after - payload.issued_at == timedelta(hours=72)


def test_an_exercise_does_not_get_on_a_live_board_nor_the_other_way_round(mint):
    for mode, status in ((Mode.LIVE, "Exercise"), (Mode.LIVE, "Test"), (Mode.EXERCISE, "Actual")):
        with pytest.raises(ValueError, match="do not belong"):
            payload_for("noord", mode, 1, 1, mint.now, [mint.notice(status=status)])


def test_a_board_larger_than_64_kilobytes_is_refused_with_its_size(mint):
    notice = mint.notice(languages={"nl": {"instruction": "é" * (MAX_BYTES // 2)}})
    with pytest.raises(BoardTooLarge, match=r"board of noord would be 6\d{4} bytes with 1 notices"):
        board(mint, [notice])


def test_a_board_of_exactly_64_kilobytes_is_taken(mint):
    room = MAX_BYTES - len(board(mint, [mint.notice(languages={"nl": {"x": ""}})]).model_dump_json())
    assert board(mint, [mint.notice(languages={"nl": {"x": "a" * room}})])
    with pytest.raises(BoardTooLarge):
        board(mint, [mint.notice(languages={"nl": {"x": "a" * (room + 1)}})])


@pytest.mark.parametrize("seq", [0, -1, MAX_SEQ + 1])
def test_a_sequence_number_is_one_that_every_reader_keeps_exact(mint, seq):
    with pytest.raises(ValueError, match="seq"):
        payload_for("noord", Mode.LIVE, seq, 1, mint.now, [])


def test_a_member_of_next_year_does_not_stop_this_years_display(mint):
    text = board(mint, []).model_dump_json()
    assert BoardPayload.model_validate_json(text[:-1] + ',"new":1}') == board(mint, [])
