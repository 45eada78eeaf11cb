"""Processes that dispatch, each with a beat that counts up while it lives."""

from datetime import datetime

from sqlalchemy import Connection, text

from broadcaster.model.cap import Lane
from broadcaster.store.columns import millis


def enter(conn: Connection, worker_id: str, lane: Lane, now: datetime) -> None:
    """Make a process known, with beat 0."""
    query = "INSERT INTO worker (id, lane, beat, started_at) VALUES (:id, :lane, 0, :now)"
    conn.execute(text(query), {"id": worker_id, "lane": lane.value, "now": millis(now)})


def beat(conn: Connection, worker_id: str, lane: Lane) -> dict[str, int]:
    """Count the process's beat up; every beat of the lane, by process."""
    conn.execute(text("UPDATE worker SET beat = beat + 1 WHERE id = :id"), {"id": worker_id})
    return {
        row.id: row.beat
        for row in conn.execute(text("SELECT id, beat FROM worker WHERE lane = :lane"), {"lane": lane.value})
    }


def known(conn: Connection, lane: Lane) -> list[str]:
    """The processes of a lane. One that holds deliveries is always among them."""
    return list(conn.scalars(text("SELECT id FROM worker WHERE lane = :lane"), {"lane": lane.value}))


def forget(conn: Connection, worker_id: str) -> None:
    """The process is gone."""
    conn.execute(text("DELETE FROM worker WHERE id = :id"), {"id": worker_id})
