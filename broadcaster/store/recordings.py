"""Recordings by their SHA-256, and who listened to them for which alert."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.model.recording import Sound
from broadcaster.store.tables import listening, recording


def keep(conn: Connection, sound: Sound, now: datetime) -> None:
    """Store a recording; the same one once."""
    if not known(conn, [sound.name]):
        values = {"sha256": sound.name, "media_type": sound.media_type, "raw": sound.raw, "added_at": now}
        conn.execute(recording.insert().values(values))


def get(conn: Connection, name: str) -> Sound | None:
    """A recording; None when there is none."""
    query = sa.select(recording.c.sha256, recording.c.media_type, recording.c.raw).where(recording.c.sha256 == name)
    row = conn.execute(query).one_or_none()
    return None if row is None else Sound(row.sha256, row.media_type, bytes(row.raw))


def known(conn: Connection, names: Collection[str]) -> set[str]:
    """Those that there are."""
    return set(conn.scalars(sa.select(recording.c.sha256).where(recording.c.sha256.in_(names))))


def listened(conn: Connection, alert_id: str, person_id: str) -> set[str]:
    """The recordings of an alert that a person heard from beginning to end."""
    query = sa.select(listening.c.sha256).where(listening.c.alert_id == alert_id, listening.c.person_id == person_id)
    return set(conn.scalars(query))


def note(conn: Connection, alert_id: str, name: str, person_id: str, now: datetime) -> bool:
    """A person heard a recording; False when that was known."""
    if name in listened(conn, alert_id, person_id):
        return False
    conn.execute(listening.insert().values(alert_id=alert_id, sha256=name, person_id=person_id, at=now))
    return True
