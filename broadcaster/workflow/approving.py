"""The second person: approves one digest, or sends the draft back; and the stop button.

The checks here explain; the database enforces the same rules on its own.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from broadcaster import ids
from broadcaster.model.alert import Stage
from broadcaster.model.events import Event
from broadcaster.model.finding import blocking, to_accept
from broadcaster.model.people import Caller, Role
from broadcaster.render.mentions import mentioned
from broadcaster.store import alerts, approvals, contacts, drafts, journal, schedules
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import checking, correcting, publishing, recording, stepping_up
from broadcaster.workflow.house import House, need_person
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict, faults_from, forbidden, not_found


def alert_of(conn: Connection, alert_id: str, *, lock: bool = False) -> AlertRow:
    """The alert; Refused when there is none."""
    row = alerts.get(conn, alert_id, lock=lock) if ids.is_id(alert_id) else None
    if row is None:
        raise not_found("Deze melding")
    return row


def approve(
    conn: Connection,
    house: House,
    caller: Caller,
    alert_id: str,
    digest: str,
    accepts: Sequence[str],
    expected: int | None,
    now: datetime,
) -> AlertRow:
    """Approve exactly `digest`, accepting findings by name; with it the alert is released or planned."""
    need_person(caller, Role.APPROVER)
    row = alert_of(conn, alert_id, lock=True)
    if caller.person_id is None or caller.person_id in approvals.contributors(conn, row):
        raise forbidden("U werkte aan deze tekst mee: een ander moet haar accorderen.")
    stepping_up.require(conn, caller, digest, now)
    refuse_other(row, digest, now)
    house.need_room(row.msg_type)
    refuse_unknown(conn, house, row, now)
    replaced = correcting.to_replace(conn, row)
    _refuse_unaccepted(conn, house, row, accepts, expected, caller.person_id, now)
    try:
        approvals.give(conn, row, caller.person_id, accepts, expected, now)
    except IntegrityError as error:
        raise forbidden("De database weigert dit akkoord: een ander moet de tekst accorderen.") from error
    drafts.move(conn, row.draft_id, Stage.SUBMITTED, Stage.APPROVED)
    events = [Event("AlertApproved", caller.actor, row.id, {"digest": row.digest, "accepts": sorted(accepts)})]
    if replaced is not None:
        events.append(publishing.supersede(conn, house, replaced, row, caller.actor, now))
    if row.release_at is not None:
        schedules.plan(conn, row.id, row.release_at, row.zone, now)
    if row.release_at is None or (row.release_at <= now and schedules.move(conn, row.id, "waiting", "released", now)):
        events += publishing.release(conn, house, row, caller.actor)
    journal.append(conn, events, now)
    return alert_of(conn, alert_id)


def waiting(conn: Connection, alert_id: str, digest: str, now: datetime) -> AlertRow:
    """The alert that waits for this digest to be approved; Refused when it does not."""
    row = alert_of(conn, alert_id)
    refuse_other(row, digest, now)
    return row


def refuse_other(row: AlertRow, digest: str, now: datetime) -> None:
    """Refuse what does not wait, or not as it was looked at."""
    if row.stage is not Stage.SUBMITTED:
        raise conflict(f"Deze melding wacht niet op akkoord (stand: {row.stage.value}).")
    if digest != row.digest:
        raise conflict(
            "U keurt iets anders goed dan wat er staat: laad de pagina opnieuw.", Fault("digest", "other", row.digest)
        )
    if row.expires_at <= now:
        raise conflict("De geldigheid van deze melding is voorbij: stuur haar terug.")


def refuse_unknown(conn: Connection, house: House, row: AlertRow, now: datetime) -> None:
    """A contact that was struck after the draft was offered is as wrong as one that nobody knew."""
    if not contacts.retired_since(conn, row.sent_at):
        return  # nearly always: looking through the texts costs milliseconds that a release has better uses for
    register = house.register(contacts.current(conn))
    mentions = mentioned(row.draft, checking.scenario_of(house, row.draft))
    if found := blocking(list(checking.findings(mentions, register, now))):
        raise conflict("Een contact in deze tekst is geschrapt: stuur haar terug.", *faults_from(found))


def _refuse_unaccepted(
    conn: Connection,
    house: House,
    row: AlertRow,
    accepts: Sequence[str],
    expected: int | None,
    person_id: str,
    now: datetime,
) -> None:
    wanted = to_accept([*alerts.findings(conn, row.id), *checking.aged(house, row.draft, now)])
    faults = [
        Fault("accepts", code, f"aanvaard '{code}' bij naam, of stuur terug") for code in wanted if code not in accepts
    ]
    faults += [
        Fault("accepts", "unknown", f"'{code}' is hier geen bevinding")
        for code in accepts
        if code not in wanted and code != checking.FACTS_OLD  # they age while an approver reads
    ]
    if "audience-unexpected" in wanted and expected != row.addressees.count:
        faults.append(Fault("expected", "audience-size", f"typ het aantal adressen over: {row.addressees.count}"))
    faults += recording.unheard(conn, row, person_id)
    if faults:
        raise Refused(Why.INVALID, "Niet alle bevindingen zijn aanvaard.", faults)


def send_back(conn: Connection, caller: Caller, alert_id: str, reason: str, now: datetime) -> AlertRow:
    """Return a submitted alert to its draft, with the reason."""
    need_person(caller, Role.APPROVER, Role.AUTHOR)
    row = alert_of(conn, alert_id, lock=True)
    if not alerts.move(conn, row.id, Stage.SUBMITTED, Stage.RETURNED):
        raise conflict(f"Deze melding wacht niet op akkoord (stand: {row.stage.value}).")
    drafts.move(conn, row.draft_id, Stage.SUBMITTED, Stage.DRAFT)
    journal.append(conn, [Event("AlertReturned", caller.actor, row.id, {"reason": reason})], now)
    return alert_of(conn, alert_id)


def halt(conn: Connection, caller: Caller, alert_id: str, now: datetime) -> AlertRow:
    """Stop what is unsent. What is already out stays out: only an update or a cancel corrects it."""
    need_person(caller, Role.AUTHOR, Role.APPROVER)
    row = alert_of(conn, alert_id, lock=True)
    if row.stage is not Stage.APPROVED:
        raise conflict(f"Er valt niets te stoppen (stand: {row.stage.value}).")
    if alerts.halt(conn, row.id, now):
        schedules.drop(conn, row.id, now)
        journal.append(conn, [Event("AlertHalted", caller.actor, row.id)], now)
    return alert_of(conn, alert_id)


def release_held(conn: Connection, house: House, caller: Caller, alert_id: str, now: datetime) -> AlertRow:
    """Let a release go that was held because its instant had passed."""
    need_person(caller, Role.APPROVER)
    row = alert_of(conn, alert_id, lock=True)
    house.need_room(row.msg_type)
    if row.stage is not Stage.APPROVED or not schedules.move(conn, alert_id, "held", "released", now):
        raise conflict("Deze melding wordt niet vastgehouden.")
    journal.append(conn, publishing.release(conn, house, row, caller.actor), now)
    return row
