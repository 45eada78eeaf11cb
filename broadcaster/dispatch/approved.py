"""The renditions of approved alerts, checked against the approved digest before the first send."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from broadcaster.model.events import SYSTEM, Event
from broadcaster.model.rendition import Rendition
from broadcaster.store import alerts, approvals, audience, journal, queue
from broadcaster.store.database import Database
from broadcaster.store.deliveries import NOT_APPROVED
from broadcaster.store.queue import Claimed

log = structlog.get_logger()


class NotApproved(Exception):
    """What stands in the database is not what somebody approved. Nothing of it is sent."""


@dataclass(frozen=True, slots=True)
class Approved:
    """What an alert's deliveries need: its renditions by position, and its deadline."""

    renditions: tuple[Rendition, ...]
    expires_at: datetime


def load(conn: Connection, alert_id: str) -> Approved:
    """The renditions of an alert; NotApproved when they are not what the approval's digest covers.

    The addressees are not hashed again: a million cost 2 s (measured), for which the first message would wait. That
    rows never change is kept by the guards. Here their last number is looked at; expansion counts them by the slice.
    """
    row = alerts.get(conn, alert_id)
    items = alerts.renditions(conn, alert_id)
    if row is None or approvals.digest_of(conn, alert_id) != alerts.digest_now(row, items):
        raise NotApproved(alert_id)
    if audience.last_number(conn, alert_id) != row.addressees.count:
        raise NotApproved(alert_id)
    return Approved(tuple(items), row.expires_at)


def refuse(conn: Connection, claims: Sequence[Claimed], now: datetime) -> None:
    """Bring claimed deliveries of such alerts to rest as failed, and say so in the log and the journal."""
    queue.refuse(conn, [(claim.id, claim.epoch) for claim in claims], NOT_APPROVED, now)
    counts = Counter(claim.alert_id for claim in claims)
    for alert_id, count in counts.items():
        log.critical("an alert is not what was approved, nothing of it is sent", alert=alert_id, deliveries=count)
    events = [
        Event("DeliveriesRefused", SYSTEM, one, {"reason": NOT_APPROVED, "count": n}) for one, n in counts.items()
    ]
    journal.append(conn, events, now)


class Approvals:
    """Keeps the approved renditions that are in use; they never change."""

    def __init__(self, store: Database, most: int = 64) -> None:
        self._store = store
        self._most = most
        self._known: dict[str, Approved] = {}

    async def of(self, alert_id: str) -> Approved:
        """The approved renditions of an alert; NotApproved as `load` says."""
        if alert_id not in self._known:
            while len(self._known) >= self._most:
                self._known.pop(next(iter(self._known)))
            self._known[alert_id] = await self._store.read(load, alert_id)
        return self._known[alert_id]
