"""PostgreSQL: a server, and a small pool of threads that run store functions side by side."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from broadcaster.store.database import StoreError, T, Tracer, name_of, silent
from broadcaster.store.patience import LINE, Lines


class _Again(StoreError):
    """The server rolled the whole transaction back for another's sake."""


class PostgresDatabase:
    """A server, and a few threads that each run whole transactions."""

    def __init__(self, url: URL, tracer: Tracer = silent, threads: int = 4) -> None:
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
        name = name_of(f)
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
