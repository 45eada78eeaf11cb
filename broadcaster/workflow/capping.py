"""CAP documents of approved alerts: made within a second of the approval, signed, held to the schema, and kept.

Apart from the approving transaction: what is wrong with a document holds up nobody's message (decision 45).
"""

from collections.abc import Mapping
from datetime import datetime

import structlog
from sqlalchemy import Connection

from broadcaster.clock import Clock
from broadcaster.model.cap import Lane
from broadcaster.render.cap import profile, writing
from broadcaster.seal import CapSigner
from broadcaster.seal.xml_signature import signed, verified
from broadcaster.store import alerts, cap_documents
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.workflow import bulletins
from broadcaster.workflow.approving import alert_of
from broadcaster.workflow.house import House

log = structlog.get_logger()
Signers = Mapping[Lane, CapSigner]


class BadDocument(Exception):
    """A document that must not leave: it is not what the schema says."""


class Press:
    """Makes the documents that are not there yet."""

    def __init__(self, store: Database, house: House, signers: Signers, clock: Clock) -> None:
        self._store, self._house, self._signers, self._clock = store, house, signers, clock
        self._given_up: set[str] = set()

    async def tick(self) -> None:
        """Make them, one by one: one that cannot be made is named once, and keeps no other from being made."""
        for alert_id in await self._store.read(cap_documents.unmade):
            if alert_id in self._given_up:
                continue
            try:
                await self._store.run(document_of, self._house, self._signers, alert_id, self._clock.now())
            except Exception:
                log.exception("the CAP document of an alert cannot be made", alert=alert_id)
                self._given_up.add(alert_id)


def document_of(conn: Connection, house: House, signers: Signers, alert_id: str, now: datetime) -> bytes:
    """The document of an approved alert, made now if it was not yet: the same bytes whoever asks."""
    if cap_documents.get(conn, alert_id) is None:
        row = alert_of(conn, alert_id)
        document, sender = _made(conn, house, signers, row), alerts.organisation_of(conn, row)[1]
        cap_documents.keep(conn, row.id, sender, document, now)
    kept = cap_documents.get(conn, alert_id)
    assert kept is not None  # nothing takes it away
    return kept


def draft_of(conn: Connection, house: House, row: AlertRow) -> bytes:
    """What the document of a submitted alert would say: unsigned, and a draft by its status."""
    return _checked(writing.as_bytes(writing.document(bulletins.of_alert(conn, house, row), approved=False)))


def _made(conn: Connection, house: House, signers: Signers, row: AlertRow) -> bytes:
    root = writing.document(bulletins.of_alert(conn, house, row), approved=True)
    document = _checked(writing.as_bytes(signed(root, signers[row.lane])))
    verified(document, signers[row.lane].certificate)
    return document


def _checked(document: bytes) -> bytes:
    if found := profile.breaches(profile.parsed(document)):
        raise BadDocument(f"not what the CAP schema says, at {found[0][0]}")
    return document
