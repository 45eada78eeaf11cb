"""Who was asked to take a number off the wall of a point, and when."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from broadcaster.store.dialect import is_sqlite
from broadcaster.store.tables import takedown


class Asked(NamedTuple):
    """An officer asked. by: a person's id."""

    by: str
    at: datetime


def note(conn: Connection, point_id: str, number: int, person_id: str, now: datetime) -> None:
    """An officer asked; whoever asked last counts."""
    values = {"point_id": point_id, "number": number, "person_id": person_id, "at": now}
    insert = (sqlite if is_sqlite(conn) else postgresql).insert(takedown).values(values)
    changed = {"person_id": person_id, "at": now}
    conn.execute(insert.on_conflict_do_update(index_elements=["point_id", "number"], set_=changed))


def asked(conn: Connection) -> Mapping[tuple[str, int], Asked]:
    """Who asked last, by point and number."""
    return {(row.point_id, row.number): Asked(row.person_id, row.at) for row in conn.execute(sa.select(takedown))}
