"""What a provider said in its answer besides the outcome: handed on to be kept, until it is."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from broadcaster.channel import Inbound
from broadcaster.clock import Clock
from broadcaster.store.database import AWAY

log = structlog.get_logger()
Keep = Callable[[str, Inbound], Awaitable[None]]
"""Keeps an account's inbound bytes; raises what a database that is away raises."""
_AGAIN_IN = 1.0
_GIVE_UP_IN = 10.0


class Teller:
    """Keeps inbound bytes one by one, in order; they wait here while the database is away."""

    def __init__(self, keep: Keep, clock: Clock) -> None:
        self._keep, self._clock = keep, clock
        self._waiting: deque[tuple[str, Inbound]] = deque()
        self._arrived = asyncio.Event()
        self._closed_at: float | None = None

    def tell(self, account: str, inbound: Inbound) -> None:
        """Take over what a provider said; never waits."""
        self._waiting.append((account, inbound))
        self._arrived.set()

    def close(self) -> None:
        """Keep what there is, then let `run` end."""
        self._closed_at = self._clock.monotonic()
        self._arrived.set()

    async def run(self) -> None:
        """Keep what comes until closed and empty, or closed and the database stays away."""
        while self._waiting or self._closed_at is None:
            await self._arrived.wait()
            try:
                await self._empty()
            except AWAY as error:
                log.warning("facts wait for the database", waiting=len(self._waiting), error=type(error).__name__)
                if self._closed_at is not None and self._clock.monotonic() - self._closed_at >= _GIVE_UP_IN:
                    log.critical("facts are lost: the database is away at the end", count=len(self._waiting))
                    return
                await self._clock.sleep(_AGAIN_IN)

    async def _empty(self) -> None:
        while self._waiting:
            await self._keep(*self._waiting[0])
            self._waiting.popleft()
        if self._closed_at is None:
            self._arrived.clear()
