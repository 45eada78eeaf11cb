"""A process of the product: the engine that sends, with the ticks that a hub has beside it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadcaster.channel import Spec
from broadcaster.dispatch.engine import RELEASED, Engine
from broadcaster.dispatch.lanes import Live
from broadcaster.dispatch.leases import free_all
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store.database import AWAY
from broadcaster.wiring.engines import drill_engine
from broadcaster.workflow import publishing, receiving
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON
from tests.simulation.disk import Link
from tests.simulation.gateways import Account
from tests.simulation.loop import Process, VirtualLoop

FAILOVER = {"sms.primary": ("sms.secondary",)}
STARTS = {"sms": "sms.primary", "email": "email.main"}


class ProcessClock:
    """`SystemClock` on the loop's time: the wall clock counts once, at the start."""

    def __init__(self, loop: VirtualLoop, wall_ahead: timedelta) -> None:
        self._loop = loop
        self._wall, self._began = NOON + timedelta(seconds=loop.time()) + wall_ahead, loop.time()

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return self._wall + timedelta(seconds=self.monotonic() - self._began)

    def monotonic(self) -> float:
        """Seconds; never fall."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait on the loop's time."""
        await asyncio.sleep(seconds)


@dataclass
class Hub:
    """One life of a process. `alone`: it holds the instance lock, so whoever was before it is gone."""

    process: Process
    house: House
    link: Link
    clock: ProcessClock
    accounts: Mapping[str, Account]
    specs: Mapping[str, Spec]
    alone: bool

    def __post_init__(self) -> None:
        self.signals = Signals()
        self.repeating = [name for name, spec in self.specs.items() if spec.deduplicates]
        self.engine: Engine[Live] = Engine(
            self.link, self.clock, self.signals, Lane.LIVE,
            {name: LiveOutlet(self.specs[name], account) for name, account in self.accounts.items()},
            STARTS, {name: _opener(spec.kind) for name, spec in self.specs.items()}, FAILOVER, self.repeating,
            probes_in=20.0,
        )  # fmt: skip
        self.has_begun = False

    async def run(self) -> None:
        """Until the engine ends: stopped and drained, or fallen."""
        if self.alone:
            await self.link.run(free_all, Lane.LIVE, self.repeating, self.clock.now())
        ticks = [
            asyncio.create_task(self._every(1.5, self._apply_facts)),
            asyncio.create_task(self._every(3.0, self._release)),
        ]
        self.has_begun = True
        try:
            await self.engine.run()
        finally:
            for tick in ticks:
                tick.cancel()
            await asyncio.gather(*ticks, return_exceptions=True)

    async def _every(self, seconds: float, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            with suppress(*AWAY):  # the next one asks anew
                await step()
            await asyncio.sleep(seconds)

    async def _apply_facts(self) -> None:
        readers: dict[str, receiving.Reader] = {name: account.facts for name, account in self.accounts.items()}
        last: int | None = 0
        while last is not None:
            last = await self.link.run(receiving.apply_waiting, lives.SEAL, readers, last, self.clock.now())

    async def _release(self) -> None:
        if await self.link.run(publishing.release_due, self.house, self.clock.now()):
            self.signals.hint(RELEASED)
        await self.link.run(publishing.expire, self.house, self.clock.now())


def _opener(kind: str) -> Callable[[bytes], str]:
    return lambda sealed: lives.SEAL.open(sealed, kind)


@dataclass
class DrillHub:
    """One life of the process that works off exercises."""

    process: Process
    house: House
    link: Link
    clock: ProcessClock

    def __post_init__(self) -> None:
        self.signals = Signals()
        self.engine = drill_engine(self.house, self.link, self.clock, self.signals)
        self.has_begun = True

    async def run(self) -> None:
        """Until the engine ends."""
        await self.link.run(free_all, Lane.DRILL, (), self.clock.now())
        await self.engine.run()


Life = Hub | DrillHub


def living(lives_: Sequence[Life]) -> list[Hub]:
    """The hubs among them that somebody could ask now."""
    return [
        life for life in lives_ if isinstance(life, Hub) and not life.process.is_dead and not life.process.is_paused
    ]
