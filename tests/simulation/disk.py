"""One database in memory that outlives every process, and each process's link to it, with the faults of both.

The store functions and the schema with its guards are the product's. A transaction is one instant; what varies
is when it is, whether it is at all, and whether its caller ever hears of it.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from broadcaster.store.alerts import AlertRow
from broadcaster.store.migrating import migrate
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON
from tests.simulation.loop import Process, VirtualLoop, context_of

T = TypeVar("T")
RECIPIENTS = 8
LONG_IN, SHORT_IN, PLANNED_IN = timedelta(days=3), timedelta(seconds=50), timedelta(seconds=40)
ALERTS: dict[str, dict[str, Any]] = {
    "severe": {},
    "minor": {"severity": "Minor"},
    "short": {"severity": "Extreme", "expires": (NOON + SHORT_IN).isoformat()},
    "planned": {"release_at": (NOON + PLANNED_IN).isoformat(), "channels": ["sms"]},
    "exercise": {"status": "Exercise", "exercise": "Herfst"},
    "unapproved": {},
}
"""What stands submitted when a run begins."""


@dataclass(frozen=True, slots=True)
class Furnished:
    """A house with people, an audience and submitted alerts, as the bytes of its database."""

    house: House
    alerts: dict[str, AlertRow]
    bytes: bytes


def _engine(opened: Callable[[], sqlite3.Connection]) -> Engine:
    engine = sa.create_engine("sqlite://", creator=opened, poolclass=sa.pool.NullPool)

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        _raw(conn).execute("BEGIN IMMEDIATE")

    return engine


def _raw(conn: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, conn.connection.dbapi_connection)


def _open(content: bytes | None = None) -> sqlite3.Connection:
    raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    if content is not None:
        raw.deserialize(content)
    raw.execute("PRAGMA foreign_keys=1")
    raw.execute("PRAGMA recursive_triggers=1")
    return raw


@cache
def furnished() -> Furnished:
    """Made once for all runs of this process of tests."""
    raw = _open()
    with tempfile.TemporaryDirectory() as folder:
        house = lives.house_in(Path(folder))
    alerts: dict[str, AlertRow] = {}
    with _kept(raw) as engine:
        migrate(engine)
        with engine.begin() as conn:
            lives.furnish(conn, house, RECIPIENTS)
            for i, (name, changes) in enumerate(ALERTS.items()):
                given = {"channels": ["sms", "email", "display"], "expires": (NOON + LONG_IN).isoformat()} | changes
                given["next_update"] = (NOON + SHORT_IN / 2).isoformat()
                alerts[name] = lives.submitted(conn, house, now=NOON + timedelta(milliseconds=i), **given)
        content = raw.serialize()
    return Furnished(house, alerts, content)


@contextmanager
def _kept(raw: sqlite3.Connection) -> Iterator[Engine]:
    engine = sa.create_engine("sqlite://", creator=lambda: raw, poolclass=sa.pool.StaticPool)
    yield engine
    engine.dispose()
    raw.close()


@cache
def _shared_engine() -> Engine:
    """One for all runs: what SQLAlchemy compiles is kept with it."""
    return _engine(lambda: _open(furnished().bytes))


class Weather:
    """How the database does: `away`: every transaction fails; `flaky`: the share that fails, half of them after
    the commit; `slowest`: seconds that one takes at most."""

    def __init__(self) -> None:
        self.away = False
        self.flaky = 0.0
        self.slowest = 0.01

    @property
    def is_slow(self) -> bool:
        """Whether a transaction may take longer than anybody promised for."""
        return self.slowest > 1


class Disk:
    """The database itself. `troubled_at`: when it last failed somebody. `acting`: whose store function runs now."""

    def __init__(self, loop: VirtualLoop, random: Random) -> None:
        self.loop, self.random, self.weather = loop, random, Weather()
        self.conn = _shared_engine().connect()
        self.troubled_at = -1.0
        self.acting: tuple[Process, str] | None = None

    @property
    def raw(self) -> sqlite3.Connection:
        """The driver's connection."""
        return _raw(self.conn)

    def do(self, f: Callable[..., T], *args: Any) -> T:
        """A whole transaction, at once and for certain: for those who look on."""
        with self.conn.begin():
            return f(self.conn, *args)

    def close(self) -> None:
        """Forget everything."""
        self.conn.close()


class Away(OperationalError):
    """The database does not answer, or lost the line after the commit."""

    def __init__(self) -> None:
        super().__init__("simulated", None, sqlite3.OperationalError("the database is away"))


class Link:
    """One process's way to the database: `broadcaster.store.database.Database`. A caller that goes away changes
    nothing; a process that dies may take with it what was still on its way."""

    def __init__(self, disk: Disk, process: Process, dies: Callable[[Process], bool]) -> None:
        self._disk, self._process, self._dies = disk, process, dies
        self.engine = disk.conn.engine

    async def run(self, f: Callable[..., T], *args: Any) -> T:
        """A transaction somewhere in the next moments."""
        disk = self._disk
        answer: asyncio.Future[T] = disk.loop.create_future()
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        if not self._process.is_dead:
            self._later(self._arrives, f, args, answer)
        return await asyncio.shield(answer)

    async def read(self, f: Callable[..., T], *args: Any) -> T:
        """As a transaction that changes nothing."""
        return await self.run(f, *args)

    def _later(self, step: Callable[..., None], *args: Any) -> None:
        wait = self._disk.random.uniform(0.0005, self._disk.weather.slowest)
        self._disk.loop.call_later(wait, step, *args, context=context_of(None))

    def _arrives(self, f: Callable[..., T], args: tuple[Any, ...], answer: "asyncio.Future[T]") -> None:
        disk = self._disk
        if self._process.is_dead and disk.random.random() < 0.5:
            return
        fails = disk.weather.away or disk.random.random() < disk.weather.flaky
        if fails:
            disk.troubled_at = disk.loop.time()
        if fails and (disk.weather.away or disk.random.random() < 0.5):
            self._later(self._answered, answer, Away(), None)
            return
        disk.acting = self._process, getattr(f, "__name__", "")
        try:
            result = disk.do(f, *args)
        except Exception as error:  # noqa: BLE001 - it belongs to the caller
            self._later(self._answered, answer, error, None)
            return
        finally:
            disk.acting = None
        if not self._dies(self._process):
            self._later(self._answered, answer, Away() if fails else None, result)

    def _answered(self, answer: "asyncio.Future[Any]", error: Exception | None, result: Any) -> None:
        if self._process.is_dead or answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)

    def reading(self) -> AbstractContextManager[Connection]:
        """Nobody asks for it here."""
        raise NotImplementedError

    def close(self) -> None:
        """The process is over; the database stays."""
