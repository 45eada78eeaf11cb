"""What officers do by hand for an alert: somebody takes it, and says when it was placed or why it is not needed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.alert import Stage
from broadcaster.model.events import Event
from broadcaster.model.people import Caller, Role
from broadcaster.model.task import TASK_TRANSITIONS, TaskState
from broadcaster.render.bulletin import Bulletin
from broadcaster.render.desk.prepared import prepared
from broadcaster.store import alerts, approvals, journal, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.store.tasks import Channel, TaskRow
from broadcaster.workflow.approving import alert_of
from broadcaster.workflow.house import House, need_person
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict, not_found

_AHEAD = timedelta(minutes=1)
"""How far a clock on the wall may be ahead of the hub's."""
_STANDS = {
    TaskState.OFFERED: "niemand vroeg erom",
    TaskState.OPEN: "nog te doen",
    TaskState.PLACED: "al geplaatst",
    TaskState.NOT_NEEDED: "niet nodig",
}


def channels(house: House) -> list[Channel]:
    """The channels that people work in this house."""
    return [
        Channel(item.id, item.name, item.text, {str(severity): minutes for severity, minutes in item.opens.items()})
        for item in house.settings.manual
    ]


def texts(bulletin: Bulletin, items: Sequence[TaskRow]) -> dict[str, str]:
    """The prepared text of each task, by its id; none for what clears a channel."""
    return {item.id: "" if item.clears else prepared(item.channel.text, bulletin) for item in items}


def is_over(row: AlertRow, now: datetime) -> bool:
    """Whether nobody should place this alert any more."""
    return row.halted_at is not None or row.superseded_at is not None or row.expires_at <= now


def asks(row: AlertRow, item: TaskRow, now: datetime) -> bool:
    """Whether a task of an alert may still ask for somebody: to place it while it holds; to clear it when its time is
    over, until a correction takes its place."""
    return row.stage is Stage.EXPIRED if item.clears else not is_over(row, now)


def take(conn: Connection, caller: Caller, alert_id: str, task_id: str, now: datetime) -> AlertRow:
    """Take a task: it is this officer's from now on."""
    row, item, person_id = _task(conn, caller, alert_id, task_id)
    _refuse_over(row, item, now)
    if item.state is not TaskState.OPEN:
        _refuse_move(item, TaskState.OPEN)
    _done(tasks.take(conn, item, person_id, now))
    return _told(conn, row, Event("TaskTaken", caller.actor, row.id, {"channel": item.channel.id}), now)


def place(
    conn: Connection, caller: Caller, alert_id: str, task_id: str, at: datetime | None, where: str | None, now: datetime
) -> AlertRow:
    """Say when it was placed, and where; or when what stood there was gone. Also of what was corrected or has expired
    meanwhile: it stands there, and so the correction is asked for, or that it goes."""
    row, item, person_id = _task(conn, caller, alert_id, task_id)
    _refuse_move(item, TaskState.PLACED)
    _refuse_impossible(conn, row, at or now, now)
    _done(tasks.place(conn, item, person_id, at or now, where or None, now))
    if not item.clears:
        _ask_what_follows(conn, _last(conn, row), row, item, now)
    data = {"channel": item.channel.id, "at": (at or now).isoformat(timespec="seconds"), "where": where or ""}
    kind = "TaskCleared" if item.clears else "TaskPlaced"
    return _told(conn, row, Event(kind, caller.actor, row.id, data), now)


def _ask_what_follows(conn: Connection, last: AlertRow, row: AlertRow, item: TaskRow, now: datetime) -> None:
    """What counts now, of the series of an alert that was placed just now, has to take its place there."""
    if last.stage is Stage.EXPIRED:
        tasks.clear(conn, last, now)
    elif last.id != row.id:
        tasks.ask(conn, last.id, item.channel.id, now)


def waive(conn: Connection, caller: Caller, alert_id: str, task_id: str, reason: str, now: datetime) -> AlertRow:
    """Say that it is not needed, and why."""
    row, item, person_id = _task(conn, caller, alert_id, task_id)
    _refuse_move(item, TaskState.NOT_NEEDED)
    _done(tasks.waive(conn, item, person_id, reason, now))
    data = {"channel": item.channel.id, "reason": reason}
    return _told(conn, row, Event("TaskNotNeeded", caller.actor, row.id, data), now)


def _task(conn: Connection, caller: Caller, alert_id: str, task_id: str) -> tuple[AlertRow, TaskRow, str]:
    need_person(caller, Role.AUTHOR, Role.APPROVER)
    assert caller.person_id is not None  # a person was needed
    row = alert_of(conn, alert_id, lock=True)
    item = tasks.get(conn, row.id, task_id, lock=True) if ids.is_id(task_id) else None
    if item is None:
        raise not_found("Deze taak")
    return row, item, caller.person_id


def _refuse_over(row: AlertRow, item: TaskRow, now: datetime) -> None:
    if asks(row, item, now):
        return
    if item.clears:
        raise conflict(f"Nr {row.number} is gecorrigeerd: doe wat die correctie vraagt.")
    raise conflict(f"Nr {row.number} geldt niet meer: plaats dit bericht niet.")


def _refuse_move(item: TaskRow, to: TaskState) -> None:
    if to not in TASK_TRANSITIONS[item.state]:
        raise conflict(f"Deze taak is niet meer te veranderen (stand: {_STANDS[item.state]}).")


def _done(moved: bool) -> None:
    if not moved:
        raise conflict("Een ander was u voor: laad de pagina opnieuw.")


def _refuse_impossible(conn: Connection, row: AlertRow, at: datetime, now: datetime) -> None:
    approved = approvals.of(conn, row.id)
    if at > now + _AHEAD:
        raise Refused(
            Why.INVALID, "Dit tijdstip kan niet.", [Fault("at", "future", "dit tijdstip is nog niet geweest")]
        )
    if approved is not None and at < approved.at.replace(second=0, microsecond=0):
        fault = Fault("at", "before-approval", "dit tijdstip ligt voor het akkoord")
        raise Refused(Why.INVALID, "Dit tijdstip kan niet.", [fault])


def _last(conn: Connection, row: AlertRow) -> AlertRow:
    """The correction that counts now."""
    while row.replaced_by is not None:
        later = alerts.get(conn, row.replaced_by)
        assert later is not None  # it refers to this one
        row = later
    return row


def _told(conn: Connection, row: AlertRow, event: Event, now: datetime) -> AlertRow:
    journal.append(conn, [event], now)
    return row
