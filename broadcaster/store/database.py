"""Running store functions: one whole transaction a call, off the event loop.

A store function is synchronous, `f(conn, …)`. Return plain values: a cursor that leaves its thread breaks it.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

T = TypeVar("T")
Tracer = Callable[[str, str], None]
"""Told the name of a store function and where it stands: "begin", "commit" (about to), "done"."""
MakeRoom = Callable[[Sequence[str]], bool]
"""Told the names of the store functions that found the disk full; True when there is more room now."""


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


def store_url(url: str, home: Path) -> URL:
    """The SQLAlchemy URL of a configured one."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return parsed.set(drivername="sqlite", database=str(home / (parsed.database or "omroeper.db")))
    return parsed.set(drivername="postgresql+psycopg")


def silent(_name: str, _step: str) -> None:
    """Tells nobody."""


def no_room(_names: Sequence[str]) -> bool:
    """Makes none."""
    return False


def name_of(f: Callable[..., Any]) -> str:
    """What a store function is called."""
    return name_of(f.func) if isinstance(f, partial) else getattr(f, "__name__", "")
