"""Running store functions: one whole transaction a call, off the event loop.

A store function is synchronous, `f(conn, …)`. On SQLite one writer thread runs them, many in one
commit (group commit: each in its own savepoint, answered after the commit is on disk); readers have
their own `query_only` connections. On PostgreSQL a small pool of threads runs them side by side.
Return plain values: a cursor that leaves its thread breaks it.
"""

import asyncio
import queue
import re
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from broadcaster.store.authoriser import refuse_schema_changes
from broadcaster.store.dialect import is_full
from broadcaster.store.patience import LINE, Lines

T = TypeVar("T")
Tracer = Callable[[str, str], None]
"""Told the name of a store function and where it stands: "begin", "commit" (about to), "done"."""

_GROUP = 64
_NETWORK_FILE_SYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "fuse.sshfs",
    "9p",
    "ceph",
    "glusterfs",
    "fuse.glusterfs",
}

_OCTAL = re.compile(r"\\([0-7]{3})")  # how /proc/mounts writes a blank (getmntent(3))


class StoreError(Exception):
    """The store cannot be used as configured; the message says what to do."""


AWAY = (DBAPIError, PoolTimeoutError, StoreError)
"""What a caller may see while the database is away, full or restarting. Nothing was taken."""


class Database(Protocol):
    """One database; several processes may hold one each."""

    engine: Engine

    async def run(self, f: Callable[..., T], *args: Any) -> T:
        """Run `f(conn, *args)` as one write transaction; returns after the commit is on disk."""

    async def read(self, f: Callable[..., T], *args: Any) -> T:
        """Run `f(conn, *args)` as one reading transaction."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that only reads, for a process that has no event loop."""

    def close(self) -> None:
        """Finish what was taken and let go."""


def _silent(_name: str, _step: str) -> None:
    return


def _name(f: Callable[..., Any]) -> str:
    return _name(f.func) if isinstance(f, partial) else getattr(f, "__name__", "")


MakeRoom = Callable[[Sequence[str]], bool]
"""Told the names of the store functions that found the disk full; True when there is more room now."""


def _no_room(_names: Sequence[str]) -> bool:
    return False


def open_database(url: str, *, home: Path, tracer: Tracer = _silent, make_room: MakeRoom = _no_room) -> Database:
    """The database at `url`; a relative SQLite path counts from `home`."""
    parsed = store_url(url, home)
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(parsed, tracer, make_room)
    return PostgresDatabase(parsed, tracer)


def store_url(url: str, home: Path) -> URL:
    """The SQLAlchemy URL of a configured one."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return parsed.set(drivername="sqlite", database=str(home / (parsed.database or "omroeper.db")))
    return parsed.set(drivername="postgresql+psycopg")


def sqlite_engine(url: URL, *, writer: bool, guarded: bool = True) -> Engine:
    """An engine on one SQLite file with the settings we rely on, asserted on every connection."""
    engine = sa.create_engine(url, poolclass=sa.pool.QueuePool, pool_size=4, max_overflow=0)

    @event.listens_for(engine, "connect")
    def _prepare(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
        raw.execute("PRAGMA busy_timeout=10000")
        # A group's pages are written three times within moments: keep them at hand, and copy them home less often.
        raw.execute("PRAGMA cache_size=-16000")
        raw.execute("PRAGMA wal_autocheckpoint=4000")
        for pragma, value in wanted.items():
            raw.execute(f"PRAGMA {pragma}={value}")
            if (found := raw.execute(f"PRAGMA {pragma}").fetchone()[0]) != value:
                raise StoreError(f"SQLite refuses PRAGMA {pragma}={value} (it says {found}): use a local disk.")
        raw.execute(f"PRAGMA query_only={int(not writer)}")
        if guarded:
            raw.set_authorizer(refuse_schema_changes)

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        # A deferred transaction that turns into a writer fails at once, whatever the busy timeout.
        conn.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine


def refuse_network_disk(folder: Path, mounts: Path = Path("/proc/mounts")) -> None:
    """StoreError when `folder` is on a network file system: WAL needs shared memory on one host."""
    if not mounts.exists():
        return
    best = ("", "")
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, kind, *_ = line.split(" ")
        point = _OCTAL.sub(lambda code: chr(int(code[1], 8)), point)
        if folder.resolve().is_relative_to(point) and len(point) > len(best[0]):
            best = (point, kind)
    if best[1] in _NETWORK_FILE_SYSTEMS:
        raise StoreError(f"The database is on {best[1]}: put [store] url on a local disk, or use PostgreSQL.")


class _Job:
    """One store function waiting for the writer thread."""

    __slots__ = ("args", "done", "f", "name", "refused")

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.f, self.args, self.name = f, args, _name(f)
        self.done: Future[Any] = Future()
        self.refused: Exception | None = None

    def call(self, conn: Connection) -> Any:
        return self.f(conn, *self.args)


class SqliteDatabase:
    """One file, one writer thread, a few readers."""

    def __init__(self, url: URL, tracer: Tracer = _silent, make_room: MakeRoom = _no_room) -> None:
        refuse_network_disk(Path(url.database or ".").parent)
        self.engine = sqlite_engine(url, writer=True)
        self._readers_engine = sqlite_engine(url, writer=False)
        self._readers = ThreadPoolExecutor(3, thread_name_prefix="store-read")
        self._tracer, self._make_room = tracer, make_room
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="store-write", daemon=True)
        self._writer.start()

    async def run(self, f: Callable[..., T], *args: Any) -> T:
        """Run `f(conn, *args)` in the writer thread; a caller that goes away changes nothing."""
        job = _Job(f, args)
        self._jobs.put(job)
        return await asyncio.shield(asyncio.wrap_future(job.done))

    async def read(self, f: Callable[..., T], *args: Any) -> T:
        """Run `f(conn, *args)` on a connection that cannot write."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, f, args)

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that cannot write."""
        return self._readers_engine.begin()

    def _read(self, f: Callable[..., T], args: tuple[Any, ...]) -> T:
        with self.reading() as conn:
            return f(conn, *args)

    def close(self) -> None:
        """Finish what was taken and let go."""
        self._jobs.put(None)
        self._writer.join()
        self._readers.shutdown()
        self.engine.dispose()
        self._readers_engine.dispose()

    def _take(self) -> list[_Job] | None:
        first = self._jobs.get()
        if first is None:
            return None
        jobs = [first]
        with suppress(queue.Empty):
            while len(jobs) < _GROUP:
                job = self._jobs.get_nowait()
                if job is None:
                    self._jobs.put(None)
                    break
                jobs.append(job)
        return jobs

    def _write(self) -> None:
        with self.engine.connect() as conn:
            while (jobs := self._take()) is not None:
                self._commit(conn, jobs)

    def _commit(self, conn: Connection, jobs: list[_Job]) -> None:
        """Run the jobs in one transaction and answer them after it is on disk. On a full disk that has room again
        they run once more: nothing of them is there."""
        results, error = self._tried(conn, jobs)
        while found_full(error) and self._make_room([job.name for job in jobs]):
            results, error = self._tried(conn, jobs)
        if error is not None:
            for job in jobs:
                if not job.done.done():
                    job.done.set_exception(error)
            return
        for job, result in results:
            self._tracer(job.name, "done")
            job.done.set_result(result)
        for job in jobs:
            # Not before the commit: it may speak of what another job of the group has just done, and whoever
            # looks again must find that.
            if job.refused is not None:
                job.done.set_exception(job.refused)

    def _tried(self, conn: Connection, jobs: list[_Job]) -> tuple[list[tuple[_Job, Any]], BaseException | None]:
        """One transaction: what each job gave that did not fail by itself, and the error that undid it all."""
        results: list[tuple[_Job, Any]] = []
        try:
            with conn.begin():
                for job in jobs:
                    job.refused = None
                    self._one(conn, job, results, alone=len(jobs) == 1)
                _require_transaction(conn)
                for job, _ in results:
                    self._tracer(job.name, "commit")
        except BaseException as error:  # noqa: BLE001 - it belongs to the waiting callers, and the thread lives on
            return [], error
        return results, None

    def _one(self, conn: Connection, job: _Job, results: list[tuple[_Job, Any]], *, alone: bool) -> None:
        self._tracer(job.name, "begin")
        if alone:
            results.append((job, job.call(conn)))
            return
        savepoint = conn.begin_nested()
        try:
            result = job.call(conn)
            savepoint.commit()
        except Exception as error:
            savepoint.rollback()
            if found_full(error):  # nobody's own: it is everybody's disk
                raise
            job.refused = error
            _require_transaction(conn)
        else:
            results.append((job, result))


def found_full(error: BaseException | None) -> bool:
    """Whether an error comes from a full disk, perhaps by way of what SQLite then undid by itself."""
    while error is not None:
        if isinstance(error, DBAPIError) and is_full(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _require_transaction(conn: Connection) -> None:
    """StoreError when SQLite rolled everything back by itself, as it may on a full disk (sqlite.org,
    lang_transaction.html, section 3): nothing of a group may then be answered as done."""
    if not getattr(conn.connection.dbapi_connection, "in_transaction", True):
        raise StoreError("The database undid what it had taken: look at its disk, then try again.")


class PostgresDatabase:
    """A server, and a few threads that each run whole transactions."""

    def __init__(self, url: URL, tracer: Tracer = _silent, threads: int = 4) -> None:
        # Several connections, each used by one thread for one transaction; none outlives a broken server.
        self.arguments = connect_arguments(url)
        self._lines = Lines(self.arguments)
        self.engine = sa.create_engine(
            url, creator=self._lines.connect, pool_size=threads, max_overflow=0, pool_pre_ping=True
        )
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store")
        self._tracer = tracer

    async def run(self, f: Callable[..., T], *args: Any) -> T:
        """Run `f(conn, *args)` in a thread; a caller that goes away changes nothing."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, self._transaction, f, args)
        return await asyncio.shield(future)

    async def read(self, f: Callable[..., T], *args: Any) -> T:
        """Run `f(conn, *args)`; PostgreSQL's readers never wait for writers."""
        return await self.run(f, *args)

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection, for reading."""
        return self.engine.begin()

    def _transaction(self, f: Callable[..., T], args: tuple[Any, ...]) -> T:
        # Only what the server certainly rolled back is run again: a deadlock or a failed connect.
        for attempt in Retrying(
            retry=retry_if_exception_type(_Again),
            stop=stop_after_attempt(5),
            wait=wait_random_exponential(0.05, max=1),
            reraise=True,
        ):
            with attempt:
                return self._once(f, args)
        raise AssertionError("unreachable")

    def _once(self, f: Callable[..., T], args: tuple[Any, ...]) -> T:
        name = _name(f)
        try:
            with self.engine.connect() as conn, conn.begin():
                self._tracer(name, "begin")
                result = f(conn, *args)
                self._tracer(name, "commit")
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) in ("40001", "40P01"):
                raise _Again(str(error.orig)) from error
            raise
        self._tracer(name, "done")
        return result

    def close(self) -> None:
        """Finish what was taken and let go."""
        self._threads.shutdown()
        self.engine.dispose()
        self._lines.close()


def connect_arguments(url: URL) -> dict[str, Any]:
    """What psycopg connects with; what the URL says of a line goes before what we would."""
    _, found = url.get_dialect()().create_connect_args(url)
    return {**LINE, **found}


class _Again(StoreError):
    """The server rolled the whole transaction back for another's sake."""
