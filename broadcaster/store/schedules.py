"""Releases: the instant an approved alert goes out, and the cursor of its expansion."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.model.cap import Lane
from broadcaster.store.tables import expansion, schedule


def plan(conn: Connection, alert_id: str, at: datetime, zone: str, now: datetime) -> None:
    """Note that an approved alert goes out at an instant."""
    conn.execute(schedule.insert().values(alert_id=alert_id, at=at, zone=zone, state="waiting", changed_at=now))


def due(conn: Connection, now: datetime) -> list[tuple[str, datetime]]:
    """Waiting releases whose instant has come, as (alert, instant)."""
    query = sa.select(schedule.c.alert_id, schedule.c.at).where(schedule.c.state == "waiting", schedule.c.at <= now)
    return [(alert_id, at) for alert_id, at in conn.execute(query.order_by(schedule.c.at))]


def move(conn: Connection, alert_id: str, before: str, after: str, now: datetime) -> bool:
    """Change a release's state; False when it is not in `before`."""
    query = schedule.update().where(schedule.c.alert_id == alert_id, schedule.c.state == before)
    return conn.execute(query.values(state=after, changed_at=now)).rowcount == 1


def drop(conn: Connection, alert_id: str, now: datetime) -> None:
    """Give up a release that has not gone out, if there is one."""
    query = schedule.update().where(schedule.c.alert_id == alert_id, schedule.c.state.in_(["waiting", "held"]))
    conn.execute(query.values(state="dropped", changed_at=now))


def state(conn: Connection, alert_id: str) -> str | None:
    """The state of an alert's release; None when it had none planned."""
    return conn.scalar(sa.select(schedule.c.state).where(schedule.c.alert_id == alert_id))


def start_expansion(conn: Connection, alert_id: str, lane: Lane) -> None:
    """Set the cursor before the first addressee: from here on deliveries appear."""
    conn.execute(expansion.insert().values(alert_id=alert_id, lane=lane.value, next_n=1))


def released(conn: Connection, alert_id: str) -> bool:
    """Whether an alert has gone out (or begun to)."""
    return conn.scalar(sa.select(expansion.c.alert_id).where(expansion.c.alert_id == alert_id)) is not None


def held(conn: Connection) -> list[str]:
    """Alerts whose release is held for an officer."""
    return list(conn.scalars(sa.select(schedule.c.alert_id).where(schedule.c.state == "held")))
