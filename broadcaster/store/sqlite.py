"""SQLite: one file. One writer thread runs store functions, many in one commit (group commit: each in its own
savepoint, answered after the commit is on disk); readers have their own `query_only` connections."""

import asyncio
import queue
import re
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from broadcaster.store.authoriser import refuse_schema_changes
from broadcaster.store.database import MakeRoom, StoreError, T, Tracer, name_of, no_room, silent
from broadcaster.store.dialect import is_full

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
        self.f, self.args, self.name = f, args, name_of(f)
        self.done: Future[Any] = Future()
        self.refused: Exception | None = None

    def call(self, conn: Connection) -> Any:
        return self.f(conn, *self.args)


class SqliteDatabase:
    """One file, one writer thread, a few readers."""

    def __init__(self, url: URL, tracer: Tracer = silent, make_room: MakeRoom = no_room) -> None:
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
