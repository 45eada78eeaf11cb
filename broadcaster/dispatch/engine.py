"""The engine of one lane: its dispatchers, and the loops that feed them and clean up after them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic

import structlog

from broadcaster import ids
from broadcaster.clock import Clock
from broadcaster.dispatch.approved import Approvals
from broadcaster.dispatch.dispatcher import DUE, Bench, Dispatcher, OpenAddress, Stopped
from broadcaster.dispatch.expansion import Expander
from broadcaster.dispatch.lanes import L
from broadcaster.dispatch.leases import BEAT_IN, Leases
from broadcaster.dispatch.outcomes import OutcomeWriter
from broadcaster.dispatch.outlet import Outlet
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store.database import AWAY, Database

log = structlog.get_logger()
RELEASED = "alert released"
STOPPED = "alert stopped"
_POLL_IN = 0.5


class Engine(Generic[L]):
    """Runs until told to stop; then finishes what is under way and hands back the rest.

    `outlets` and `open_address` by account name, `accounts` the first account of each channel kind,
    `failover` the next account after an account, `repeating` those whose provider drops duplicates,
    `unsubscribe` gives from a reference its reader's own link.
    """

    def __init__(
        self,
        store: Database,
        clock: Clock,
        signals: Signals,
        lane: Lane,
        outlets: Mapping[str, Outlet[L]],
        accounts: Mapping[str, str],
        open_address: Mapping[str, OpenAddress],
        failover: Mapping[str, str] | None = None,
        repeating: Sequence[str] = (),
        unsubscribe: Callable[[str], str] = lambda _reference: "",
    ) -> None:
        self.owner = ids.new_id(clock.now())
        self._clock, self._signals = clock, signals
        stopped = Stopped()
        self._outcomes = OutcomeWriter(store, clock)
        bench = Bench(store, clock, signals, Approvals(store), self._outcomes, stopped, self.owner, lane, unsubscribe)
        self.leases = Leases(store, clock, self.owner, lane, repeating)
        self.expander = Expander(store, clock, signals, lane, accounts, stopped)
        failover = failover or {}
        self.dispatchers: list[Dispatcher[L]] = [
            Dispatcher(bench, name, outlet, open_address[name], failover.get(name)) for name, outlet in outlets.items()
        ]
        self._stopping = asyncio.Event()
        self.running = False

    def stop(self) -> None:
        """Begin to drain."""
        self._stopping.set()
        for name in (RELEASED, STOPPED, DUE):
            self._signals.hint(name)
        for dispatcher in self.dispatchers:
            dispatcher.stop()

    async def run(self) -> None:
        """Drive the lane until stopped and drained."""
        self.running = True
        try:
            await self._run()
        finally:
            self.running = False

    async def _run(self) -> None:
        await self.leases.enter()
        writer = asyncio.create_task(self._outcomes.run())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._expanding())
            tasks.create_task(self._sweeping())
            tasks.create_task(self._beating())
            for dispatcher in self.dispatchers:
                tasks.create_task(dispatcher.run())
        self._outcomes.close()
        await writer
        await self.leases.leave()

    async def _expanding(self) -> None:
        while not self._stopping.is_set():
            if not await self._safely(self.expander.expand):
                await self._signals.wait(RELEASED, _POLL_IN)

    async def _sweeping(self) -> None:
        while not self._stopping.is_set():
            if not await self._safely(self.expander.sweep):
                await self._signals.wait(STOPPED, _POLL_IN)

    async def _beating(self) -> None:
        while not self._stopping.is_set():
            await self._safely(self._beat)
            await self._pause(BEAT_IN)

    async def _beat(self) -> int:
        await self.leases.tick()
        return 1

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _safely(self, step: Callable[[], Awaitable[int]]) -> int:
        """A step that a database outage only delays; 0 when it did nothing."""
        try:
            return await step()
        except AWAY as error:
            log.warning("the engine waits for the database", error=type(error).__name__)
            await self._pause(1.0)
            return 0
