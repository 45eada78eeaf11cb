"""What follows an attempt: a table of every outcome, and what holds for any history of them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.channel import Accepted, Failed, FailureKind, Outcome
from broadcaster.dispatch.policy import MOST_TRANSMISSIONS, Decision, Standing, backoff, decide
from broadcaster.model.cap import Severity
from broadcaster.model.delivery import State
from tests.clocks import NOON

SEEDED = settings(derandomize=True, deadline=None, max_examples=300)
EXPIRES = NOON + timedelta(hours=4)
GRAVE, MINOR = Severity.SEVERE.rank, Severity.MINOR.rank
CERTAINLY_UNSENT = {FailureKind.UNREACHABLE, FailureKind.BAD_CONFIG}
K = FailureKind


def standing(rank: int = GRAVE, attempts: int = 1, transmissions: int = 1, **more: object) -> Standing:
    return Standing(rank, attempts, transmissions, EXPIRES, **more)  # type: ignore[arg-type]


def failed(kind: FailureKind, retry_after: float | None = None) -> Failed:
    return Failed(kind, "x", retry_after=retry_after)


# --- the table -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "now_at", "state", "sent", "burned"),
    [
        (Accepted("r"), standing(), State.ACCEPTED, True, True),
        (failed(K.BAD_ADDRESS), standing(), State.FAILED, False, True),
        (failed(K.OPTED_OUT), standing(), State.FAILED, False, True),
        (failed(K.BAD_CONTENT), standing(), State.FAILED, False, True),
        (failed(K.BAD_CONFIG), standing(), State.DUE, False, True),
        (failed(K.UNREACHABLE), standing(), State.DUE, False, True),
        (failed(K.THROTTLED), standing(), State.DUE, False, False),
        (failed(K.UNCERTAIN), standing(GRAVE), State.DUE, True, True),
        (failed(K.UNCERTAIN), standing(MINOR), State.UNCERTAIN, True, True),
        (failed(K.UNCERTAIN), standing(MINOR, repeats_safely=True), State.DUE, True, True),
        (failed(K.UNCERTAIN), standing(GRAVE, transmissions=2), State.UNCERTAIN, True, True),
        (failed(K.UNCERTAIN), standing(GRAVE, transmissions=2, repeats_safely=True), State.UNCERTAIN, True, True),
    ],
)
def test_each_outcome_has_one_consequence(
    outcome: Outcome, now_at: Standing, state: State, sent: bool, burned: bool
) -> None:
    decision = decide(outcome, now_at, NOON)
    assert (decision.state, decision.sent, decision.burned) == (state, sent, burned)


@pytest.mark.parametrize("kind", sorted(CERTAINLY_UNSENT))
def test_what_certainly_was_not_sent_goes_at_once_to_the_next_account(kind: FailureKind) -> None:
    decision = decide(failed(kind), standing(next_account="sms.secondary"), NOON)
    assert (decision.account, decision.due_at) == ("sms.secondary", NOON)


@pytest.mark.parametrize("kind", sorted(CERTAINLY_UNSENT))
def test_what_may_have_gone_out_before_never_goes_to_another_account(kind: FailureKind) -> None:
    decision = decide(failed(kind), standing(attempts=2, transmissions=2, next_account="sms.secondary"), NOON)
    assert (decision.account, decision.state) == (None, State.DUE)


def test_a_throttled_recipient_is_asked_ever_less_often_though_it_burns_no_attempt() -> None:
    busy = Failed(K.THROTTLED, "x", whole_account=False)
    waits = [decide(busy, standing(claims=claims), NOON).due_at for claims in (1, 4, 7)]
    assert NOON + timedelta(seconds=8) <= (waits[1] or NOON) <= NOON + timedelta(seconds=9)
    assert NOON + timedelta(seconds=64) <= (waits[2] or NOON) <= NOON + timedelta(seconds=65)


def test_two_accounts_that_both_cannot_send_do_not_chase_each_other() -> None:
    """Each may name the other as the next: without a pause between they would try as fast as the machine goes."""
    second = decide(failed(K.UNREACHABLE), standing(attempts=2, next_account="sms.primary"), NOON)
    assert second.due_at is not None
    assert second.due_at > NOON


@pytest.mark.parametrize("seconds", [0.0, 7.0, 3600.0])
def test_a_provider_that_says_how_long_is_obeyed(seconds: float) -> None:
    assert decide(failed(K.THROTTLED, seconds), standing(), NOON).due_at == NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [1e14, 1e308, float("inf"), float("nan"), -1e308])
def test_no_number_of_a_provider_breaks_the_engine(seconds: float) -> None:
    for kind in (K.THROTTLED, K.UNREACHABLE):
        assert decide(failed(kind, seconds), standing(), NOON).state in (State.DUE, State.EXPIRED)


def test_an_account_that_refuses_us_is_left_alone_for_half_a_minute() -> None:
    due_at = decide(failed(K.BAD_CONFIG), standing(), NOON).due_at
    assert due_at is not None
    assert due_at >= NOON + timedelta(seconds=30)


@pytest.mark.parametrize(("transmissions", "state"), [(1, State.EXPIRED), (2, State.UNCERTAIN)])
def test_at_the_deadline_what_may_have_gone_out_is_uncertain_and_the_rest_expired(
    transmissions: int, state: State
) -> None:
    late = EXPIRES - timedelta(milliseconds=1)
    assert decide(failed(K.UNREACHABLE), standing(transmissions=transmissions), late).state is state


def test_the_first_retry_comes_after_about_a_second_and_none_waits_much_over_two_minutes() -> None:
    for _ in range(200):
        assert 1 <= backoff(1) <= 2
        assert all(1 <= backoff(attempts) <= 121 for attempts in range(40))
    assert min(backoff(8) for _ in range(50)) > 60


# --- any history -----------------------------------------------------------------------------------

outcomes = st.builds(Accepted) | st.builds(
    Failed, st.sampled_from(FailureKind), st.just("x"), retry_after=st.none() | st.floats(-10, 1e6)
)
standings = st.builds(
    Standing,
    st.integers(0, 4),
    st.integers(1, 50),
    st.integers(1, 2),
    st.integers(-3600, 86400).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    st.booleans(),
    st.none() | st.just("sms.secondary"),
)


@SEEDED
@given(outcomes, standings)
def test_nothing_is_due_at_or_after_the_expiry(outcome: Outcome, now_at: Standing) -> None:
    decision = decide(outcome, now_at, NOON)
    assert (decision.state is State.DUE) == (decision.due_at is not None)
    if decision.due_at is not None:
        assert NOON <= decision.due_at < now_at.expires_at


@SEEDED
@given(outcomes, standings)
def test_being_throttled_burns_nothing(outcome: Outcome, now_at: Standing) -> None:
    decision = decide(outcome, now_at, NOON)
    throttled = isinstance(outcome, Failed) and outcome.kind is K.THROTTLED
    assert decision.burned != throttled
    assert not (throttled and (decision.sent or decision.account))


@SEEDED
@given(outcomes, standings)
def test_only_what_certainly_was_not_sent_fails_over(outcome: Outcome, now_at: Standing) -> None:
    decision = decide(outcome, now_at, NOON)
    if decision.account is not None:
        assert isinstance(outcome, Failed)
        assert outcome.kind in CERTAINLY_UNSENT
        assert not decision.sent


@SEEDED
@given(outcomes, standings)
def test_a_transmission_counts_unless_it_certainly_did_not_happen(outcome: Outcome, now_at: Standing) -> None:
    may_have_gone_out = isinstance(outcome, Accepted) or outcome.kind is K.UNCERTAIN
    assert decide(outcome, now_at, NOON).sent == may_have_gone_out


def _history(history: Sequence[Outcome], rank: int, safely: bool) -> list[Decision]:
    """What happens to one delivery, counted as the database counts it."""
    attempts = transmissions = 0
    made: list[Decision] = []
    now = NOON
    for outcome in history:
        if transmissions >= MOST_TRANSMISSIONS:
            break  # the database refuses to start a third
        attempts, transmissions = attempts + 1, transmissions + 1
        decision = decide(outcome, Standing(rank, attempts, transmissions, EXPIRES, safely), now)
        made.append(decision)
        transmissions -= not decision.sent
        attempts -= not decision.burned
        if decision.due_at is None:
            break
        now = decision.due_at
    return made


@SEEDED
@given(st.lists(outcomes, min_size=1, max_size=60), st.integers(0, 4), st.booleans())
def test_no_history_makes_a_third_copy_or_leaves_a_delivery_that_can_never_start(
    history: list[Outcome], rank: int, safely: bool
) -> None:
    made = _history(history, rank, safely)
    assert sum(decision.sent for decision in made) <= MOST_TRANSMISSIONS
    if sum(decision.sent for decision in made) == MOST_TRANSMISSIONS:
        assert made[-1].due_at is None


@SEEDED
@given(outcomes, standings)
def test_the_same_question_has_the_same_answer_but_for_the_jitter(outcome: Outcome, now_at: Standing) -> None:
    first, second = decide(outcome, now_at, NOON), decide(outcome, now_at, NOON)
    assert (first.sent, first.burned, first.account, first.reason) == (
        second.sent,
        second.burned,
        second.account,
        second.reason,
    )
