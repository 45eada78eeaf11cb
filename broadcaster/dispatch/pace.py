"""How fast an account may go: a token bucket in recipients per second, and a halt of the whole account."""

from broadcaster.clock import Clock


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

    async def take(self, recipients: int) -> None:
        """Wait until `recipients` more may go, then count them. At most one second is saved up."""
        now = self._clock.monotonic()
        start = max(self._free_at, now - 1.0)
        self._free_at = start + recipients / self._rate
        if start > now:
            await self._clock.sleep(start - now)
        while (held_in := self._halted_until - self._clock.monotonic()) > 0:  # who waited for a turn waits on
            await self._clock.sleep(held_in)

    def halt(self, seconds: float) -> None:
        """Let nothing go for `seconds`: the provider said so."""
        self._halted_until = max(self._halted_until, self._clock.monotonic() + seconds)
        self._free_at = max(self._free_at, self._halted_until)
