"""The drill role: works off exercises without a connection, a secret or an HTTP port."""

import asyncio

from broadcaster.clock import SystemClock
from broadcaster.dispatch.leases import free_all, hold_instance
from broadcaster.model.cap import Lane
from broadcaster.settings import Settings
from broadcaster.signals import Signals
from broadcaster.wiring import stores
from broadcaster.wiring.accounts import accounts, house_of
from broadcaster.wiring.engines import drill_engine


async def drill(settings: Settings, stop: asyncio.Event) -> None:
    """Dispatch deliveries of the drill lane to nowhere, until `stop`. AlreadyRunning when another does."""
    file = stores.sqlite_file(settings)
    lock = hold_instance(file, Lane.DRILL) if file else None
    store, clock = stores.database(settings), SystemClock()
    try:
        await store.read(stores.require_schema)
        if lock:
            await store.run(free_all, Lane.DRILL, (), clock.now())
        house = house_of(settings, accounts(settings, rehearsed=True))
        engine = drill_engine(house, store, clock, Signals(), shared=lock is None)
        running = asyncio.create_task(engine.run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        engine.stop()
        await running
    finally:
        store.close()
        if lock:
            lock.close()
