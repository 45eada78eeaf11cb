"""How values stand in columns, the same on both engines.

Instants are whole milliseconds since 1970 in UTC, so raw SQL compares them alike everywhere;
structured values are canonical JSON in text, so they hash alike everywhere.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def millis(instant: datetime) -> int:
    """Milliseconds since 1970, for hand-written SQL."""
    return (instant - _EPOCH) // _MILLISECOND


def instant(millis_: int) -> datetime:
    """The instant of a column's number, in UTC."""
    return _EPOCH + millis_ * _MILLISECOND


def as_text(value: Any) -> str:
    """A structured value as its column has it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware datetime as milliseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the column."""
        return None if value is None else millis(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """From the column."""
        return None if value is None else instant(value)


class Json(sa.types.TypeDecorator[Any]):
    """A JSON value as sorted, compact text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """To the column."""
        return None if value is None else as_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """From the column."""
        return None if value is None else json.loads(value)


BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""An integer key that counts by itself; SQLite counts only plain INTEGER."""
