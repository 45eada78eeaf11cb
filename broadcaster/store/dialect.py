"""What differs between SQLite and PostgreSQL, in one place.

Sets of rows travel as one JSON parameter, so a statement costs the same for one row and for 500.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import DBAPIError

_SQLITE_TYPES = {"bigint", "integer", "text"}


@lru_cache(maxsize=256)
def sql(statement: str) -> TextClause:
    """A hand-written statement; parsed once, since the hot ones are run thousands of times."""
    return text(statement)


def is_sqlite(conn: Connection) -> bool:
    """Whether this connection speaks to SQLite."""
    return conn.dialect.name == "sqlite"


def rows(conn: Connection, parameter: str, columns: Sequence[tuple[str, str]]) -> str:
    """A table expression over the JSON array of arrays in `:parameter`; `columns` are (name, type)."""
    if is_sqlite(conn):
        fields = ", ".join(f"json_extract(value, '$[{i}]') AS {name}" for i, (name, _) in enumerate(columns))
        return f"(SELECT {fields} FROM json_each(:{parameter}))"
    fields = ", ".join(f"(value ->> {i})::{kind} AS {name}" for i, (name, kind) in enumerate(columns))
    return f"(SELECT {fields} FROM jsonb_array_elements(CAST(:{parameter} AS jsonb)))"


def ids(conn: Connection, parameter: str) -> str:
    """A one-column table expression `id` over the JSON array of integers in `:parameter`."""
    if is_sqlite(conn):
        return f"(SELECT value AS id FROM json_each(:{parameter}))"
    return f"(SELECT value::bigint AS id FROM jsonb_array_elements_text(CAST(:{parameter} AS jsonb)))"


def texts(conn: Connection, parameter: str) -> str:
    """A one-column table expression `item` over the JSON array of strings in `:parameter`."""
    if is_sqlite(conn):
        return f"(SELECT value AS item FROM json_each(:{parameter}))"
    return f"(SELECT value AS item FROM jsonb_array_elements_text(CAST(:{parameter} AS jsonb)))"


def as_rows(values: Sequence[Any]) -> str:
    """The parameter for `rows`, `ids` and `texts`."""
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


def lock(conn: Connection, how: str) -> str:
    """The clause that holds the rows it finds until the transaction ends; in SQLite the one writer holds all."""
    return "" if is_sqlite(conn) else f" FOR {how}"


def skip_locked(conn: Connection, table: str) -> str:
    """The clause that lets several workers claim side by side; SQLite has one writer anyway."""
    return "" if is_sqlite(conn) else f"FOR UPDATE OF {table} SKIP LOCKED"


def one_at_a_time(conn: Connection, lock: int) -> None:
    """Hold the numbered lock until the transaction ends. Taken last, so it is held shortly."""
    if not is_sqlite(conn):
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def is_only_one(conn: Connection, lock: int) -> bool:
    """Whether nobody else is in this part of the work; from then on nobody comes in until the transaction ends."""
    return is_sqlite(conn) or bool(conn.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": lock}))


def one_reading(conn: Connection) -> None:
    """See the same state of the database in every query of this transaction; the first thing in it."""
    if not is_sqlite(conn):  # a reading transaction of SQLite does anyway
        conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def is_full(error: DBAPIError) -> bool:
    """Whether the database had no room left on its disk (SQLITE_FULL; PostgreSQL's disk_full, 53100)."""
    codes = (getattr(error.orig, "sqlite_errorcode", None), getattr(error.orig, "sqlstate", None))
    return sqlite3.SQLITE_FULL in codes or "53100" in codes


@contextmanager
def in_bulk(conn: Connection) -> Iterator[None]:
    """For a statement that reads most of a table. PostgreSQL takes a list that came in just now for nearly empty, and
    goes through all addresses anew for each reader: 20,000 readers took it 100 seconds, and half of one by hash."""
    if is_sqlite(conn):
        yield
        return
    conn.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    conn.execute(text("SET LOCAL enable_nestloop = DEFAULT"))
