"""Hints between processes on one PostgreSQL: "look now", by LISTEN and NOTIFY.

They are no truth. Everybody polls all the same, so a lost one costs a poll and a connection pooler that swallows them
all costs no more. NOTIFY is sent in a transaction of its own, never in one that matters: PostgreSQL lets only one
transaction with a notification commit at a time.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress

import psycopg
import structlog
from sqlalchemy import Connection, text

from broadcaster import ids
from broadcaster.clock import Clock
from broadcaster.signals import Signals
from broadcaster.store.database import AWAY, Database
from broadcaster.store.postgres import PostgresDatabase

log = structlog.get_logger()
_CHANNEL = "omroeper"
_TOGETHER_IN = 0.02
"""Hints that come within this time go out as one of each name."""
_ALIVE_IN = 10.0
_AGAIN_IN = 1.0


class Hints:
    """Passes the hints of some names on to the other processes, and theirs to ours. On SQLite there are none."""

    def __init__(self, store: Database, signals: Signals, clock: Clock, names: Collection[str]) -> None:
        self._store, self._signals, self._clock, self._names = store, signals, clock, frozenset(names)
        self._mine = ids.new_id(clock.now())
        self._waiting: set[str] = set()
        self._some = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.listening = asyncio.Event()
        """Set while the others are heard."""

    def start(self) -> None:
        """Begin, on the running event loop."""
        if isinstance(self._store, PostgresDatabase):
            self._signals.pass_on = self._take
            self._tasks = [asyncio.create_task(self._telling()), asyncio.create_task(self._hearing(self._store))]

    async def stop(self) -> None:
        """Say what is still to be said, as far as the database takes it at once, and hear no more."""
        self._signals.pass_on = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._waiting and self._tasks:
            with suppress(*AWAY, TimeoutError):
                async with asyncio.timeout(_AGAIN_IN):
                    await self._tell()

    def _take(self, name: str) -> None:
        if name in self._names:
            self._waiting.add(name)
            self._some.set()

    async def _telling(self) -> None:
        while True:
            await self._some.wait()
            await asyncio.sleep(_TOGETHER_IN)
            self._some.clear()
            try:
                await self._tell()
            except AWAY:  # whoever waits will look by itself
                await self._clock.sleep(_AGAIN_IN)

    async def _tell(self) -> None:
        names, self._waiting = sorted(self._waiting), set()
        await self._store.run(_notify, self._mine, names)

    async def _hearing(self, store: PostgresDatabase) -> None:
        while True:
            try:
                await self._hear(store)
            except (psycopg.Error, TimeoutError, OSError) as error:
                log.info("hints of others are not heard: everybody polls", error=type(error).__name__)
            self.listening.clear()
            await self._clock.sleep(_AGAIN_IN)

    async def _hear(self, store: PostgresDatabase) -> None:
        async with asyncio.timeout(_ALIVE_IN):
            conn = await psycopg.AsyncConnection.connect(**store.arguments, autocommit=True)
        try:
            await conn.execute(f"LISTEN {_CHANNEL}")
            self.listening.set()
            for name in self._names:  # what came before is not known
                self._signals.wake(name)
            while True:
                async for notice in conn.notifies(timeout=_ALIVE_IN):
                    self._heard(notice.payload)
                async with asyncio.timeout(_ALIVE_IN):
                    await conn.execute("SELECT 1")
        finally:
            await conn.close()

    def _heard(self, payload: str) -> None:
        sender, _, name = payload.partition(" ")
        if sender != self._mine and name in self._names:
            self._signals.wake(name)


def _notify(conn: Connection, sender: str, names: Collection[str]) -> None:
    for name in names:
        conn.execute(text("SELECT pg_notify(:channel, :said)"), {"channel": _CHANNEL, "said": f"{sender} {name}"})
