from dataclasses import replace
from datetime import timedelta

from broadcaster.boards.refusals import Refusal, Refused
from broadcaster.boards.showing import show


def board_with(mint, *notices):
    board = mint.board(1000)  # issued at `now`
    return replace(board, payload=board.payload.model_copy(update={"notices": list(notices)}))


def test_a_board_shows_its_age(mint):
    shown = show(mint.board(1000), mint.now + timedelta(minutes=3))
    assert shown.age_in == timedelta(minutes=3)


def test_a_notice_leaves_the_screen_at_its_expiry_without_a_new_board(mint):
    notice = mint.notice()
    board = board_with(mint, notice)
    assert show(board, notice.expires - timedelta(seconds=1)).notices == [notice]
    assert show(board, notice.expires).notices == []


def test_a_board_past_its_date_is_not_shown_as_current(mint):
    board = mint.board(1000)
    assert show(board, board.payload.not_after) == Refused(Refusal.EXPIRED)
    assert show(board, board.payload.not_after - timedelta(seconds=1)).board is board


def test_a_clock_behind_the_hubs_makes_the_age_unknown(mint):
    board = mint.board(1000)
    assert show(board, mint.now - timedelta(seconds=30)).age_in == timedelta(0)
    assert show(board, mint.now.replace(year=1970)).age_in is None


def test_a_clock_of_1970_shows_no_notice_that_had_expired_when_the_board_was_issued(mint):
    board = board_with(mint, mint.notice(expires=mint.now - timedelta(hours=1)))
    assert show(board, mint.now.replace(year=1970)).notices == []
