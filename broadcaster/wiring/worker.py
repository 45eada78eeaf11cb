"""The worker: a process that only dispatches, beside the hub, where PostgreSQL holds the database."""

import asyncio

from broadcaster.clock import SystemClock
from broadcaster.seal import load_seal
from broadcaster.settings import ConfigurationError, Problem, Settings
from broadcaster.signals import Signals
from broadcaster.store import holding
from broadcaster.store.database import Database
from broadcaster.store.hints import Hints
from broadcaster.wiring import stores
from broadcaster.wiring.accounts import accounts
from broadcaster.wiring.engines import live_engine
from broadcaster.wiring.gate import Gate
from broadcaster.wiring.process import HINTS, listening_for, spare_the_collector

_LOOK_IN = 1.0


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Send what is due, for this process's share of the accounts, until `stop`; then drain. The hub makes the
    deliveries, lets go what is planned and hears the hooks."""
    if stores.sqlite_file(settings) is not None:
        remedy = (
            "move to PostgreSQL first ('omroeper move --to URL'); on SQLite 'omroeper serve' sends everything itself"
        )
        raise ConfigurationError(
            [Problem(str(settings.path), "store.url", "is SQLite, on which one process works", remedy)]
        )
    store = stores.database(settings)
    try:
        await store.read(stores.require_schema)
        await store.read(stores.require_here)
        await store.run(holding.recognise, SystemClock().now())
        await _work(settings, store, stop)
    finally:
        store.close()


async def _work(settings: Settings, store: Database, stop: asyncio.Event) -> None:
    clock, signals, seal = SystemClock(), Signals(), load_seal(settings.keys_folder)
    live = live_engine(settings, store, clock, signals, seal, accounts(settings), shared=True, expands=False)
    listening, gate = listening_for(settings, seal, live, clock), Gate(store)
    hints = Hints(store, signals, clock, HINTS)
    spare_the_collector()
    stopping = asyncio.create_task(stop.wait())
    try:
        await _opened(gate, stopping)
        running = asyncio.create_task(gate.run(live.engine.run))
        hints.start()
        listening.start()
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        gate.close()
        live.engine.stop()
        await running
    finally:
        stopping.cancel()
        await hints.stop()
        await listening.stop()
        await live.aclose()


async def _opened(gate: Gate, stopping: "asyncio.Task[bool]") -> None:
    """Wait while the database is held."""
    await gate.tick()
    while not gate.is_open and not stopping.done():
        await asyncio.wait({stopping}, timeout=_LOOK_IN)
        await gate.tick()
