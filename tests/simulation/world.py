"""One run from its seed: processes, gateways, a database and people; faults, then none, then the reckoning."""

import asyncio
import random as shared_random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

import pytest
import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from broadcaster.channel import Inbound
from broadcaster.model.cap import Severity
from broadcaster.store import deliveries, handover
from broadcaster.workflow import receiving
from broadcaster.workflow.refusals import Refused
from tests import lives
from tests.simulation import faults, gateways, officers
from tests.simulation.disk import Disk, Link, furnished
from tests.simulation.faults import Happening
from tests.simulation.gateways import Account, Gateway
from tests.simulation.hub import DrillHub, Hub, Life, ProcessClock, living
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.watch import Watch

ACCOUNTS = ("sms.primary", "sms.secondary", "email.main")
RESTS_IN = 400.0
"""Seconds after healing in which everything comes to rest: two waits of the longest backoff and one of a breaker."""
DRAINS_IN = 25.0
SLICE = 5


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. `digest`: the same whenever the seed is run; `seconds`: of its own time."""

    seed: int
    wrong: tuple[str, ...]
    trace: tuple[str, ...]
    digest: str
    seconds: float


def live(seed: int) -> Ending:
    """Run a seed."""
    before = shared_random.getstate()
    shared_random.seed(seed)  # the jitter of the product's waits
    world = World(seed)
    try:
        with _heard(world.watch.say), pytest.MonkeyPatch.context() as patch:
            for module in (deliveries, handover):  # a few deliveries take several slices to make and to stop
                patch.setattr(module, "SLICE", SLICE)
            world.run()
    finally:
        shared_random.setstate(before)
    watch = world.watch
    return Ending(seed, tuple(watch.wrong), tuple(watch.trace), watch.digest(), world.loop.time())


@contextmanager
def _heard(say: Callable[[str], None]) -> Iterator[None]:
    """What the product logs is part of the trace."""

    def note(_logger: Any, _method: str, event: Any) -> Any:
        say("log: " + " ".join(str(event[key]) for key in sorted(event) if key not in ("alert", "worker")))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[note], wrapper_class=structlog.make_filtering_bound_logger(30))
    try:
        yield
    finally:
        structlog.configure(**before)


class World:
    """Everything around the product, and what it is made of."""

    def __init__(self, seed: int) -> None:
        self.loop = VirtualLoop()
        self.ready = furnished()
        self.faults = faults.drawn(Random(f"{seed} faults"), ACCOUNTS)
        self.random = Random(f"{seed} world")
        self.disk = Disk(self.loop, Random(f"{seed} database"))
        self.watch = Watch(self.disk)
        for name, row in self.ready.alerts.items():
            self.watch.names[row.id] = name
            self.disk.do(self.watch.note, row.id)
        self.watch.planned, self.watch.stepped = self.ready.alerts["planned"].id, self.faults.stepped
        self.gateways = {name: self._gateway(name, seed) for name in ACCOUNTS}
        self.lives: list[Life] = []
        self.ahead = self.faults.ahead
        self.is_open, self.made, self.telling = True, 0, 0
        self.doomed: set[Process] = set()
        self.acts = officers.drawn(Random(f"{seed} officers"), self.ready, self.watch, self.faults.heals_at)

    def _gateway(self, name: str, seed: int) -> Gateway:
        provider = self.faults.providers[name]
        refuses = frozenset({"+31600000003", "inwoner5@voorbeeldstad.example"})
        return Gateway(
            name, self.loop, Random(f"{seed} {name}"), self._arrives, provider.deduplicates, refuses, provider.fates
        )

    # --- from the start to the end -------------------------------------------------------------------

    def run(self) -> None:
        """The whole run; what was wrong stands in `watch`."""
        try:
            self.loop.run_until_complete(self._story())
            for error in self.loop.heard:
                self.watch.accuse(f"nobody heard of {error}")
        finally:
            self.loop.close()
            self.disk.close()

    async def _story(self) -> None:
        self.disk.weather.flaky, self.disk.weather.slowest = self.faults.flaky, self.faults.slowest
        supervisors = [self._begin(self._supervise(i)) for i in range(self.faults.workers)]
        if self.faults.drills:
            supervisors.append(self._begin(self._supervise(-1)))
        doing = [self._begin(self._do(at, act)) for at, act in self.acts]
        doing += [self._begin(self._happen(one)) for one in self.faults.happenings]
        await asyncio.sleep(self.faults.heals_at)
        self._heal()
        await asyncio.gather(*doing)
        self._heal()  # what began just before has ended too
        await asyncio.sleep(1.0)  # whoever was woken by it says what was on its lips
        await self._rest()
        self.is_open = False
        for life in self.lives:
            if not life.process.is_dead:
                life.engine.stop()
        _, late = await asyncio.wait(supervisors, timeout=DRAINS_IN)
        if late:
            self.watch.accuse(f"{len(late)} processes do not stop")
        self.disk.do(lambda conn: self.watch.finish(conn, self.gateways, drills=self.faults.drills))
        for life in self.lives:
            await self._bury(life.process)
        for task in late:
            task.cancel()

    def _begin(self, coro: Any) -> "asyncio.Task[Any]":
        return self.loop.run_in(None, coro)

    async def _rest(self) -> None:
        until = self.loop.time() + RESTS_IN
        while not self._is_at_rest():
            if self.loop.time() > until:
                self.watch.accuse("things are not at rest in time")
                return
            await asyncio.sleep(0.5)

    def _is_at_rest(self) -> bool:
        if self.telling or any(gateway.pending for gateway in self.gateways.values()):
            return False
        return not self.disk.do(_is_busy, ("live", "drill") if self.faults.drills else ("live",))

    # --- processes -----------------------------------------------------------------------------------

    async def _supervise(self, slot: int) -> None:
        """What systemd does: start it again whenever it ends."""
        while self.is_open:
            life = self._made(slot)
            self.lives.append(life)
            running = self.loop.run_in(life.process, life.run())
            await asyncio.wait({running})
            if not life.process.is_dead:
                self._ended(life, running)
            if self.is_open:
                await asyncio.sleep(self.random.uniform(0.1, 3.0))

    def _ended(self, life: Life, running: "asyncio.Task[None]") -> None:
        self.watch.say(f"{life.process.name} ended")
        error = None if running.cancelled() else running.exception()
        life.process.is_dead = True
        if error is not None and not _is_away(error):
            self.watch.accuse(f"{life.process.name} fell: {error!r}")

    def _made(self, slot: int) -> Life:
        self.made += 1
        process = Process(f"{'drill' if slot < 0 else 'hub'}{self.made}")
        self.watch.say(f"{process.name} begins")
        clock = ProcessClock(self.loop, self.ahead)
        link = Link(self.disk, process, self._dies)
        if slot < 0:
            return DrillHub(process, self.ready.house, link, clock)
        accounts = {name: Account(gateway, process, self.watch) for name, gateway in self.gateways.items()}
        specs = {
            name: replace(
                self.ready.house.specs[name.partition(".")[0]],
                batch=one.batch, concurrency=one.concurrency, per_second=one.per_second, deduplicates=one.deduplicates,
            )
            for name, one in self.faults.providers.items()
        }  # fmt: skip
        hub = Hub(process, self.ready.house, link, clock, accounts, specs, self.faults.workers == 1)
        self.watch.hubs[process] = hub
        return hub

    def _dies(self, process: Process) -> bool:
        """Whether a process ends right after a commit, before it hears of it."""
        if process not in self.doomed:
            return False
        self._kill(process)
        return True

    def _kill(self, process: Process) -> None:
        """As SIGKILL: from here on it says nothing. Its tasks are put away, which nobody sees."""
        if not process.is_dead:
            self.watch.say(f"{process.name} is killed")
            process.is_dead = True
            self.loop.resume(process)
            self._begin(self._bury(process))

    async def _bury(self, process: Process) -> None:
        while pending := [task for task in process.tasks if not task.done()]:
            for task in pending:
                task.cancel()
            for _ in range(4):
                await asyncio.sleep(0)

    # --- what goes wrong, until it heals -------------------------------------------------------------

    async def _happen(self, one: Happening) -> None:
        await asyncio.sleep(one.at)
        self.watch.say(f"happens: {one.what} for {one.lasts:.1f} s")
        weather = self.disk.weather
        if one.what == "outage":
            weather.away = True
            await asyncio.sleep(one.lasts)
            weather.away = False
        elif one.what == "slow":
            weather.slowest = 1.5
            await asyncio.sleep(one.lasts)
            weather.slowest = self.faults.slowest
            self.disk.troubled_at = self.loop.time()
        elif one.what == "down":
            await self._go_down(self.gateways[self.random.choice(ACCOUNTS)], one.lasts)
        else:
            await self._befall(one)

    async def _go_down(self, gateway: Gateway, lasts: float) -> None:
        if not gateway.is_down:  # or whoever broke it first also mends it
            self.watch.in_vain.clear()
            gateway.is_down = True
            await asyncio.sleep(lasts)
            gateway.is_down = False

    async def _befall(self, one: Happening) -> None:
        """Something happens to one process."""
        alive = [life for life in self.lives if not life.process.is_dead]
        if not alive:
            return
        life = self.random.choice(alive)
        process = life.process
        if one.step:
            self.ahead = self.faults.ahead + one.step
            self.watch.say(f"the wall clock is {one.step} off")
        if one.what == "kill":
            self._kill(process)
        elif one.what == "kill-at-commit":
            self.doomed.add(process)
        elif one.what == "stop":
            life.engine.stop()
        elif one.what == "overtaken":
            await self._sleep_until(process, self._is_sending, one.lasts)
            process.is_paused = True
            mine = [place for place, sender in self.watch.under_way.items() if sender is process]
            await self._sleep_until(
                process, lambda _: any(self._has_another(process, place) for place in mine), one.lasts
            )
            self._wake(process)
        else:
            process.is_paused = True
            await asyncio.sleep(one.lasts)
            self._wake(process)

    def _wake(self, process: Process) -> None:
        self.disk.troubled_at = self.loop.time()
        self.loop.resume(process)

    async def _sleep_until(self, process: Process, happens: Callable[[Process], bool], longest: float) -> None:
        until = self.loop.time() + longest
        while not happens(process) and self.loop.time() < until:  # noqa: ASYNC110 - others' doing sets no event
            await asyncio.sleep(0.01)

    def _is_sending(self, process: Process) -> bool:
        """Whether it is just sending something that another one would send again."""
        found = [place for place, sender in self.watch.under_way.items() if sender is process]
        return any(self.watch.wanted[alert_id].rank <= Severity.SEVERE.rank for alert_id, _ in found)

    def _has_another(self, process: Process, place: tuple[str, int]) -> bool:
        """Whether somebody else is sending what a process is sending as far as it knows: the worst instant to wake."""
        return self.watch.under_way.get(place, process) is not process

    def _heal(self) -> None:
        """Nothing goes wrong from here on. Whoever looks after the machine puts its clock right."""
        self.watch.say("all is well")
        self.disk.weather.away, self.disk.weather.flaky, self.disk.weather.slowest = False, 0.0, 0.02
        self.doomed.clear()
        for gateway in self.gateways.values():
            gateway.fates, gateway.is_down = {}, False
        if self.ahead != self.faults.ahead:
            self.ahead = self.faults.ahead
            for life in self.lives:
                self._kill(life.process)

    # --- who speaks to a hub -------------------------------------------------------------------------

    async def _do(self, at: float, act: officers.Act) -> None:
        await asyncio.sleep(at)
        try:
            await self._ask(act)
        except Refused as refused:
            self.watch.say(f"refused: {refused}")
        except ValueError as error:
            if not self.faults.stepped:  # a content that names the year 1970 is no content
                raise
            self.watch.say(f"refused: {type(error).__name__}")

    async def _ask(self, act: Callable[[Connection, datetime], Any]) -> None:
        """Ask some hub, again and again until one says that it is done."""
        while True:
            hubs = living(self.lives)
            if hubs:
                hub = self.random.choice(hubs)
                try:
                    async with asyncio.timeout(5):
                        await hub.link.run(act, hub.clock.now())
                except (TimeoutError, OperationalError):
                    pass
                else:
                    return
            await asyncio.sleep(0.7)

    def _arrives(self, account: str, inbound: Inbound) -> None:
        self.telling += 1
        self._begin(self._tell(account, inbound))

    async def _tell(self, account: str, inbound: Inbound) -> None:
        def act(conn: Connection, now: datetime) -> None:
            receiving.receive(conn, lives.SEAL, account, inbound, now)

        await self._ask(act)
        receipt = gateways.read_report(inbound)
        if receipt.final and receipt.delivered:
            self.watch.confirmed.add(receipt.reference)
        self.telling -= 1


def _is_away(error: BaseException) -> bool:
    """Whether an error is only a database that was away."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_away, error.exceptions))
    return isinstance(error, OperationalError)


def _is_busy(conn: Connection, lanes: tuple[str, ...]) -> bool:
    """Whether something will still happen by itself."""
    lane = " OR ".join(f"lane = '{one}'" for one in lanes)
    query = text(
        f"SELECT 1 WHERE EXISTS (SELECT 1 FROM delivery WHERE ({lane}) AND state IN ('due', 'claimed', 'started'))"
        f" OR EXISTS (SELECT 1 FROM expansion WHERE done_at IS NULL AND ({lane}))"
        " OR EXISTS (SELECT 1 FROM schedule WHERE state = 'waiting')"
        " OR EXISTS (SELECT 1 FROM fact WHERE applied_at IS NULL)"
    )
    return conn.scalar(query) is not None
