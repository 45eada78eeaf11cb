"""Copying a whole database to another one, row for row, and proving that it arrived.

Both ends are seen through the same table definitions, so a row has one canonical form on either engine. The copy is
one transaction at the target, from one consistent reading of the source: all of it, or nothing.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Table, text

from broadcaster.store import dialect, guards, journal
from broadcaster.store.columns import Instant, Json, as_text, millis
from broadcaster.store.database import StoreError
from broadcaster.store.tables import installation, lease, metadata, worker

_PAGE = 2_000
NOT_MOVED = frozenset({worker.name, lease.name, installation.name})
"""Tables about the processes and the server of the source: they say nothing of the target."""
TABLES: Sequence[Table] = tuple(table for table in metadata.sorted_tables if table.name not in NOT_MOVED)


class Sum(NamedTuple):
    """What a table holds: how many rows, and SHA-256 over them in canonical form."""

    rows: int
    sha256: str


class Differs(StoreError):
    """The copy is not what was copied, or cannot be made; the message says what to do."""


def require_empty(conn: Connection) -> None:
    """Differs when something is in a table."""
    for table in TABLES:
        if conn.scalar(sa.select(sa.literal(1)).select_from(table).limit(1)) is not None:
            raise Differs(f"The target is not empty ({table.name} has rows): give an empty database.")


def copy(source: Connection, target: Connection) -> dict[str, Sum]:
    """Copy every table; what each of them holds, read back from the target. As the owner of the target, whose guards
    are lifted while it lasts: they watch lives, not copies. Differs when anything differs."""
    for name, table in guards.installed(target):
        target.exec_driver_sql(f"DROP TRIGGER {name}" + ("" if dialect.is_sqlite(target) else f" ON {table}"))
    sent = {table.name: _copy_table(source, target, table) for table in TABLES}
    guards.install(target)
    _count_on(target)
    arrived = {table.name: sum_of(target, table) for table in TABLES}
    for name, expected in sent.items():
        if arrived[name] != expected:
            raise Differs(f"The table {name} did not arrive as it was: nothing was moved, please report it.")
    if journal.verify(target) != journal.head(source):
        raise Differs("The journal's chain does not stand: run 'omroeper journal verify' on the source first.")
    return arrived


def _copy_table(source: Connection, target: Connection, table: Table) -> Sum:
    """Copy one table; what it holds at the source."""
    own = _own_references(table)
    hashed, count = hashlib.sha256(), 0
    later: list[dict[str, Any]] = []
    for page in _pages(source, table):
        for row in page:
            hashed.update(_canonical(table, row))
        count += len(page)
        later += [row for row in page if any(row[column.name] is not None for column in own)]
        bare = dict.fromkeys(column.name for column in own)
        target.execute(table.insert(), [_without_computed(table, row | bare) for row in page])
    _refer(target, table, own, later)
    return Sum(count, hashed.hexdigest())


def _own_references(table: Table) -> list[sa.Column[Any]]:
    """Columns that refer to a row of the same table, which may come later: filled in after."""
    return [key.parent for key in table.foreign_keys if key.column.table is table]


def _refer(target: Connection, table: Table, own: Sequence[sa.Column[Any]], rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    keys = list(table.primary_key.columns)
    query = table.update().where(*(key == sa.bindparam(f"key_{key.name}") for key in keys))
    query = query.values({column.name: sa.bindparam(f"new_{column.name}") for column in own})
    given = [
        {f"key_{key.name}": row[key.name] for key in keys} | {f"new_{column.name}": row[column.name] for column in own}
        for row in rows
    ]
    target.execute(query, given)


def _without_computed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if table.c[name].computed is None}


def sum_of(conn: Connection, table: Table) -> Sum:
    """What a table holds."""
    hashed, count = hashlib.sha256(), 0
    for page in _pages(conn, table):
        for row in page:
            hashed.update(_canonical(table, row))
        count += len(page)
    return Sum(count, hashed.hexdigest())


def _pages(conn: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """The rows in the order of their key, page by page: the same order on either engine."""
    keys = list(table.primary_key.columns)
    order = [_in_bytes(conn, key) for key in keys]
    query = sa.select(table).order_by(*order).limit(_PAGE)
    after: tuple[Any, ...] | None = None
    while True:
        page = conn.execute(query if after is None else query.where(_beyond(order, after))).mappings().all()
        if page:
            yield [dict(row) for row in page]
        if len(page) < _PAGE:
            return
        after = tuple(page[-1][key.name] for key in keys)


def _in_bytes(conn: Connection, key: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Text in the order of its bytes, whatever language the database sorts in; a file does so anyway."""
    return key.collate("C") if isinstance(key.type, sa.Text) and not dialect.is_sqlite(conn) else key


def _beyond(order: Sequence[sa.ColumnElement[Any]], after: tuple[Any, ...]) -> sa.ColumnElement[bool]:
    """SQL: rows after this key, spelt out column by column."""
    found = [sa.and_(*(order[j] == after[j] for j in range(i)), order[i] > after[i]) for i in range(len(order))]
    return sa.or_(*found)


def _canonical(table: Table, row: Mapping[str, Any]) -> bytes:
    """A row in the form that is hashed: sorted JSON, numbers as text, bytes in hexadecimal."""
    return as_text({name: _plain(table.c[name], value) for name, value in row.items()}).encode() + b"\n"


def _plain(column: sa.Column[Any], value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    if isinstance(column.type, Instant):
        return None if value is None else str(millis(value))
    if isinstance(column.type, Json):
        return None if value is None else as_text(value)
    return str(value) if type(value) is int else value


def _count_on(conn: Connection) -> None:
    """Let PostgreSQL's own counters go on after the last key; SQLite looks at the table."""
    if dialect.is_sqlite(conn):
        return
    for table in TABLES:
        column = table.autoincrement_column
        if column is not None and column.autoincrement is not False:
            query = (
                "SELECT setval(pg_get_serial_sequence(:table, :column),"
                f" (SELECT coalesce(max({column.name}), 0) + 1 FROM {table.name}), false)"
            )
            conn.execute(text(query), {"table": table.name, "column": column.name})
