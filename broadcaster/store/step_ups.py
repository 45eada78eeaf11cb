"""Who showed again that it was them, in which session and for which digest."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.store.tables import step_up


def put(conn: Connection, session_id: str, digest: str, now: datetime) -> None:
    """Note it; an earlier time is forgotten."""
    conn.execute(step_up.delete().where(step_up.c.session_id == session_id, step_up.c.digest == digest))
    conn.execute(step_up.insert().values(session_id=session_id, digest=digest, at=now))


def at(conn: Connection, session_id: str, digest: str) -> datetime | None:
    """When it was; None for never."""
    query = sa.select(step_up.c.at).where(step_up.c.session_id == session_id, step_up.c.digest == digest)
    return conn.scalar(query)
