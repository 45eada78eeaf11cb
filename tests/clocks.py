"""A clock that a test turns by hand."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class HandClock:
    """Stands still until something sleeps, or a test turns it; `slept` is what was slept, in order."""

    def __init__(self, start: datetime = NOON, reading_in: float = 0.0) -> None:
        self._start, self._reading_in = start, reading_in
        self._passed = 0.0
        self._step = timedelta(0)
        self.slept: list[float] = []
        self.most_in = float("inf")

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return self._start + timedelta(seconds=self._passed) + self._step

    def monotonic(self) -> float:
        """Seconds that passed, whatever the wall clock says; looking takes `reading_in` of them."""
        self._passed += self._reading_in
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once, and let others run. Whoever wants more than `most_in` waits for good."""
        if seconds > self.most_in:
            await asyncio.Event().wait()
        self.slept.append(seconds)
        self._passed += seconds
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._passed += seconds

    def step(self, by: timedelta) -> None:
        """Set the wall clock forward or back; no time passes."""
        self._step += by


class QuickClock:
    """The time of a running process, `times` as fast: what waits for seconds is there in a blink."""

    def __init__(self, times: float = 20.0, start: datetime = NOON) -> None:
        self._times, self._start = times, start
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return (time.monotonic() - self._began) * self._times

    async def sleep(self, seconds: float) -> None:
        """Wait that long on this clock."""
        await asyncio.sleep(seconds / self._times)

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self._began -= seconds / self._times
