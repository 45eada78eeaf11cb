"""When an account is given up, how it is tried again, and what never counts against it."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.channel import Accepted, Failed, FailureKind, Outcome
from broadcaster.dispatch.breaker import RUN, WINDOW, Breaker, BreakerState
from tests.clocks import NOON, HandClock

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
K = FailureKind
SICK = [K.UNREACHABLE, K.UNCERTAIN]
REFUSALS = [K.BAD_ADDRESS, K.OPTED_OUT, K.BAD_CONTENT]


def failed(kind: FailureKind) -> Failed:
    return Failed(kind, "x")


def opened(clock: HandClock) -> Breaker:
    breaker = Breaker(clock)
    breaker.heard([failed(K.BAD_CONFIG)])
    assert breaker.state is OPEN
    return breaker


def half_open(clock: HandClock) -> Breaker:
    breaker = opened(clock)
    clock.advance(breaker.probe_in())
    breaker.probed(None)
    assert breaker.state is HALF_OPEN
    return breaker


@pytest.mark.parametrize("kind", SICK)
def test_a_run_of_sick_calls_opens_and_one_less_does_not(kind: FailureKind) -> None:
    breaker = Breaker(HandClock())
    for _ in range(RUN - 1):
        breaker.heard([failed(kind)])
        assert breaker.state is CLOSED
    breaker.heard([failed(kind)])
    assert breaker.state is OPEN


def test_one_call_counts_once_whatever_its_size() -> None:
    breaker = Breaker(HandClock())
    for _ in range(RUN - 1):
        breaker.heard([failed(K.UNREACHABLE)] * 100)
    assert breaker.state is CLOSED


def test_a_call_in_which_anybody_was_answered_is_not_sick() -> None:
    breaker = Breaker(HandClock())
    for _ in range(10 * RUN):
        breaker.heard([*[failed(K.UNCERTAIN)] * 99, Accepted()])
    assert breaker.state is CLOSED


@pytest.mark.parametrize("kind", [*REFUSALS, K.THROTTLED])
def test_refusals_of_recipients_and_throttling_never_open(kind: FailureKind) -> None:
    breaker = Breaker(HandClock())
    for _ in range(10 * WINDOW):
        breaker.heard([failed(kind)])
    assert (breaker.state, breaker.failing_since) == (CLOSED, None)


def test_a_refusal_of_us_opens_at_once() -> None:
    assert opened(HandClock()).is_open


def test_being_throttled_between_does_not_end_a_run_of_sick_calls() -> None:
    breaker = Breaker(HandClock())
    for _ in range(RUN):
        breaker.heard([failed(K.UNREACHABLE)])
        breaker.heard([failed(K.THROTTLED)])
    assert breaker.state is OPEN


def test_half_of_a_window_of_sick_calls_opens_without_a_run() -> None:
    breaker = Breaker(HandClock())
    for call in range(WINDOW):
        assert breaker.state is CLOSED
        breaker.heard([failed(K.UNCERTAIN) if call % 2 else Accepted()])
    assert breaker.state is OPEN


def test_calls_that_hang_until_the_end_of_a_burst_are_no_run() -> None:
    clock = HandClock()
    breaker, hung = Breaker(clock), []
    for call in range(300):
        clock.advance(0.01)
        if call % 10 == 3:
            hung.append(clock.monotonic())
        else:
            breaker.heard([Accepted()])
    clock.advance(10)
    for began in hung:
        breaker.heard([failed(K.UNCERTAIN)], began)
        assert breaker.state is CLOSED
    for _ in range(RUN):
        breaker.heard([failed(K.UNCERTAIN)])
    assert breaker.state is OPEN


def test_a_gateway_of_which_one_call_in_five_fails_stays_in_use() -> None:
    """2,000 calls of each of 20 seeds; a run of 5 would have opened it about ten times."""
    for seed in range(20):
        dice, breaker = random.Random(seed), Breaker(HandClock())
        for _ in range(2_000):
            breaker.heard([failed(K.UNCERTAIN) if dice.random() < 0.2 else Accepted()])
            assert breaker.state is CLOSED, f"seed {seed}"


def test_a_gateway_of_which_most_calls_fail_is_given_up() -> None:
    for seed in range(20):
        dice, breaker = random.Random(seed), Breaker(HandClock())
        for _ in range(500):
            breaker.heard([failed(K.UNCERTAIN) if dice.random() < 0.6 else Accepted()])
        assert breaker._openings or breaker.is_open, f"seed {seed}"


def test_the_wait_for_a_probe_grows_from_about_a_second_to_about_a_minute() -> None:
    clock = HandClock()
    breaker, waits = opened(clock), []
    for _ in range(10):
        waits.append(breaker.probe_in())
        clock.advance(breaker.probe_in())
        assert breaker.probe_in() == 0
        breaker.probed(failed(K.UNREACHABLE))
        assert breaker.state is OPEN
    assert 1 <= waits[0] <= 2
    assert 2 <= waits[1] <= 3
    assert all(32 <= wait <= 61 for wait in waits[6:])


def test_a_probe_that_works_lets_one_message_try_and_its_answer_closes() -> None:
    for answer in (Accepted(), failed(K.BAD_ADDRESS)):
        breaker = half_open(HandClock())
        breaker.heard([answer])
        assert (breaker.state, breaker.failing_since) == (CLOSED, None)


@pytest.mark.parametrize("kind", [*SICK, K.BAD_CONFIG])
def test_a_message_that_fails_on_trial_opens_again_for_longer(kind: FailureKind) -> None:
    """A gateway that answers probes and loses messages: its probes must not make it forget how often that was."""
    clock = HandClock()
    breaker, waits = half_open(clock), []
    for _ in range(5):
        breaker.heard([failed(kind)])
        assert breaker.state is OPEN
        waits.append(breaker.probe_in())
        clock.advance(breaker.probe_in())
        breaker.probed(None)
    assert waits == sorted(waits)
    assert waits[-1] > 16


def test_what_was_asked_before_it_opened_changes_nothing() -> None:
    clock = HandClock()
    breaker = opened(clock)
    wait = breaker.probe_in()
    for late in (Accepted(), failed(K.BAD_CONFIG), failed(K.UNREACHABLE)):
        breaker.heard([late])
    assert (breaker.state, breaker.probe_in()) == (OPEN, wait)


def test_a_half_open_account_at_which_nothing_is_due_closes_by_a_second_probe() -> None:
    breaker = half_open(HandClock())
    breaker.probed(None)
    assert breaker.state is CLOSED


@pytest.mark.parametrize("kind", [*SICK, K.BAD_CONFIG])
def test_a_probe_that_fails_opens_a_closed_account(kind: FailureKind) -> None:
    breaker = Breaker(HandClock())
    breaker.probed(failed(kind))
    assert breaker.state is OPEN


def test_a_probe_that_is_told_to_come_back_later_found_a_link_that_works() -> None:
    breaker = opened(HandClock())
    breaker.probed(failed(K.THROTTLED))
    assert breaker.state is HALF_OPEN
    assert breaker.proven_at is None


def test_what_was_proven_and_since_when_it_fails_is_known() -> None:
    clock = HandClock()
    breaker = Breaker(clock)
    assert (breaker.proven_at, breaker.failing_since) == (None, None)
    breaker.heard([Accepted()])
    clock.advance(60)
    since = clock.now()
    for _ in range(RUN):
        breaker.heard([failed(K.UNREACHABLE)])
        clock.advance(1)
    assert (breaker.proven_at, breaker.failing_since) == (NOON, since)
    clock.advance(60)
    breaker.probed(None)
    assert (breaker.proven_at, breaker.failing_since) == (clock.now(), None)


calls = st.lists(
    st.lists(st.builds(Accepted) | st.builds(Failed, st.sampled_from(K), st.just("x")), min_size=1, max_size=4)
    | st.just("probe works")
    | st.just("probe fails"),
    max_size=60,
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(calls)
def test_whatever_comes_only_a_probe_ends_an_open_state_and_it_always_ends(history: list[list[Outcome] | str]) -> None:
    clock = HandClock()
    breaker = Breaker(clock)
    for step in history:
        was_open = breaker.is_open
        if isinstance(step, str):
            breaker.probed(None if step == "probe works" else failed(K.UNREACHABLE))
            continue
        breaker.heard(step)
        assert breaker.is_open or not was_open
        if breaker.is_open and not was_open:
            assert not any(isinstance(outcome, Accepted) for outcome in step)
    clock.advance(61)
    if breaker.is_open:
        assert breaker.probe_in() == 0
        breaker.probed(None)
    breaker.heard([Accepted()])
    assert breaker.state is CLOSED
