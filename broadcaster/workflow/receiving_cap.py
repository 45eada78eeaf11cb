"""A CAP document from elsewhere becomes a draft like any other: somebody completes it, and another approves."""

from datetime import datetime

from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.people import Caller
from broadcaster.render.cap import reading
from broadcaster.render.cap.reading import CapRefused, Taken
from broadcaster.store import incidents
from broadcaster.store.drafts import DraftRow
from broadcaster.workflow import drafting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why, faults_from


def read(house: House, raw: bytes) -> Taken:
    """What a document says; Refused when it cannot become a draft."""
    senders = {item.sender: item.id for item in house.settings.organisations}
    try:
        taken = reading.read(raw, house.area_names, senders)
    except CapRefused as refused:
        why = Why.INVALID if refused.understood else Why.MALFORMED
        raise Refused(why, "Dit CAP-bericht kan geen concept worden.", faults_from(refused.findings)) from refused
    drafting.parse(taken.content)
    return taken


def create(conn: Connection, house: House, caller: Caller, taken: Taken, now: datetime) -> DraftRow:
    """Store the draft; the journal keeps which document it was made of."""
    content = drafting.parse(taken.content)
    organisation_id = drafting.organisation_of(house, content)
    named = taken.incident
    if named is not None and ids.is_id(named) and incidents.of_organisation(conn, organisation_id, named):
        content = content.model_copy(update={"incident": named})
    return drafting.create(conn, house, caller, content, now, {"cap": taken.identifier})
