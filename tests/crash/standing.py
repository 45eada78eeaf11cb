"""What is in the database: read by a life before it takes over, when all is at rest, and at its end."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, text

from broadcaster import ids
from broadcaster.store import deliveries as store_deliveries
from broadcaster.store import journal


def started(conn: Connection) -> list[str]:
    """References of the deliveries that an earlier life had marked as on the wire when it ended."""
    query = "SELECT alert_id, n FROM delivery WHERE state = 'started' ORDER BY alert_id, n"
    return [ids.reference(alert, n) for alert, n in conn.execute(text(query))]


def held(conn: Connection) -> int:
    """How many deliveries belong to an earlier life."""
    return int(_scalar(conn, "SELECT count(*) FROM delivery WHERE owner IS NOT NULL"))


def alert_of(conn: Connection, draft_id: str) -> tuple[str, str]:
    """The id and digest of the one alert of a draft."""
    row = conn.execute(text("SELECT id, digest FROM alert WHERE draft_id = :draft"), {"draft": draft_id}).one()
    return row.id, row.digest


_DELIVERIES = """
    SELECT e.alert_id, e.n, d.state, d.transmissions, d.owner, r.payload,
           (SELECT count(*) FROM attempt a WHERE a.delivery_id = d.id AND a.outcome = 'lost') AS lost,
           (SELECT count(*) FROM attempt a WHERE a.delivery_id = d.id) AS attempts
    FROM addressee e JOIN rendition r ON r.alert_id = e.alert_id AND r.position = e.rendition
    LEFT JOIN delivery d ON d.alert_id = e.alert_id AND d.n = e.n
    WHERE e.alert_id IN :alerts ORDER BY e.alert_id, e.n
"""


def deliveries(conn: Connection, alerts: Sequence[str]) -> list[dict[str, Any]]:
    """Every addressee with its delivery; `state` None where there is none. `text` is what was approved."""
    query = text(_DELIVERIES).bindparams(bindparam("alerts", expanding=True))
    return [
        {
            "reference": ids.reference(row.alert_id, row.n),
            "state": row.state,
            "transmissions": row.transmissions,
            "owner": row.owner,
            "lost": row.lost,
            "attempts": row.attempts,
            "text": bytes(row.payload).decode(),
        }
        for row in conn.execute(query, {"alerts": list(alerts)})
    ]


def everything(conn: Connection, alerts: Sequence[str]) -> dict[str, Any]:
    """All that a check needs."""
    return {
        "deliveries": deliveries(conn, alerts),
        "counts": [store_deliveries.counts(conn, alert) for alert in alerts],
        "alerts": [_alert(conn, alert) for alert in alerts],
        "submitted": _scalar(conn, "SELECT count(*) FROM alert"),
        "approved": _scalar(conn, "SELECT count(*) FROM approval"),
        "drafts": _scalar(conn, "SELECT count(*) FROM draft"),
        "numbers": _scalar(conn, "SELECT last_number FROM organisation"),
        "board": _scalar(conn, "SELECT seq FROM board WHERE mode = 'live'"),
        "waiting": _scalar(conn, "SELECT count(*) FROM fact WHERE applied_at IS NULL"),
        "journal": repr(journal.verify(conn)),
    }


def _scalar(conn: Connection, query: str) -> Any:
    return conn.scalar(text(query))


def _alert(conn: Connection, alert: str) -> dict[str, Any]:
    """An alert's digest, what of it was approved, and how often each thing is in the journal."""
    query = (
        "SELECT a.digest, p.digest AS approved, a.stage FROM alert a LEFT JOIN approval p ON p.alert_id = a.id"
        " WHERE a.id = :alert"
    )
    row = conn.execute(text(query), {"alert": alert}).one()
    events = Counter(conn.scalars(text("SELECT kind FROM journal WHERE object = :alert"), {"alert": alert}))
    return {"digest": row.digest, "approved": row.approved, "stage": row.stage, "events": dict(events)}
