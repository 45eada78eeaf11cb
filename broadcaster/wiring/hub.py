"""The hub: the process that officers, displays and providers talk to, and that sends."""

import asyncio
import gc
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog
from aiohttp import web
from sqlalchemy import Connection

from broadcaster.boards.folder import Kept, said, shipped
from broadcaster.boards.heartbeat import BEAT_IN, Heart
from broadcaster.boards.publisher import Publisher
from broadcaster.boards.serving import Boards
from broadcaster.boards.signing import key_set
from broadcaster.channel import Inbound
from broadcaster.clock import Clock, SystemClock
from broadcaster.dispatch.dispatcher import DUE
from broadcaster.dispatch.engine import RELEASED, SHARED_OUT, STOPPED
from broadcaster.dispatch.leases import free_all, hold_instance
from broadcaster.model.board import Mode
from broadcaster.model.cap import Lane
from broadcaster.render.library import troubles
from broadcaster.render.limited import LimitedRenderer
from broadcaster.schedule import Tick, Ticker
from broadcaster.seal import Seal, load_client_key, load_seal, load_signer
from broadcaster.settings import Settings
from broadcaster.signals import Signals
from broadcaster.store import alerts, answers, dialect, handover, holding, journal, sessions, tasks, workers
from broadcaster.store.database import Database, SqliteDatabase
from broadcaster.store.hints import Hints
from broadcaster.web.app import Parts, make_app, make_runner
from broadcaster.web.door import Runner
from broadcaster.web.front import Front
from broadcaster.web.sightings import WRITTEN_EVERY, Sightings
from broadcaster.web.writes import WRITTEN
from broadcaster.wiring import stores
from broadcaster.wiring.accounts import Wired, accounts, house_of
from broadcaster.wiring.bundling import screens_of
from broadcaster.wiring.child import DrillChild
from broadcaster.wiring.engines import LiveEngine, live_engine
from broadcaster.wiring.gate import Gate
from broadcaster.wiring.journal_head import HeadKeeper
from broadcaster.wiring.listening import Listening
from broadcaster.wiring.proofs import Proofs
from broadcaster.wiring.reminders import Reminders
from broadcaster.wiring.watch import Watch
from broadcaster.workflow import posting, publishing, receiving, unsubscribing
from broadcaster.workflow import tasks as by_hand
from broadcaster.workflow.capping import Press
from broadcaster.workflow.house import House

log = structlog.get_logger()
HINTS = (RELEASED, STOPPED, DUE, SHARED_OUT, publishing.BOARDS_CHANGED, WRITTEN)
"""What processes on one database tell each other to look at."""
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
        self._settings, self._environ, self._haste = settings, environ, haste
        self._clock, self._signals, self._boards = clock or SystemClock(), Signals(), Boards()
        self._wired = accounts(settings)
        self._room = stores.room(settings)
        self._house = replace(house_of(settings, self._wired), is_short=self._room.is_short)
        self._seal = load_seal(settings.keys_folder)
        self._signers = {mode: load_signer(settings.keys_folder, mode.value) for mode in Mode}
        self._heart = Heart(self._signers.__getitem__, self._boards)
        self._cap_signers = stores.cap_signers(settings)
        self._client_key = load_client_key(settings.oidc.key) if settings.oidc else None

    async def run(self, stop: asyncio.Event, ready: Ready) -> None:
        """Serve until `stop`, then drain. StoreError and AlreadyRunning before anything began."""
        for trouble in troubles(self._settings.hub.scenarios):
            log.error("an own scenario is broken and cannot be used", problem=str(trouble))
        file = stores.sqlite_file(self._settings)
        lock = hold_instance(file, Lane.LIVE) if file else None
        store = stores.database(self._settings)
        try:
            await store.read(stores.require_schema)
            await store.read(stores.require_here)
            await store.run(begin, self._house, self._wired, self._seal, lock is not None, self._clock.now())
            self._room.look()
            await self._live(store, stop, ready)
        finally:
            store.close()
            if lock:
                lock.close()

    async def _live(self, store: Database, stop: asyncio.Event, ready: Ready) -> None:
        head = HeadKeeper(store, stores.head_file(self._settings))
        await head.start()
        publisher = Publisher(store, self._house, self._signers, self._boards, self._clock)
        gate = Gate(store)
        await gate.tick()
        if gate.is_open:
            await publisher.start()
            await self._beat(store, publisher)
        front = Front(store, self._house, self._clock)
        await front.refresh()
        renderer = LimitedRenderer(own=self._settings.hub.scenarios)
        live = live_engine(
            self._settings, store, self._clock, self._signals, self._seal, self._wired, shared=is_shared(store)
        )
        hints = Hints(store, self._signals, self._clock, HINTS)
        listening = self._listening(live)
        live.engine.expander.before = front.refresh
        child = DrillChild(self._settings.path, self._environ, self._clock)
        receipts = {kind for kind, spec in self._house.specs.items() if spec.receipts}
        proofs = Proofs(store, self._clock, receipts, live.engine.standing)
        seen = Sightings(store, self._clock)
        ticker = self._ticker(store, live, publisher, front, head, proofs, gate, seen)
        watch = Watch(store, self._room, live, head, child, ticker, proofs.standing, proofs, gate)
        runner = make_runner(make_app(self._parts(store, renderer, live, watch, listening, front, proofs, seen)))
        try:
            await runner.setup()
            await _listen(runner, self._settings)
            spare_the_collector()
            # Only now: a port that is taken must not cost a second of anybody's sending.
            first = () if gate.is_open else (publisher.start,)
            engine = asyncio.create_task(gate.run(*first, live.engine.run))
            drills = asyncio.create_task(child.run())
            hints.start()
            listening.start()
            ticker.start()
            ready(_port(runner))
            await _first(engine, drills, asyncio.create_task(stop.wait()))
            await listening.stop()
            await runner.cleanup()  # no new work comes in; then what is under way is finished
            gate.close()
            live.engine.stop()
            child.stop()
            await asyncio.gather(engine, drills)
        finally:
            ticker.stop()
            await hints.stop()
            await listening.stop()
            await runner.cleanup()
            await live.aclose()
            await renderer.aclose()
            await head.tick()

    def _ticker(
        self,
        store: Database,
        live: LiveEngine,
        publisher: Publisher,
        front: Front,
        head: HeadKeeper,
        proofs: Proofs,
        gate: Gate,
        seen: Sightings,
    ) -> Ticker:
        ticks: dict[str, tuple[float, Tick]] = {
            "gate": (1.0, gate.tick),
            "release": (1.0, gate.behind(lambda: self._release_and_expire(store))),
            "boards": (0.5, gate.behind(publisher.tick)),
            "public page": (0.5, front.refresh),
            "heartbeat": (BEAT_IN, gate.behind(lambda: self._beat(store, publisher))),
            "renew boards": (60.0, gate.behind(publisher.renew)),
            "CAP documents": (0.5, Press(store, self._house, self._cap_signers, self._clock).tick),
            **self._export(),
            "journal head": (1.0, head.tick),
            "room": (1.0, self._look_at_room),
            "old answers": (3600.0, lambda: self._forget(store)),
            "check messages": (30.0, proofs.tick),
            "sightings": (WRITTEN_EVERY, seen.write),
            "reminders": (2.0, gate.behind(self._reminders(store, live).tick)),
            "facts": (0.5, lambda: self._apply_facts(store, live)),
        }
        hasty = {name: (max(every / self._haste, min(every, 0.5)), tick) for name, (every, tick) in ticks.items()}
        return Ticker(hasty, self._clock)

    def _reminders(self, store: Database, live: LiveEngine) -> Reminders:
        return Reminders(store, self._house, live.outlets, self._seal, self._clock, self._signals)

    def _export(self) -> dict[str, tuple[float, Tick]]:
        """What keeps the folder of [hub] export in step."""
        folder = self._settings.hub.export
        if folder is None:
            return {}
        keys, points = key_set(self._signers.values()), [point.id for point in self._settings.points]
        pages, signed = (
            partial(shipped, screens_of(self._settings)),
            partial(said, points, self._boards, keys, self._heart),
        )
        kept = Kept(folder, pages, signed)
        return {"boards as files": (0.5, kept.tick)}

    async def _beat(self, store: Database, publisher: Publisher) -> None:
        """Say that what we serve is the newest: only who has just read it from the database can."""
        at = self._clock.now()
        head = await store.read(journal.head)
        await publisher.tick()
        self._heart.beat(at, head.hash)

    async def _look_at_room(self) -> None:
        await asyncio.to_thread(self._room.look)

    def _listening(self, live: LiveEngine) -> Listening:
        return listening_for(self._settings, self._seal, live, self._clock)

    def _parts(
        self,
        store: Database,
        renderer: LimitedRenderer,
        live: LiveEngine,
        watch: Watch,
        listening: Listening,
        front: Front,
        proofs: Proofs,
        seen: Sightings,
    ) -> Parts:
        async def hook(account: str, key: str, inbound: Inbound) -> bool:
            if account not in live.outlets or not receiving.is_hook_key(self._seal, account, key):
                return False
            await live.keep(account, inbound)
            listening.heard(account, inbound)
            return True

        return Parts(
            store=store,
            house=self._house,
            renderer=renderer,
            clock=self._clock,
            signals=self._signals,
            boards=self._boards,
            key_set=lambda: key_set(self._signers.values(), self._cap_signers.values()),
            ready=watch.reasons,
            hook=hook,
            seal=self._seal,
            page=front.page,
            cap_signers=self._cap_signers,
            accounts=proofs.standing,
            stuck=lambda: live.engine.stuck,
            disk=lambda: self._room.free,
            signers=self._signers,
            client_key=self._client_key,
            beat=self._heart.of,
            sightings=seen,
        )

    async def _apply_facts(self, store: Database, live: LiveEngine) -> None:
        """Every fact that waits, batch by batch; those that come early are looked at again next time."""
        readers: dict[str, receiving.Reader] = {name: outlet.read_facts for name, outlet in live.outlets.items()}
        readers[unsubscribing.ACCOUNT] = unsubscribing.reader(self._seal)
        last: int | None = 0
        while last is not None:
            last = await store.run(receiving.apply_waiting, self._seal, readers, last, self._clock.now(), self._house)

    async def _forget(self, store: Database) -> None:
        await store.run(answers.forget, self._clock.now())
        await store.run(sessions.forget, self._clock.now())

    async def _release_and_expire(self, store: Database) -> None:
        if await store.run(publishing.release_due, self._house, self._clock.now()):
            self._signals.hint(RELEASED)
        await store.run(publishing.expire, self._house, self._clock.now())


def is_shared(store: Database) -> bool:
    """Whether other processes may dispatch from the same database."""
    return not isinstance(store, SqliteDatabase)


def listening_for(settings: Settings, seal: Seal, live: LiveEngine, clock: Clock) -> Listening:
    """What hears readers, for the accounts that this process drives."""

    def hook_of(account: str) -> str:
        return f"{settings.hub.url}/hooks/{account}/{receiving.hook_key(seal, account)}"

    channels = {name: outlet.channel for name, outlet in live.outlets.items()}
    return Listening(channels, live.keep, hook_of, clock, live.engine.leases.holdings.drives)


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


def spare_the_collector() -> None:
    """Take what is loaded at the start, and stays, out of what Python's collector of cycles goes through: otherwise it
    holds up everything for 100 ms at a time while messages go out, and costs 45 µs a message (measured)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)  # new objects, not 700: what messages leave behind has few cycles


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
