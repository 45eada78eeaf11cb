"""The three transition tables, read as what they promise."""

from itertools import product

import pytest

from broadcaster.model.alert import ALERT_TRANSITIONS, CORRECTABLE, CORRECTED, DRAFT_TRANSITIONS, Stage
from broadcaster.model.cap import Lane, Severity, Status, lane_of
from broadcaster.model.delivery import AGAIN, AT_REST, OPEN, TRANSITIONS, State, may


def test_every_state_of_a_delivery_has_its_line() -> None:
    assert set(TRANSITIONS) == set(State)
    assert set(State) == OPEN | AT_REST
    assert not OPEN & AT_REST


def test_from_every_open_state_a_delivery_can_come_to_rest() -> None:
    for state in OPEN:
        assert TRANSITIONS[state] & AT_REST, state


def test_delivered_is_for_good() -> None:
    assert TRANSITIONS[State.DELIVERED] == frozenset()


def test_whatever_is_at_rest_may_turn_out_to_have_arrived() -> None:
    for state in AT_REST - {State.DELIVERED}:
        assert may(state, State.DELIVERED), state


def test_only_started_bytes_can_have_been_accepted() -> None:
    assert {before for before in OPEN if may(before, State.ACCEPTED)} == {State.STARTED}


def test_no_receipt_takes_a_delivery_off_the_queue() -> None:
    assert not any(may(before, State.DELIVERED) for before in OPEN)


def test_nothing_skips_the_mark_that_comes_before_the_bytes() -> None:
    assert {before for before in State if may(before, State.STARTED)} == {State.CLAIMED}
    assert {before for before in State if may(before, State.CLAIMED)} == {State.DUE}


def test_what_expired_or_was_halted_or_superseded_is_never_sent_any_more() -> None:
    for state in (State.EXPIRED, State.SUPERSEDED, State.HALTED, State.DELIVERED, State.ACCEPTED):
        assert not TRANSITIONS[state] & OPEN, state


def test_an_alert_is_approved_once_and_only_from_submitted() -> None:
    assert {before for before in ALERT_TRANSITIONS if Stage.APPROVED in ALERT_TRANSITIONS[before]} == {Stage.SUBMITTED}


@pytest.mark.parametrize("end", [Stage.RETURNED, Stage.SUPERSEDED, Stage.CANCELLED])
def test_an_ended_alert_does_not_come_back(end: Stage) -> None:
    assert ALERT_TRANSITIONS[end] == frozenset()


def test_expiry_is_no_correction_and_leaves_one_possible() -> None:
    """Pickering, January 2020: 'expired' was taken for 'corrected'."""
    assert ALERT_TRANSITIONS[Stage.EXPIRED] == set(CORRECTED.values())
    assert {Stage.APPROVED, Stage.EXPIRED} == CORRECTABLE


def test_what_may_go_again_is_what_is_missing() -> None:
    assert {state for state in AT_REST if may(state, State.DUE)} == AGAIN == {State.FAILED, State.UNCERTAIN}


def test_an_approved_draft_is_never_edited_again() -> None:
    assert DRAFT_TRANSITIONS[Stage.APPROVED] == frozenset()
    assert {before for before in DRAFT_TRANSITIONS if Stage.APPROVED in DRAFT_TRANSITIONS[before]} == {Stage.SUBMITTED}


def test_no_table_names_what_the_other_tables_end_in() -> None:
    for table in (ALERT_TRANSITIONS, DRAFT_TRANSITIONS):
        assert all(after in table for afters in table.values() for after in afters)


def test_only_what_is_real_is_live() -> None:
    assert [lane_of(status) for status in Status] == [Lane.LIVE, Lane.DRILL, Lane.DRILL]


def test_the_most_severe_goes_first() -> None:
    assert sorted(Severity, key=lambda severity: severity.rank) == list(Severity)
    assert [severity for severity in Severity if severity.grave] == [Severity.EXTREME, Severity.SEVERE]


def test_may_says_what_the_table_says() -> None:
    assert {(a, b) for a, b in product(State, State) if may(a, b)} == {(a, b) for a in State for b in TRANSITIONS[a]}
