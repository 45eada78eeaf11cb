"""How far the freezing of addressees is, told while its transaction runs: before the end nobody else sees its rows.

On SQLite the statement calls a function of ours at every so many rows. PostgreSQL calls nothing of ours; there the
statement writes the number into `application_name`, which others read in `pg_stat_activity`, in other processes too.
Either costs one comparison a row.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import Connection

from broadcaster.store import dialect

EVERY = 10_000
"""Addressees between two counts. Of fewer nothing is told: they are frozen before somebody looks."""
_NAMED = re.compile(r"omroeper freezing (\S+) (\d+)")


class Step(IntEnum):
    """What is done with the addressees, in this order."""

    ADDRESSING = 1
    SEALING = 2
    WRITING = 3


@dataclass(frozen=True, slots=True, order=True)
class Far:
    """How many addressees a step is done with; the greater is the further. of: all there are, None when nobody has
    counted them yet."""

    step: Step
    done: int
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """One freezing that tells how far it is. tell: called in the thread of the transaction."""

    draft_id: str
    tell: Callable[[Far], None]
    every: int = EVERY

    def at(self, step: Step, done: int, of: int) -> None:
        """Tell it, unless there are too few."""
        if of >= self.every:
            self.tell(Far(step, done, of))


@contextmanager
def counting(conn: Connection, telling: Telling | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """An expression for the column `n` of a statement that numbers addressees, with its parameters; as the statement
    comes by, it tells."""
    if telling is None:
        yield "n", {}
    elif dialect.is_sqlite(conn):
        with _calling(conn, telling):
            yield "CASE WHEN n % :every = 0 THEN addressed(n) ELSE n END", {"every": telling.every}
    else:
        name = "set_config('application_name', CAST(:freezing AS text) || n, true)"
        expression = f"CASE WHEN n % :every = 0 THEN CASE WHEN {name} IS NULL THEN 0 ELSE n END ELSE n END"
        yield expression, {"every": telling.every, "freezing": f"omroeper freezing {telling.draft_id} "}


@contextmanager
def _calling(conn: Connection, telling: Telling) -> Iterator[None]:
    def addressed(n: int) -> int:
        telling.tell(Far(Step.ADDRESSING, n))
        return n

    raw: Any = conn.connection.dbapi_connection
    raw.create_function("addressed", 1, addressed)
    try:
        yield
    finally:
        raw.create_function("addressed", 1, None)


def everywhere(conn: Connection) -> dict[str, Far]:
    """How far each draft is that any process on this database is addressing; on SQLite only its own process knows."""
    if dialect.is_sqlite(conn):
        return {}
    query = (
        "SELECT application_name FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'omroeper freezing %'"
    )
    named = filter(None, map(_NAMED.fullmatch, conn.scalars(dialect.sql(query))))
    return {found[1]: Far(Step.ADDRESSING, int(found[2])) for found in named}
