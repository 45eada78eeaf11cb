"""How fast an account may go: a token bucket in recipients per second, and a halt of the whole account."""

from broadcaster.clock import Clock

_MOMENT_IN = 1.0
"""A halt that is worth waiting for with messages in hand; over a longer one they go back to the queue."""


class Pace:
    """The bucket of one account; one process drives an account at a time."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._rate = per_second
        self._clock = clock
        self._free_at = self._halted_until = clock.monotonic()

    @property
    def per_second(self) -> float:
        """The contracted rate, in recipients per second."""
        return self._rate

    def held_in(self) -> float:
        """Seconds until the provider wants anything again; 0 when it does."""
        return max(0.0, self._halted_until - self._clock.monotonic())

    async def take(self, recipients: int) -> bool:
        """Wait until `recipients` more may go, then count them; at most one second is saved up. False when the
        provider halted us, if only while we waited: then they do not go."""
        if self.held_in() > _MOMENT_IN:
            return False
        now = self._clock.monotonic()
        start = max(self._free_at, now - 1.0)
        self._free_at = start + recipients / self._rate
        if start > now:
            await self._clock.sleep(start - now)
        while 0 < (held_in := self.held_in()) <= _MOMENT_IN:
            await self._clock.sleep(held_in)
        return not self.held_in()

    def halt(self, seconds: float) -> None:
        """Let nothing go for `seconds`: the provider said so."""
        self._halted_until = max(self._halted_until, self._clock.monotonic() + seconds)
        self._free_at = max(self._free_at, self._halted_until)
