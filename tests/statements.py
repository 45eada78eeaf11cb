"""SQL that is made from an expression once for all tests of a process, as a hub makes it once for all its life.

SQLAlchemy keeps what it compiled with each engine, and every test has engines of its own: most of what a test of the
store computes would be the compiling of the same fifty statements. All dialects of one kind are alike here, so what
one compiled serves the others.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, event
from sqlalchemy.engine.default import DefaultDialect

_COMPILED: dict[Any, Any] = {}


def _kind(dialect: DefaultDialect) -> tuple[object, ...]:
    return type(dialect), dialect.paramstyle, dialect.server_version_info


def _is_alike(dialect: DefaultDialect, other: object) -> bool:
    return isinstance(other, DefaultDialect) and _kind(dialect) == _kind(other)


def share() -> None:
    """From here on, every engine takes what another compiled."""
    DefaultDialect.__eq__ = _is_alike  # type: ignore[method-assign,assignment]
    DefaultDialect.__hash__ = lambda dialect: hash(type(dialect))  # type: ignore[method-assign,assignment]

    @event.listens_for(sa.Engine, "engine_connect")
    def _connected(conn: Connection) -> None:
        conn.execution_options(compiled_cache=_COMPILED)
