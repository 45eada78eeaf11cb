"""What each recipient's domain takes: so many messages at once, and none while it wants quiet.

Half of a town has its mail with four providers, and one that is full may not slow the others. A message that
has to wait goes back at once, with how long: nothing waits here.
"""

from dataclasses import dataclass

from broadcaster.channel import Failed, FailureKind
from broadcaster.clock import Clock

FULL_IN = 1.0
"""Seconds until a message may come back that found as many of its domain under way as may be."""
_LONGEST_IN = 120.0
_A_FEW = 3
_MOST_KNOWN = 1_000


@dataclass(slots=True)
class _Domain:
    under_way: int = 0
    quiet_until: float = 0.0
    quiet_in: float = 1.0  # for how long, when it wants quiet again and does not say


class Domains:
    """most: messages under way to one domain. Times are those of the clock, in seconds."""

    def __init__(self, most: int, clock: Clock) -> None:
        self._most, self._clock = most, clock
        self._known: dict[str, _Domain] = {}

    def quiet(self, name: str) -> Failed | None:
        """Why a message to a domain has to wait before it may have a connection."""
        domain = self._known.get(name)
        quiet_in = domain.quiet_until - self._clock.monotonic() if domain and domain.quiet_until else 0.0
        return _wait("its domain wants nothing for a while", quiet_in) if quiet_in > 0 else None

    def enter(self, name: str) -> Failed | None:
        """Begin a message to a domain, which ends with `leave`; or why it has to wait."""
        if name not in self._known:
            self._forget()
        domain = self._known.setdefault(name, _Domain())
        if domain.under_way >= self._most:
            return _wait("as many as may are under way to its domain", FULL_IN)
        domain.under_way += 1
        return None

    def leave(self, name: str) -> None:
        """A message to a domain has ended."""
        self._known[name].under_way -= 1

    def taken(self, name: str) -> None:
        """A domain took a message: what it wanted before is over."""
        domain = self._known[name]
        if domain.quiet_until and domain.quiet_until <= self._clock.monotonic():
            domain.quiet_until, domain.quiet_in = 0.0, 1.0

    def wants_quiet(self, name: str, wait_in: float | None) -> tuple[float, bool]:
        """A domain says that it is too much: for how long it gets nothing, and whether so many say so by now that
        it must be our own server that speaks. Without a time of its own, twice as long each time."""
        now, domain = self._clock.monotonic(), self._known[name]
        quiet_in = wait_in or domain.quiet_in
        if domain.quiet_until <= now:  # else it was said already, to a message that was under way
            domain.quiet_in = min(2 * domain.quiet_in, _LONGEST_IN)
        domain.quiet_until = max(domain.quiet_until, now + quiet_in)
        quiet = sum(1 for other in self._known.values() if other.quiet_until > now)
        return quiet_in, quiet >= _A_FEW

    def _forget(self) -> None:
        """Keep no list of where everybody has their mail."""
        if len(self._known) >= _MOST_KNOWN:
            now = self._clock.monotonic()
            self._known = {
                name: domain for name, domain in self._known.items() if domain.under_way or domain.quiet_until > now
            }


def _wait(why: str, seconds: float) -> Failed:
    return Failed(FailureKind.THROTTLED, why, retry_after=seconds, whole_account=False)
