"""Time as an argument: an instant that never jumps, a monotonic reading, and a sleep.

`Clock.now()` is the wall time at start plus the monotonic time since, so a stepped system clock
moves no lease, no limit and no order. `drift()` says how far the system clock has walked away;
an operator sees it, and nothing else reads it.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the house asks of time; tests and simulations bring their own."""

    def now(self) -> datetime:
        """The present instant, in UTC."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment of this process; never falls."""

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds`."""


class SystemClock:
    """The clock of a running process."""

    def __init__(self) -> None:
        self._wall = datetime.now(UTC)
        self._mono = time.monotonic()

    def now(self) -> datetime:
        """Wall time at start plus monotonic time since, in UTC."""
        return self._wall + timedelta(seconds=time.monotonic() - self._mono)

    def monotonic(self) -> float:
        """Seconds of the system's monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of real time."""
        await asyncio.sleep(seconds)

    def drift(self) -> timedelta:
        """How far the system's wall clock is ahead of (or, negative, behind) `now()`."""
        return datetime.now(UTC) - self.now()
