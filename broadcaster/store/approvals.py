"""Approvals: who may not give one, and what was approved, by whom and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.store import alerts, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.store.tables import approval, draft_revision


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """An approval as it was given. kind: by which means; accepts: the findings accepted by name."""

    approver_id: str
    at: datetime
    kind: str
    accepts: tuple[str, ...]
    expected: int | None


def contributors(conn: Connection, row: AlertRow) -> set[str]:
    """The persons who wrote any revision of its draft, or submitted it."""
    query = sa.select(draft_revision.c.author_id).where(
        draft_revision.c.draft_id == row.draft_id, draft_revision.c.author_id.is_not(None)
    )
    return set(conn.scalars(query)) | ({row.submitter_id} if row.submitter_id else set())


def give(
    conn: Connection,
    row: AlertRow,
    approver_id: str,
    accepts: Sequence[str],
    expected: int | None,
    now: datetime,
    mandate_id: str | None = None,
) -> None:
    """Write the approval of the alert's digest, with what is to be done by hand, and move its stage. IntegrityError
    where a guard refuses. mandate_id: of whoever releases it alone."""
    tasks.make(conn, row, now)
    conn.execute(
        approval.insert().values(
            alert_id=row.id,
            digest=row.digest,
            lane=row.lane.value,
            kind="second-person" if mandate_id is None else "mandate",
            approver_id=approver_id,
            mandate_id=mandate_id,
            accepts=sorted(accepts),
            expected=expected,
            at=now,
        )
    )
    alerts.move(conn, row.id, row.stage, Stage.APPROVED)


def of(conn: Connection, alert_id: str) -> ApprovalRow | None:
    """The approval of an alert; None while nobody gave one."""
    row = conn.execute(sa.select(approval).where(approval.c.alert_id == alert_id)).one_or_none()
    return None if row is None else ApprovalRow(row.approver_id, row.at, row.kind, tuple(row.accepts), row.expected)


def digest_of(conn: Connection, alert_id: str) -> str | None:
    """The digest that somebody approved; None while nobody has."""
    return conn.scalar(sa.select(approval.c.digest).where(approval.c.alert_id == alert_id))
