"""The engine of one lane: its dispatchers, and the loops that feed them and clean up after them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Generic

import structlog

from broadcaster import ids
from broadcaster.clock import Clock
from broadcaster.dispatch.approved import Approvals
from broadcaster.dispatch.breaker import Breaker, BreakerState
from broadcaster.dispatch.dispatcher import DUE, OPENED, Bench, Dispatcher, Stopped
from broadcaster.dispatch.expansion import Expander
from broadcaster.dispatch.failover import Routes, by_kind, take_over
from broadcaster.dispatch.lanes import L
from broadcaster.dispatch.leases import STILL_IN, Leases
from broadcaster.dispatch.outcomes import OutcomeWriter
from broadcaster.dispatch.outlet import Outlet
from broadcaster.dispatch.packing import OpenAddress
from broadcaster.dispatch.standing import AccountStanding
from broadcaster.dispatch.telling import Keep, Teller
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store.database import AWAY, Database

log = structlog.get_logger()
RELEASED = "alert released"
STOPPED = "alert stopped"
SHARED_OUT = "accounts shared out"
_POLL_IN = 0.5


class Engine(Generic[L]):
    """Runs until told to stop; then finishes what is under way and hands back the rest.

    `outlets` and `open_address` by account name, `accounts` the first account of each channel kind,
    `failover` the accounts after an account, in order, `repeating` those whose provider drops duplicates,
    `unsubscribe` gives from a reference its reader's own link, `keep` stores what a provider said in its answer
    (none in a drill), `probes_in` as a `Bench` has it. `shared`: other processes may drive accounts too;
    `still_in`: how long one of them is silent before its work is taken over.
    `expands`: whether this process makes deliveries, and not only sends them.
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
        failover: Mapping[str, Sequence[str]] | None = None,
        repeating: Sequence[str] = (),
        unsubscribe: Callable[[str], str] = lambda _reference: "",
        keep: Keep | None = None,
        probes_in: float | None = None,
        *,
        shared: bool = False,
        still_in: float = STILL_IN,
        expands: bool = True,
    ) -> None:
        self.owner = ids.new_id(clock.now())
        self._store, self._clock, self._signals, self._lane = store, clock, signals, lane
        self._expands = expands
        self.leases = Leases(store, clock, self.owner, lane, repeating, still_in, outlets if shared else None)
        stopped = Stopped()
        self._outcomes = OutcomeWriter(store, clock)
        self._teller = Teller(keep, clock) if keep is not None and lane is Lane.LIVE else None
        told = {"tell": self._teller.tell} if self._teller is not None else {}
        bench = Bench(
            store, clock, signals, Approvals(store), self._outcomes, stopped, self.owner, lane, repeating, unsubscribe,
            probes_in=probes_in, holdings=self.leases.holdings, is_sure=self.leases.is_sure, **told,
        )  # fmt: skip
        breakers = {name: Breaker(clock) for name in outlets}
        self._breakers = breakers
        self._told_open: set[str] = set()
        self._routes = Routes(accounts, failover or {}, breakers, self.leases.holdings)
        self.expander = Expander(store, clock, signals, lane, self._routes.starts, stopped, by_kind(outlets))
        self.dispatchers: list[Dispatcher[L]] = [
            Dispatcher(bench, name, outlet, open_address[name], breakers[name], partial(self._routes.next_after, name))
            for name, outlet in outlets.items()
        ]
        self._stopping = asyncio.Event()
        self.running = False

    def stop(self) -> None:
        """Begin to drain."""
        self._stopping.set()
        self.leases.ending = True
        for name in (RELEASED, STOPPED, DUE, OPENED, SHARED_OUT):
            self._signals.hint(name)
        for dispatcher in self.dispatchers:
            dispatcher.stop()

    @property
    def stuck(self) -> list[str]:
        """Alerts that may send, and whose deliveries cannot be made."""
        return self.expander.stuck

    def standing(self) -> list[AccountStanding]:
        """How each account stands right now, in the configured order."""
        return [self._standing(dispatcher.standing()) for dispatcher in self.dispatchers]

    def _standing(self, item: AccountStanding) -> AccountStanding:
        """Of an account that another process drives its word counts."""
        elsewhere = self.leases.holdings.is_open_elsewhere(item.account)
        return replace(item, breaker=BreakerState.OPEN) if elsewhere else item

    async def run(self) -> None:
        """Drive the lane until stopped and drained."""
        self.running = True
        try:
            await self._run()
        finally:
            self.running = False

    async def _run(self) -> None:
        await self.leases.enter()
        async with asyncio.TaskGroup() as writing:  # a writer that fails ends everything: nobody sends unrecorded
            writing.create_task(self._outcomes.run())
            if self._teller is not None:
                writing.create_task(self._teller.run())
            await self._drive()
            self._outcomes.close()
            if self._teller is not None:
                self._teller.close()
        await self._leave()

    async def _drive(self) -> None:
        async with asyncio.TaskGroup() as around:
            # Also while the rest drains: who is silent is taken for gone, and a halt is heard to the end.
            besides = [around.create_task(self._beating()), around.create_task(self._sweeping())]
            async with asyncio.TaskGroup() as tasks:
                if self._expands:
                    tasks.create_task(self._expanding())
                tasks.create_task(self._failing_over())
                for dispatcher in self.dispatchers:
                    tasks.create_task(dispatcher.run())
            for task in besides:
                task.cancel()

    async def _leave(self) -> None:
        """With the database away the next process takes over instead: what is lost is time."""
        try:
            await self.leases.leave()
        except AWAY as error:
            log.critical("what is claimed is not handed back: the database is away", error=type(error).__name__)
        self._signals.hint(SHARED_OUT)

    async def _expanding(self) -> None:
        while not self._stopping.is_set():
            if not await self._safely(self.expander.expand):
                await self._signals.wait(RELEASED, _POLL_IN)

    async def _sweeping(self) -> None:
        while True:
            if not await self._safely(self.expander.sweep):
                await self._signals.wait(STOPPED, _POLL_IN)

    async def _failing_over(self) -> None:
        while not self._stopping.is_set():
            if not await self._safely(self._take_over):
                await self._signals.wait(OPENED, _POLL_IN)

    async def _take_over(self) -> int:
        """A slice of what waits at each open account goes to the account after it; how many deliveries."""
        moved = 0
        for account, target in self._routes.moves():
            moved += await self._store.run(take_over, self._lane, account, target, self._clock.now())
        if moved:
            self._signals.hint(DUE)
        return moved

    async def _beating(self) -> None:
        while True:
            try:
                await self._beat()
            except AWAY as error:
                log.warning("the beat waits for the database", error=type(error).__name__)
            await self._signals.wait(SHARED_OUT, self.leases.look_in)

    async def _beat(self) -> None:
        if await self.leases.tick():
            self._signals.hint(DUE)
        if self.leases.holdings.shared:
            await self._tell_open()
            await self._let_go()

    async def _tell_open(self) -> None:
        """The others must know where not to fail over to."""
        mine = {name for name in self._breakers if self.leases.holdings.drives(name)}
        for name in mine:
            is_open = self._breakers[name].is_open
            if is_open != (name in self._told_open):
                await self.leases.tell_open(name, is_open)
                (self._told_open.add if is_open else self._told_open.discard)(name)
                self._signals.hint(SHARED_OUT)
        self._told_open &= mine

    async def _let_go(self) -> None:
        """Accounts that another is to drive go to it as soon as nothing of them is under way here."""
        leaving = self.leases.holdings.leaving
        if idle := [item.account for item in self.dispatchers if item.account in leaving and item.is_idle]:
            await self.leases.give(idle)
            self._signals.hint(SHARED_OUT)

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
