"""Releasing with a mandate: one person, a scenario that two others signed, only its typed fields filled in, within the
limits; told to every approver at once, and looked at by one of them afterwards.

Kerr County, 4 July 2025: a request from the field at 04:22, and 72 minutes for somebody who could approve.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from broadcaster.model.alert import Stage
from broadcaster.model.cap import MsgType, Status
from broadcaster.model.draft import DraftContent
from broadcaster.model.events import Event
from broadcaster.model.finding import Finding, to_accept
from broadcaster.model.mandate import SIGNED_WITH_A_MANDATE, Limits, strangers
from broadcaster.model.people import Caller, Role
from broadcaster.render.scenarios import DEFAULTED, Scenario
from broadcaster.store import alerts, approvals, drafts, journal, mandates
from broadcaster.store.alerts import AlertRow
from broadcaster.store.mandates import MandateRow
from broadcaster.workflow import approving, checking, publishing, reminding, stepping_up
from broadcaster.workflow.house import House, need_person
from broadcaster.workflow.mandates import need_mandates
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict, forbidden


def release(conn: Connection, house: House, caller: Caller, alert_id: str, digest: str, now: datetime) -> AlertRow:
    """Let exactly `digest` go, alone. Refused with what is outside of the mandate; then somebody else approves."""
    need_mandates(house)
    need_person(caller, Role.AUTHOR)
    row = approving.alert_of(conn, alert_id, lock=True)
    if caller.person_id is None or caller.person_id != row.submitter_id:
        raise forbidden("Met een mandaat geeft u alleen vrij wat u zelf hebt aangeboden.")
    stepping_up.require(conn, caller, digest, now)
    approving.refuse_other(row, digest, now)
    house.need_room(row.msg_type)
    approving.refuse_unknown(conn, house, row, now)
    mandate = _mandate_for(conn, house, row, caller.person_id, now)
    try:
        approvals.give(conn, row, caller.person_id, _accepted(conn, row), None, now, mandate.id)
    except IntegrityError as error:
        raise forbidden("De database weigert deze vrijgave: laat een ander haar accorderen.") from error
    drafts.move(conn, row.draft_id, Stage.SUBMITTED, Stage.APPROVED)
    data = {"digest": row.digest, "mandate": mandate.id, "signers": [mandate.proposer_id, mandate.signer_id]}
    events = [Event("AlertReleasedByMandate", caller.actor, row.id, data)]
    events += publishing.release(conn, house, row, caller.actor)
    journal.append(conn, events, now)
    reminding.write_down(conn, reminding.of_mandate(conn, house, row, caller.person_id, now), now)
    return approving.alert_of(conn, alert_id)


def _accepted(conn: Connection, row: AlertRow) -> list[str]:
    return to_accept(alerts.findings(conn, row.id))


def _mandate_for(conn: Connection, house: House, row: AlertRow, holder_id: str, now: datetime) -> MandateRow:
    """The mandate that an alert is within; Refused with what is outside of the one that comes nearest."""
    scenario = checking.scenario_of(house, row.draft)
    held = [
        mandate
        for mandate in mandates.held(conn, holder_id, row.organisation_id, now)
        if scenario is not None and mandate.scenario == scenario.name
    ]
    if scenario is None or not held:
        raise forbidden("U hebt hiervoor geen geldig mandaat: laat een ander deze tekst accorderen.")
    outside = [(list(faults(conn, house, row, mandate, scenario, now)), mandate) for mandate in held]
    found, nearest = min(outside, key=lambda item: len(item[0]))
    if found:
        raise Refused(Why.INVALID, "Dit valt buiten uw mandaat: laat een ander deze tekst accorderen.", found)
    return nearest


def may_release(
    conn: Connection, house: House, row: AlertRow, person_id: str | None, now: datetime
) -> list[Fault] | None:
    """What keeps a person from releasing an alert alone, nothing when they may; None when nobody gave them that."""
    if not house.settings.hub.mandates or person_id is None or person_id != row.submitter_id:
        return None
    try:
        _mandate_for(conn, house, row, person_id, now)
    except Refused as refused:
        return refused.faults or None
    return []


def faults(
    conn: Connection, house: House, row: AlertRow, mandate: MandateRow, scenario: Scenario, now: datetime
) -> Iterator[Fault]:
    """All that is outside of a mandate."""
    if not row.scenario_sha256 == mandate.scenario_sha256 == scenario.sha256:
        yield Fault("scenario", "changed", "de teksten van dit scenario zijn veranderd na het mandaat")
    if row.msg_type is not MsgType.ALERT:
        yield Fault("msg_type", "correction", "een correctie vraagt altijd een tweede persoon")
    yield from _content_faults(row.draft, scenario)
    yield from _limit_faults(row, mandate.limits)
    found = [*alerts.findings(conn, row.id), *checking.aged(house, row.draft, now)]
    yield from _finding_faults(found)


def _content_faults(content: DraftContent, scenario: Scenario) -> Iterator[Fault]:
    """What is no typed field stands as the scenario has it."""
    for slot in DEFAULTED:
        if getattr(content, slot) != getattr(scenario, slot):
            yield Fault(slot, "changed", "dit is anders dan in het scenario")
    if content.release_at is not None:
        yield Fault("release_at", "planned", "met een mandaat gaat een bericht meteen weg")
    if content.audio or content.without_accents:
        yield Fault("audio", "changed", "een opname of een andere schrijfwijze hoort niet bij het mandaat")
    if content.exercise is not None and content.status is Status.ACTUAL:
        yield Fault("exercise", "changed", "dit hoort bij een oefening")


def _limit_faults(row: AlertRow, limits: Limits) -> Iterator[Fault]:
    content = row.draft
    chosen = content.audience
    for field, given, allowed in (
        ("areas", content.areas, limits.areas),
        ("channels", content.channels, limits.channels),
        ("audience.areas", chosen.areas if chosen else [], limits.areas),
        ("audience.groups", chosen.groups if chosen else [], limits.groups),
        ("source", [content.source or ""], limits.sources),
    ):
        for item in strangers(given, allowed):
            yield Fault(field, "outside", f"'{item}' valt niet onder het mandaat")
    if row.addressees.count > limits.most:
        message = f"dit gaat naar {row.addressees.count} adressen, het mandaat is voor ten hoogste {limits.most}"
        yield Fault("audience", "outside", message)
    if row.expires_at - row.sent_at > timedelta(hours=limits.hours):
        yield Fault("expires", "outside", f"het mandaat is voor berichten van ten hoogste {limits.hours} uur")
    for name, value in (content.fields or {}).items():
        limit = limits.fields.get(name)
        if limit is None or not (limit.admits(value) or limit.is_open):
            yield Fault(f"fields.{name}", "outside", f"'{value}' valt niet onder het mandaat")


def _finding_faults(found: list[Finding]) -> Iterator[Fault]:
    for code in to_accept(found):
        if code.partition(":")[0] not in SIGNED_WITH_A_MANDATE:
            yield Fault("accepts", code, f"'{code}' vraagt een tweede persoon")


# --- afterwards ------------------------------------------------------------------------------------


def review(conn: Connection, caller: Caller, alert_id: str, text: str, now: datetime) -> AlertRow:
    """Say what an approver found of a release by one person."""
    need_person(caller, Role.APPROVER)
    row = approving.alert_of(conn, alert_id, lock=True)
    done = mandates.alone(conn, row.id)
    if done is None:
        raise conflict("Deze melding is niet met een mandaat vrijgegeven.")
    if done.reviewed_at is not None:
        raise conflict("Deze vrijgave is al bekeken.")
    if caller.person_id is None or caller.person_id == done.by:
        raise forbidden("U gaf deze melding zelf vrij: een ander bekijkt haar achteraf.")
    mandates.add_review(conn, row.id, caller.person_id, text, now)
    journal.append(conn, [Event("AlertReviewed", caller.actor, row.id, {"reason": text})], now)
    return row
