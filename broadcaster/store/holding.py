"""Whether this database may send: a copy of one that sent, or that was moved, would send everything twice."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, text

from broadcaster.model.events import SYSTEM, Event
from broadcaster.store import dialect, journal
from broadcaster.store.tables import installation

_LOCK = 7_021_970


class HeldKind(StrEnum):
    """Why nothing is sent: somebody asked so, this is a copy, or it was moved elsewhere, which is for good."""

    ASKED = "asked"
    COPY = "copy"
    MOVED = "moved"


class Held(NamedTuple):
    """Nothing is sent from here. why: for people."""

    kind: HeldKind
    why: str
    at: datetime


def held(conn: Connection) -> Held | None:
    """Why nothing may be sent; None when it may."""
    query = sa.select(installation.c.held_kind, installation.c.held_why, installation.c.held_at)
    row = conn.execute(query.where(installation.c.held_kind.is_not(None))).one_or_none()
    return None if row is None else Held(HeldKind(row[0]), row[1] or "", row[2])


def hold(conn: Connection, kind: HeldKind, why: str, now: datetime, actor: str = SYSTEM) -> None:
    """Send nothing from this database any more."""
    _change(conn, held_kind=kind.value, held_why=why, held_at=now)
    journal.append(conn, [Event("SendingHeld", actor, "installation", {"kind": kind.value, "why": why})], now)


def lift(conn: Connection, now: datetime, actor: str = SYSTEM) -> bool:
    """Send again; False when nothing was held."""
    before = held(conn)
    if before is None:
        return False
    _change(conn, held_kind=None, held_why=None, held_at=None)
    journal.append(conn, [Event("SendingResumed", actor, "installation", {"kind": before.kind.value})], now)
    return True


def recognise(conn: Connection, now: datetime) -> Held | None:
    """Hold a database that stands on another server than the last time, or was taken over by a standby: it may have
    forgotten what went out. Whether it is held."""
    dialect.one_at_a_time(conn, _LOCK)
    here = _server(conn)
    known = conn.scalar(sa.select(installation.c.server))
    if here is not None and here != known:
        _change(conn, server=here)
        if known is not None and held(conn) is None:
            hold(conn, HeldKind.COPY, "this is a copy, or a standby that took over", now)
    return held(conn)


def _server(conn: Connection) -> str | None:
    """Which PostgreSQL this is and the how-manieth life of it: its identifier is made with the cluster, its timeline
    goes up when a standby takes over (postgresql.org, "Continuous Archiving", Timelines). A file has neither."""
    if dialect.is_sqlite(conn):
        return None
    query = (
        "SELECT system_identifier::text || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' ||"
        " (SELECT oid FROM pg_database WHERE datname = current_database()) FROM pg_control_system()"
    )
    return str(conn.scalar(text(query)))


def _change(conn: Connection, **values: object) -> None:
    if conn.scalar(sa.select(installation.c.id)) is None:
        conn.execute(installation.insert().values(id=1, **values))
    else:
        conn.execute(installation.update().values(**values))
