"""What happens after an attempt: a pure function from outcome and standing to a decision.

Retries go on until the alert's expiry, not for a count. At most two transmissions may ever have gone
out per delivery: the database refuses a third.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tenacity import RetryCallState, wait_exponential_jitter

from broadcaster.channel import Accepted, FailureKind, Outcome
from broadcaster.model.cap import Severity
from broadcaster.model.delivery import State

MOST_TRANSMISSIONS = 2
_BACKOFF = wait_exponential_jitter(initial=1, max=120, exp_base=2, jitter=1)
_SECOND_SEND_IN = timedelta(seconds=2)
_BROKEN_ACCOUNT_IN = timedelta(seconds=30)
_FOR_GOOD = {FailureKind.BAD_ADDRESS, FailureKind.OPTED_OUT, FailureKind.BAD_CONTENT}


@dataclass(frozen=True, slots=True)
class Standing:
    """A delivery just after an attempt; `attempts` and `transmissions` count this one.

    `repeats_safely`: its provider drops a second message with our reference. `next_account`: where
    to go on when this account certainly did not send it; None when there is no other. `claims`: how often
    somebody took it, which counts what burned no attempt.
    """

    rank: int
    attempts: int
    transmissions: int
    expires_at: datetime
    repeats_safely: bool = False
    next_account: str | None = None
    claims: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the delivery goes. `due_at` is set for a retry only, `account` for a failover only.
    `sent` and `burned` say whether the transmission and the attempt count."""

    state: State
    sent: bool
    burned: bool = True
    due_at: datetime | None = None
    account: str | None = None
    reason: str | None = None


def decide(outcome: Outcome, standing: Standing, now: datetime) -> Decision:
    """What to do with a delivery after `outcome`."""
    if isinstance(outcome, Accepted):
        return Decision(State.ACCEPTED, sent=True)
    if outcome.kind in _FOR_GOOD:
        return Decision(State.FAILED, sent=False, reason=outcome.kind.value)
    if outcome.kind is FailureKind.UNCERTAIN:
        return _after_doubt(standing, now)
    # The pace holds back a throttled account; a recipient that is throttled burns no attempt, so the claims count.
    wait = timedelta(seconds=backoff(standing.attempts if outcome.whole_account else standing.claims))
    if outcome.kind is FailureKind.BAD_CONFIG:
        wait = max(wait, _BROKEN_ACCOUNT_IN)
    if outcome.retry_after is not None:
        # Whatever number a provider names: at the expiry it is over anyway.
        left = (standing.expires_at - now).total_seconds()
        wait = timedelta(seconds=max(0.0, min(left, outcome.retry_after)))
    return _again(outcome.kind, standing, now, wait)


def _again(kind: FailureKind, standing: Standing, now: datetime, wait: timedelta) -> Decision:
    """A retry of what certainly was not sent, elsewhere if that may help."""
    throttled = kind is FailureKind.THROTTLED
    # An earlier transmission in doubt binds it to its gateway, which may know that one or drop this.
    account = None if throttled or standing.transmissions > 1 else standing.next_account
    # Only the first failover is at once: two accounts that both cannot send may each name the other.
    due_at = now if account and standing.attempts == 1 else now + wait
    if due_at >= standing.expires_at:
        return _too_late(standing.transmissions - 1, kind.value, burned=not throttled)
    return Decision(State.DUE, sent=False, burned=not throttled, due_at=due_at, account=account, reason=kind.value)


def _after_doubt(standing: Standing, now: datetime) -> Decision:
    """Once more when lives may depend on it or the provider drops duplicates; else it stays uncertain."""
    worthwhile = standing.repeats_safely or standing.rank <= Severity.SEVERE.rank
    due_at = now + _SECOND_SEND_IN
    if worthwhile and standing.transmissions < MOST_TRANSMISSIONS and due_at < standing.expires_at:
        return Decision(State.DUE, sent=True, due_at=due_at, reason=FailureKind.UNCERTAIN.value)
    return Decision(State.UNCERTAIN, sent=True, reason=FailureKind.UNCERTAIN.value)


def _too_late(earlier_transmissions: int, reason: str, *, burned: bool) -> Decision:
    """The deadline comes first: expired if nothing ever went out, else uncertain."""
    state = State.UNCERTAIN if earlier_transmissions else State.EXPIRED
    return Decision(state, sent=False, burned=burned, reason=reason)


def backoff(attempts: int) -> float:
    """Seconds until the next try after `attempts` of them: about 1, then doubling with jitter to 120."""
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]
    state.attempt_number = max(1, attempts)
    return float(_BACKOFF(state))
