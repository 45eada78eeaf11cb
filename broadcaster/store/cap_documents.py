"""CAP documents of approved alerts, written once: whoever asks later gets the same bytes."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.store import dialect
from broadcaster.store.columns import millis
from broadcaster.store.tables import approval, cap_document


def get(conn: Connection, alert_id: str) -> bytes | None:
    """The document of an alert; None when it was not made yet."""
    found = conn.scalar(sa.select(cap_document.c.document).where(cap_document.c.alert_id == alert_id))
    return None if found is None else bytes(found)


def sender(conn: Connection, alert_id: str) -> str | None:
    """Under whose name an alert's document went out; None when it did not."""
    return conn.scalar(sa.select(cap_document.c.sender).where(cap_document.c.alert_id == alert_id))


def unmade(conn: Connection) -> list[str]:
    """Approved alerts without a document, the first one first: a later one refers to it."""
    query = sa.select(approval.c.alert_id).where(~sa.exists().where(cap_document.c.alert_id == approval.c.alert_id))
    return list(conn.scalars(query.order_by(approval.c.alert_id)))


def keep(conn: Connection, alert_id: str, sender_: str, document: bytes, now: datetime) -> None:
    """Write a document; what was there already stays."""
    statement = dialect.sql(
        "INSERT INTO cap_document (alert_id, sender, document, made_at) VALUES (:alert, :sender, :document, :now)"
        " ON CONFLICT (alert_id) DO NOTHING"
    )
    conn.execute(statement, {"alert": alert_id, "sender": sender_, "document": document, "now": millis(now)})
