"""What happens by the clock. APScheduler only ticks: every truth, planned releases too, is a row.

A tick that is late or lost costs nothing, because the next one asks the database anew: no job store,
ticks that pile up become one, and a tick never waits for its own predecessor.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import DBAPIError

from broadcaster.clock import Clock

_LATE_IN = 30.0
"""Seconds beyond its turn after which a tick is late."""
log = structlog.get_logger()
Tick = Callable[[], Awaitable[None]]


class Ticker:
    """Calls each tick about every so many seconds, until stopped."""

    def __init__(self, ticks: Mapping[str, tuple[float, Tick]], clock: Clock) -> None:
        self._scheduler, self._clock = AsyncIOScheduler(timezone="UTC"), clock
        self._every = {name: seconds for name, (seconds, _) in ticks.items()}
        self._ended_at: dict[str, float] = {}
        for name, (seconds, tick) in ticks.items():
            self._scheduler.add_job(
                partial(self._tick, name, tick),
                "interval",
                seconds=seconds,
                id=name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )

    def start(self) -> None:
        """Begin to tick, on the running event loop."""
        self._ended_at = dict.fromkeys(self._every, self._clock.monotonic())
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more. What is under way is a transaction, and ends as one."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def late(self) -> list[str]:
        """Ticks that should have come round by now, and did not: their last one has not ended."""
        now = self._clock.monotonic()
        return [name for name, at in self._ended_at.items() if now - at > self._every[name] + _LATE_IN]

    async def _tick(self, name: str, tick: Tick) -> None:
        await _safely(name, tick)
        self._ended_at[name] = self._clock.monotonic()


async def _safely(name: str, tick: Tick) -> None:
    """A tick that fails is logged; the next one tries again."""
    try:
        await tick()
    except DBAPIError as error:
        log.warning("a tick waits for the database", tick=name, error=type(error.orig).__name__)
    except Exception as error:  # one tick's defect must not stop the others, nor itself for good
        log.exception("a tick failed", tick=name, error=type(error).__name__)
