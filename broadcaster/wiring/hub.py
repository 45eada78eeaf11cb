"""The hub: the process that officers, displays and providers talk to, and that sends."""

import asyncio
import os
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from aiohttp import web
from sqlalchemy import Connection

from broadcaster.clock import Clock, SystemClock
from broadcaster.dispatch.leases import free_all, hold_instance
from broadcaster.model.cap import Lane
from broadcaster.render.library import troubles
from broadcaster.seal import Seal
from broadcaster.settings import Settings
from broadcaster.store import alerts, dialect, handover, holding, tasks, workers
from broadcaster.store.database import Database
from broadcaster.web.app import make_app, make_runner
from broadcaster.web.door import Runner
from broadcaster.wiring import stores
from broadcaster.wiring.accounts import Wired
from broadcaster.wiring.process import spare_the_collector
from broadcaster.wiring.rounds import beat, ticker_of
from broadcaster.wiring.watch import Watch
from broadcaster.wiring.works import Works, ground, parts_of, works
from broadcaster.workflow import posting
from broadcaster.workflow import tasks as by_hand
from broadcaster.workflow.house import House

log = structlog.get_logger()
_LOCK = 7_021_967
Ready = Callable[[int], None]
"""Told the port once the hub answers."""


class CannotListen(Exception):
    """Nobody can reach the hub; the message says what to do."""


class Hub:
    """One hub from start to end. Only one lives on a SQLite file."""

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        haste: float = 1.0,
    ) -> None:
        """For stories clock: whose time it is, and haste: how many times as often what comes by the clock does."""
        self._environ, self._haste = environ, haste
        self._ground = ground(settings, clock or SystemClock())

    async def run(self, stop: asyncio.Event, ready: Ready) -> None:
        """Serve until `stop`, then drain. StoreError and AlreadyRunning before anything began."""
        on = self._ground
        for trouble in troubles(on.settings.hub.scenarios):
            log.error("an own scenario is broken and cannot be used", problem=str(trouble))
        file = stores.sqlite_file(on.settings)
        lock = hold_instance(file, Lane.LIVE) if file else None
        store = stores.database(on.settings)
        try:
            await store.read(stores.require_schema)
            await store.read(stores.require_here)
            await store.run(begin, on.house, on.wired, on.seal, lock is not None, on.clock.now())
            on.room.look()
            await self._live(store, stop, ready)
        finally:
            store.close()
            if lock:
                lock.close()

    async def _live(self, store: Database, stop: asyncio.Event, ready: Ready) -> None:
        hub = works(self._ground, store, self._environ)
        await _catch_up(hub)
        ticker = ticker_of(hub, self._haste)
        watch = Watch(
            store, hub.ground.room, hub.live, hub.head, hub.child, ticker, hub.proofs.standing, hub.proofs, hub.gate
        )
        runner = make_runner(make_app(parts_of(hub, watch.reasons)))
        try:
            await runner.setup()
            await _listen(runner, self._ground.settings)
            spare_the_collector()
            # Only now: a port that is taken must not cost a second of anybody's sending.
            first = () if hub.gate.is_open else (hub.publisher.start,)
            engine = asyncio.create_task(hub.gate.run(*first, hub.live.engine.run))
            drills = asyncio.create_task(hub.child.run())
            for part in (hub.hints, hub.listening, ticker):
                part.start()
            ready(_port(runner))
            await _first(engine, drills, asyncio.create_task(stop.wait()))
            await hub.listening.stop()
            await runner.cleanup()  # no new work comes in; then what is under way is finished
            for stop_it in (hub.gate.close, hub.live.engine.stop, hub.child.stop):
                stop_it()
            await asyncio.gather(engine, drills)
        finally:
            ticker.stop()
            await hub.hints.stop()
            await hub.listening.stop()
            await runner.cleanup()
            await hub.live.aclose()
            await hub.renderer.aclose()
            await hub.head.tick()


async def _catch_up(hub: Works) -> None:
    """Take in how things stand, before anybody is answered."""
    await hub.head.start()
    await hub.gate.tick()
    if hub.gate.is_open:
        await hub.publisher.start()
        await beat(hub)
    await hub.front.refresh()


def begin(conn: Connection, house: House, wired: list[Wired], seal: Seal, alone: bool, now: datetime) -> None:
    """Bring the store in line with the configuration, and take over what an earlier process left; a process that
    starts at the same time waits its turn."""
    dialect.one_at_a_time(conn, _LOCK)
    holding.recognise(conn, now)
    organisations = [(item.id, item.name, item.sender) for item in house.settings.organisations]
    alerts.sync_organisations(conn, organisations)
    tasks.sync(conn, by_hand.channels(house), now)
    posting.sync(conn, seal, house, now)
    on = [item for item in wired if item.on]
    if alone:
        free_all(conn, Lane.LIVE, [item.name for item in on if item.spec.deduplicates], now)
    known = [*(item.name for item in on), *workers.driven(conn, Lane.LIVE)]
    for item in on:  # the first of a kind takes them all
        handover.adopt(conn, item.spec.kind, item.name, known, now)


async def _listen(runner: Runner, settings: Settings) -> None:
    try:
        await runner.listen(settings.hub.host, settings.hub.port)
    except OSError as error:
        remedy = "change [hub] listen, or stop what uses it"
        raise CannotListen(f"The hub cannot listen on {settings.hub.listen}: {remedy}.") from error


async def _first(*tasks: "asyncio.Task[object]") -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    tasks[-1].cancel()
    for task in done:
        if task is not tasks[-1]:
            task.result()


def _port(runner: web.AppRunner) -> int:
    return int(runner.addresses[0][1])
