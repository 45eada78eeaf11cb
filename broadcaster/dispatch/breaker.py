"""Whether an account may be used: closed, open, or half-open. Fed by outcomes and probes; it waits for nothing.

Closed is the healthy state. An open account gets nothing; after a wait that grows its link is probed, which
sends nothing. A probe that works makes it half-open: it gets one message at a time until one call is answered,
because a gateway may well take our key and lose our messages, and each of those costs a copy. What is
answered, for whatever recipient, closes it.

One call is one observation, whatever its size: a refused connection is no worse for a batch of a hundred.
Calls count in the order in which they began. In that of their ends, the few that wait for an answer that never
comes would stand together at the end of every burst, and look like an account that died.
"""

from bisect import insort
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from operator import itemgetter

from tenacity import RetryCallState, wait_exponential_jitter

from broadcaster.channel import Accepted, Failed, FailureKind, Outcome
from broadcaster.clock import Clock

RUN = 8
"""Sick calls in a row that open. Where one call in five fails by itself this is once in 488,000 calls
((0.2^-8 - 1) / 0.8); a run of 5, Envoy's `consecutive_5xx`, would be once in 3,905, and then cost a failover."""
WINDOW = 100
"""Of so many calls, half sick opens: Resilience4j's window of 100 and ratio of 50 %. Where one in five fails by
itself a window does so with a chance of 2 in 10^11 (binomial); where half fail, more often than not."""
_WAIT = wait_exponential_jitter(initial=1, max=60, exp_base=2, jitter=1)
_SICK = {FailureKind.UNREACHABLE, FailureKind.UNCERTAIN, FailureKind.BAD_CONFIG}


class BreakerState(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """The breaker of one account.

    `proven_at`: when a probe worked or a message was accepted, last. `failing_since`: since when every call
    and probe was sick; None when the last one was not.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.state = BreakerState.CLOSED
        self.proven_at: datetime | None = None
        self.failing_since: datetime | None = None
        self._calls: list[tuple[float, bool]] = []  # when each of the last began, and whether it was sick
        self._openings = 0  # since a call was answered: what makes the wait grow
        self._probe_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether nothing may be sent here."""
        return self.state is BreakerState.OPEN

    def probe_in(self) -> float:
        """Seconds until an open account's link is to be probed; 0 when that is now."""
        return max(0.0, self._probe_at - self._clock.monotonic())

    def heard(self, outcomes: Sequence[Outcome], began: float | None = None) -> None:
        """What came of one call to the provider, that began at this reading of the clock (now, if not given)."""
        kinds = {None if isinstance(outcome, Accepted) else outcome.kind for outcome in outcomes}
        if None in kinds:
            self.proven_at = self._clock.now()
        kinds.discard(FailureKind.THROTTLED)  # busy is not sick
        if not kinds or self.is_open:  # it was asked before it opened: the probe decides
            return
        is_sick = kinds <= _SICK
        insort(self._calls, (self._clock.monotonic() if began is None else began, is_sick), key=itemgetter(0))
        del self._calls[:-WINDOW]
        if is_sick:
            self._sick(at_once=FailureKind.BAD_CONFIG in kinds)
        else:
            self._answered()

    def probed(self, failure: Failed | None) -> None:
        """What came of a probe. One that fails opens a closed account too: looking again in a second costs nothing,
        finding out by messages does."""
        if failure is not None and failure.kind in _SICK:
            self._sick(at_once=True)
            return
        self.failing_since = None
        if failure is None:
            self.proven_at = self._clock.now()
        # A half-open account that nothing is due at closes by a second probe.
        self.state = BreakerState.HALF_OPEN if self.is_open else BreakerState.CLOSED

    def _answered(self) -> None:
        self.failing_since = None
        self._openings = 0
        self.state = BreakerState.CLOSED

    def _sick(self, *, at_once: bool) -> None:
        self.failing_since = self.failing_since or self._clock.now()
        if at_once or self.state is BreakerState.HALF_OPEN or self._is_dying():
            self._open()

    def _is_dying(self) -> bool:
        newest = [sick for _, sick in self._calls[-RUN:]]
        if len(newest) == RUN and all(newest):
            return True
        return len(self._calls) == WINDOW and sum(sick for _, sick in self._calls) >= WINDOW // 2

    def _open(self) -> None:
        self._openings += 1
        self.state = BreakerState.OPEN
        self._calls.clear()
        self._probe_at = self._clock.monotonic() + _wait(self._openings)


def _wait(openings: int) -> float:
    """Seconds until the next probe: about 1, then doubling with jitter to 60."""
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]
    state.attempt_number = openings
    return float(_WAIT(state))
