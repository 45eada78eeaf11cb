"""The gate before all sending: closed while the database is held, because it is a copy or somebody asked so."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from broadcaster.schedule import Tick
from broadcaster.store import holding
from broadcaster.store.database import Database
from broadcaster.store.holding import Held

log = structlog.get_logger()


class Gate:
    """Opens once, when nothing is held (any more)."""

    def __init__(self, store: Database) -> None:
        self._store = store
        self._opened, self._ending = asyncio.Event(), False
        self.held: Held | None = None

    @property
    def is_open(self) -> bool:
        """Whether anything may be sent."""
        return self._opened.is_set() and not self._ending

    async def tick(self) -> None:
        """Look whether it may open; from then on it stays open."""
        if self._opened.is_set():
            return
        before, self.held = self.held, await self._store.read(holding.held)
        if self.held is None:
            self._opened.set()
        elif before is None:
            log.critical("nothing is sent: the database is held", kind=self.held.kind.value)

    def behind(self, tick: Tick) -> Tick:
        """The same tick, once the gate is open."""

        async def when_open() -> None:
            if self.is_open:
                await tick()

        return when_open

    async def run(self, *steps: Callable[[], Awaitable[None]]) -> None:
        """Do the steps, one after the other, once the gate is open."""
        await self._opened.wait()
        for step in steps:
            if not self._ending:
                await step()

    def close(self) -> None:
        """The process ends: what waits here waits no more."""
        self._ending = True
        self._opened.set()
