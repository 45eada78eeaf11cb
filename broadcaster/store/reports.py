"""What support points told: each report once, by the id that its device gave it; read by one officer, once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from broadcaster.model.board import Mode
from broadcaster.store.dialect import is_sqlite
from broadcaster.store.tables import report


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report as it is kept. given_id: its device's name for it. content: the chosen words, see model.report; its
    line of own words stands sealed. kind: the name of what it says. sha256: of the signed whole."""

    id: str
    device_id: str
    given_id: str
    sha256: str
    point_id: str
    mode: Mode
    kind: str
    at: datetime
    clock_known: bool
    received_at: datetime
    content: dict[str, Any]
    sealed: bytes | None
    reader_id: str | None = None
    read_at: datetime | None = None

    @property
    def told_at(self) -> datetime:
        """When it was told: by its device's clock, or when it came if nobody trusts that one."""
        return self.at if self.clock_known else self.received_at


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a point is told of its report. id: as its device named it."""

    id: str
    received_at: datetime
    read_at: datetime | None


def keep(conn: Connection, row: ReportRow) -> bool:
    """Keep a report; False when its device gave one of this id before."""
    values = {
        "id": row.id,
        "device_id": row.device_id,
        "given_id": row.given_id,
        "sha256": row.sha256,
        "point_id": row.point_id,
        "mode": row.mode.value,
        "kind": row.kind,
        "at": row.at,
        "clock_known": row.clock_known,
        "received_at": row.received_at,
        "content": row.content,
        "sealed": row.sealed,
    }
    insert = (sqlite if is_sqlite(conn) else postgresql).insert(report)
    query = insert.values(values).on_conflict_do_nothing(index_elements=["device_id", "given_id"])
    return conn.scalar(query.returning(report.c.id)) is not None


def given(conn: Connection, device_id: str, given_id: str) -> ReportRow | None:
    """The report that a device gave this id; None when there is none."""
    query = sa.select(report).where(report.c.device_id == device_id, report.c.given_id == given_id)
    return next(iter(_rows(conn, query)), None)


def count_since(conn: Connection, device_id: str, since: datetime) -> int:
    """How many of a device were kept since an instant."""
    query = sa.select(sa.func.count()).where(report.c.device_id == device_id, report.c.received_at >= since)
    return conn.scalar(query) or 0


def receipts(conn: Connection, point_ids: Collection[str], since: datetime, most: int) -> list[Receipt]:
    """What became of the reports of points received since an instant, the latest first."""
    query = sa.select(report.c.given_id, report.c.received_at, report.c.read_at)
    query = query.where(report.c.point_id.in_(sorted(point_ids)), report.c.received_at >= since)
    found = conn.execute(query.order_by(report.c.received_at.desc(), report.c.id.desc()).limit(most))
    return [Receipt(row.given_id, row.received_at, row.read_at) for row in found]


def of_kind(conn: Connection, kind: str, mode: Mode, since: datetime, most: int) -> list[ReportRow]:
    """Reports of a kind received since an instant, the latest first."""
    query = sa.select(report).where(report.c.kind == kind, report.c.mode == mode.value, report.c.received_at >= since)
    return _rows(conn, query.order_by(report.c.received_at.desc(), report.c.id.desc()).limit(most))


def unread(conn: Connection, kind: str, mode: Mode, most: int) -> list[ReportRow]:
    """Reports of a kind that nobody read, the latest first."""
    query = sa.select(report).where(report.c.kind == kind, report.c.mode == mode.value, report.c.read_at.is_(None))
    return _rows(conn, query.order_by(report.c.received_at.desc(), report.c.id.desc()).limit(most))


def openings(conn: Connection, mode: Mode, since: datetime) -> dict[str, ReportRow]:
    """What each point told last of whether it is open, of what was received since an instant."""
    told_at = sa.case((report.c.clock_known, report.c.at), else_=report.c.received_at)
    turn = sa.func.row_number().over(partition_by=report.c.point_id, order_by=(told_at.desc(), report.c.id.desc()))
    chosen = sa.select(report, turn.label("turn")).where(report.c.kind == "opening", report.c.mode == mode.value)
    last = chosen.where(report.c.received_at >= since).subquery()
    columns = [last.c[column.name] for column in report.c]
    return {row.point_id: row for row in _rows(conn, sa.select(*columns).where(last.c.turn == 1))}


def listed(conn: Connection, before: str | None, limit: int, point_id: str | None = None) -> list[ReportRow]:
    """Reports, the latest first, those older than `before`."""
    query = sa.select(report).order_by(report.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(report.c.id < before)
    return _rows(conn, query if point_id is None else query.where(report.c.point_id == point_id))


def get(conn: Connection, report_id: str) -> ReportRow | None:
    """One report; None when there is none."""
    return next(iter(_rows(conn, sa.select(report).where(report.c.id == report_id))), None)


def read(conn: Connection, report_id: str, person_id: str, now: datetime) -> bool:
    """Somebody read it; False when somebody had."""
    query = report.update().where(report.c.id == report_id, report.c.read_at.is_(None))
    return conn.execute(query.values(reader_id=person_id, read_at=now)).rowcount == 1


def _rows(conn: Connection, query: sa.Select[tuple[object, ...]]) -> list[ReportRow]:
    return [
        ReportRow(
            **{**row, "mode": Mode(row["mode"]), "sealed": None if row["sealed"] is None else bytes(row["sealed"])}
        )
        for row in conn.execute(query).mappings()
    ]
