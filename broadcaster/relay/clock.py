"""The time at a box that may have no clock: what is proven, and what is at least so.

A small box without a battery begins at 1970, or where it was when the power went. What a hub signed is a floor: it is
at least as late as that. Only three things prove the time: the kernel keeps it by the network (NTP), a battery does
(`[relay] clock`), or a hub said it over TLS just now. Until then nobody is told a time: answers carry no `Date` (RFC
9110 section 6.6.1), and displays say that the time is unknown. See docs/decisions/0062.
"""

import asyncio
import ctypes
import time
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from typing import Self

from broadcaster.clock import Clock

MARGIN_IN = timedelta(minutes=1)
"""Two honest clocks may differ by this much."""
_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
_TIMEX_BYTES = 512  # more than any kernel's struct timex; zeroes only ask


def disciplined() -> bool:
    """Whether the kernel says that the system's clock is kept in step (adjtimex(2))."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return False
    return isinstance(state, int) and 0 <= state < _UNSYNCHRONISED


def _wall() -> datetime:
    return datetime.now(UTC)


class RelayClock:
    """The present instant, as far as anybody can tell. battery: the system's clock ran on while there was no power."""

    def __init__(
        self,
        *,
        battery: bool = False,
        wall: Callable[[], datetime] = _wall,
        ticks: Callable[[], float] = time.monotonic,
        in_step: Callable[[], bool] = disciplined,
    ) -> None:
        self._battery, self._wall, self._ticks, self._in_step = battery, wall, ticks, in_step
        self._floors: dict[Hashable, datetime] = {}  # each as if it was said when `ticks` was nothing
        self._proof: datetime | None = None
        self.look()

    @classmethod
    def over(cls, clock: Clock) -> Self:
        """Over a clock that is believed, of a story or a test."""
        return cls(battery=True, wall=clock.now, ticks=clock.monotonic)

    def now(self) -> datetime:
        """What is proven; else the latest of what a hub said, counted on; else what the system says."""
        if self.is_known:
            assert self._proof is not None
            return self._counted(self._proof)
        floor = self._floor()
        return self._wall() if floor is None else floor

    @property
    def is_known(self) -> bool:
        """Whether the time is proven, and nothing that a hub signed says that it is later."""
        if self._proof is None:
            return False
        floor = self._floor()
        return floor is None or self._counted(self._proof) >= floor - MARGIN_IN

    def monotonic(self) -> float:
        """Seconds that never fall."""
        return self._ticks()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def at_least(self, source: Hashable, instant: datetime) -> None:
        """A hub signed this instant."""
        if source not in self._floors or self._counted(self._floors[source]) < instant:
            self._floors[source] = instant - self._passed()

    def forget(self, source: Hashable) -> None:
        """What this source said counts no more: the key that it was signed with was replaced, and may have been
        stolen and have dated something far ahead."""
        self._floors.pop(source, None)

    def told(self, instant: datetime) -> None:
        """A hub said over TLS that it is this late."""
        self._proof = instant - self._passed()

    def look(self) -> None:
        """Whether the system's clock can be believed by now."""
        wall, floor = self._wall(), self._floor()
        believable = floor is None or wall >= floor - MARGIN_IN
        if believable and (self._battery or self._in_step()):
            self._proof = wall - self._passed()

    def _floor(self) -> datetime | None:
        return self._counted(max(self._floors.values())) if self._floors else None

    def _counted(self, origin: datetime) -> datetime:
        return origin + self._passed()

    def _passed(self) -> timedelta:
        return timedelta(seconds=self._ticks())
