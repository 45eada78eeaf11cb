"""The whole schema, the same on SQLite and PostgreSQL.

The walls that a schema can hold are here: a delivery refers to an approval of its own lane and to a
frozen addressee; an approval refers to an alert of the same digest and lane; the lane is computed
from the status. What only a trigger can hold is in `guards`.
"""

from broadcaster.store.tables.access import identity, passkey, spent_ticket, step_up
from broadcaster.store.tables.audience import (
    address,
    addressee,
    audience_group,
    recipient,
    recipient_area,
    recipient_group,
)
from broadcaster.store.tables.drafting import draft, draft_revision
from broadcaster.store.tables.house import contact, incident, organisation
from broadcaster.store.tables.people import person, person_role, second_factor, session, token
from broadcaster.store.tables.points import board, board_key, device, device_code, report, sighting, takedown
from broadcaster.store.tables.releasing import (
    alert,
    approval,
    cap_document,
    finding,
    listening,
    mandate,
    mandate_proposal,
    recording,
    rendition,
    review,
    schedule,
)
from broadcaster.store.tables.reminding import person_contact, reminder
from broadcaster.store.tables.running import answer, installation, journal, lease, worker
from broadcaster.store.tables.schema import metadata
from broadcaster.store.tables.sending import OPEN, attempt, delivery, expansion, fact
from broadcaster.store.tables.tasks import manual, task

__all__ = [
    "OPEN",
    "address",
    "addressee",
    "alert",
    "answer",
    "approval",
    "attempt",
    "audience_group",
    "board",
    "board_key",
    "cap_document",
    "contact",
    "delivery",
    "device",
    "device_code",
    "draft",
    "draft_revision",
    "expansion",
    "fact",
    "finding",
    "identity",
    "incident",
    "installation",
    "journal",
    "lease",
    "listening",
    "mandate",
    "mandate_proposal",
    "manual",
    "metadata",
    "organisation",
    "passkey",
    "person",
    "person_contact",
    "person_role",
    "recipient",
    "recipient_area",
    "recipient_group",
    "recording",
    "reminder",
    "rendition",
    "report",
    "review",
    "schedule",
    "second_factor",
    "session",
    "sighting",
    "spent_ticket",
    "step_up",
    "takedown",
    "task",
    "token",
    "worker",
]
