"""What people do by hand for an alert: a task for every channel of theirs, made with the approval; and one to clear
each channel on which something stands when its time is over."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.alert import Stage
from broadcaster.model.cap import MsgType
from broadcaster.model.task import Act, TaskState
from broadcaster.store.tables import alert, manual, task

if TYPE_CHECKING:
    from broadcaster.store.alerts import AlertRow

URGENT_IN = timedelta(minutes=15)
"""How long a task may take that an officer asked for, or that follows from what was placed before, where the
configuration names no time for its severity."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that people work. text: which text is prepared for it; opens: minutes by severity."""

    id: str
    name: str
    text: str
    opens: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """due_at: None while nobody asked for it. place: where it was placed, in the words of who did. closer_id: who
    placed it, or said that it is not needed. clears: it takes away what stands there after the alert's time; placed is
    then that it is gone. earlier: of the same series, what stands on this channel now."""

    id: str
    alert_id: str
    channel: Channel
    state: TaskState
    due_at: datetime | None
    owner_id: str | None
    placed_at: datetime | None
    place: str | None
    reason: str | None
    closer_id: str | None
    closed_at: datetime | None
    clears: bool = False
    act: Act = Act.PLACE
    earlier: "TaskRow | None" = None

    def is_late(self, now: datetime) -> bool:
        """Whether it is still to be done, past its deadline."""
        return self.state is TaskState.OPEN and self.due_at is not None and self.due_at < now


@dataclass(frozen=True, slots=True)
class Due:
    """A task that asks for somebody, and of which alert."""

    task: TaskRow
    number: int
    event: str
    status: str


# --- the channels ----------------------------------------------------------------------------------


def sync(conn: Connection, channels: Sequence[Channel], now: datetime) -> None:
    """Bring the channels in line with the configuration, in its order; what is gone is retired, never removed."""
    known = {row.id for row in conn.execute(sa.select(manual.c.id))}
    for position, item in enumerate(channels):
        values = {
            "position": position, "name": item.name, "text": item.text, "opens": item.opens, "retired_at": None,
        }  # fmt: skip
        if item.id in known:
            conn.execute(manual.update().where(manual.c.id == item.id).values(values))
        else:
            conn.execute(manual.insert().values(id=item.id, **values))
    gone = manual.c.id.not_in([item.id for item in channels])
    conn.execute(manual.update().where(gone, manual.c.retired_at.is_(None)).values(retired_at=now))


def _channels(conn: Connection, standing: Sequence[str]) -> list[Channel]:
    """Those in use, and those on which something stands."""
    query = sa.select(manual).where(manual.c.retired_at.is_(None) | manual.c.id.in_(standing))
    query = query.order_by(manual.c.position, manual.c.id)
    return [Channel(row.id, row.name, row.text, row.opens) for row in conn.execute(query)]


def names(conn: Connection) -> dict[str, str]:
    """What every channel is called, by id; those that are gone too."""
    return {row.id: row.name for row in conn.execute(sa.select(manual.c.id, manual.c.name))}


# --- making ----------------------------------------------------------------------------------------


def make(conn: Connection, row: "AlertRow", now: datetime) -> None:
    """A task for every channel, in the transaction of the approval: the database takes no approval without."""
    begins = max(row.release_at or now, now)
    placed = _standing(conn, row.replaces_id)
    values = []
    for item in _channels(conn, list(placed)):
        minutes = None if row.msg_type is MsgType.CANCEL else item.opens.get(row.severity.value)
        due_in = timedelta(minutes=minutes) if minutes else None
        if item.id in placed:
            due_in = min(due_in or URGENT_IN, URGENT_IN)
        state = TaskState.OFFERED if due_in is None else TaskState.OPEN
        values.append(
            {
                "id": ids.new_id(now), "alert_id": row.id, "manual_id": item.id, "state": state.value, "made_at": now,
                "due_at": begins + due_in if due_in else None,
            }
        )  # fmt: skip
    if values:
        conn.execute(task.insert(), values)


def clear(conn: Connection, row: "AlertRow", now: datetime) -> None:
    """Ask to take away what stands on each channel of an alert that has expired, and of what it replaced. What was
    asked before stays as it is."""
    placed = _standing(conn, row.id)
    asked = {item.channel.id for item in _rows(conn, task.c.alert_id == row.id, task.c.clears)}
    values = [
        {
            "id": ids.new_id(now), "alert_id": row.id, "manual_id": name, "clears": True, "state": TaskState.OPEN.value,
            "made_at": now, "due_at": now + _clear_in(item.channel, row),
        }
        for name, item in placed.items() if name not in asked
    ]  # fmt: skip
    if values:
        conn.execute(task.insert(), values)


def _clear_in(channel: Channel, row: "AlertRow") -> timedelta:
    """As long as a correction may take there."""
    minutes = channel.opens.get(row.severity.value)
    return min(timedelta(minutes=minutes), URGENT_IN) if minutes else URGENT_IN


def _standing(conn: Connection, alert_id: str | None, *, before: bool = False) -> dict[str, TaskRow]:
    """What stands on each channel of an alert and of those that it replaces, by channel: the latest that was placed.
    What a withdrawal removed or somebody cleared stands no more. before: as it was when the alert expired."""
    found: dict[str, TaskRow | None] = {}
    for ancestor, msg_type in _ancestors(conn, alert_id):
        rows = _rows(conn, task.c.alert_id == ancestor, task.c.state == TaskState.PLACED.value)
        for item in sorted(rows, key=lambda item: not item.clears):
            if not (before and item.clears and ancestor == alert_id):
                gone = item.clears or msg_type == MsgType.CANCEL.value
                found.setdefault(item.channel.id, None if gone else item)
    return {name: item for name, item in found.items() if item is not None}


def _ancestors(conn: Connection, alert_id: str | None) -> list[tuple[str, str]]:
    """An alert and what it replaced, the latest first, as (id, msg_type)."""
    found = []
    while alert_id is not None:
        row = conn.execute(sa.select(alert.c.msg_type, alert.c.replaces_id).where(alert.c.id == alert_id)).one()
        found.append((alert_id, row.msg_type))
        alert_id = row.replaces_id
    return found


# --- reading ---------------------------------------------------------------------------------------


def of_alert(conn: Connection, row: "AlertRow") -> list[TaskRow]:
    """The tasks of an alert in the order of the configuration, each with what stands there already."""
    items = _rows(conn, task.c.alert_id == row.id)
    placed = _standing(conn, row.replaces_id)
    left = _standing(conn, row.id, before=True) if any(item.clears for item in items) else {}
    does = Act.REMOVE if row.msg_type is MsgType.CANCEL else Act.REPLACE

    def with_earlier(item: TaskRow) -> TaskRow:
        if item.clears:
            return replace(item, act=Act.REMOVE, earlier=left.get(item.channel.id))
        earlier = placed.get(item.channel.id)
        return item if earlier is None else replace(item, act=does, earlier=earlier)

    return [with_earlier(item) for item in items]


def get(conn: Connection, alert_id: str, task_id: str, *, lock: bool = False) -> TaskRow | None:
    """One task of an alert; None when there is none. `lock` keeps others from moving it in this transaction."""
    wanted = (task.c.alert_id == alert_id, task.c.id == task_id)
    if lock:
        conn.execute(sa.select(task.c.id).where(*wanted).with_for_update())
    return next(iter(_rows(conn, *wanted)), None)


def _rows(conn: Connection, *wanted: sa.ColumnElement[bool]) -> list[TaskRow]:
    query = (
        sa.select(task, manual.c.name, manual.c.text, manual.c.opens)
        .join(manual, manual.c.id == task.c.manual_id)
        .where(*wanted)
        .order_by(manual.c.position, manual.c.id, task.c.clears)
    )
    return [_row(row) for row in conn.execute(query)]


def _row(row: sa.Row[Any]) -> TaskRow:
    return TaskRow(
        row.id,
        row.alert_id,
        Channel(row.manual_id, row.name, row.text, row.opens),
        TaskState(row.state),
        row.due_at,
        row.owner_id,
        row.placed_at,
        row.place,
        row.reason,
        row.closer_id,
        row.closed_at,
        row.clears,
    )


def open_for(conn: Connection, person_id: str | None, now: datetime) -> list[Due]:
    """Open tasks of alerts that count, and those that clear what has expired, the most urgent first: those that
    `person_id` took, and those that nobody took yet; with None those of everybody."""
    wanted = [] if person_id is None else [sa.or_(task.c.owner_id == person_id, task.c.owner_id.is_(None))]
    return _due(conn, now, *wanted)


def overdue(conn: Connection, now: datetime) -> list[Due]:
    """Those past their deadline, whoever took them, the latest first."""
    return _due(conn, now, task.c.due_at < now)


def _due(conn: Connection, now: datetime, *wanted: sa.ColumnElement[bool]) -> list[Due]:
    valid = (alert.c.stage == Stage.APPROVED.value, alert.c.expires_at > now, alert.c.superseded_at.is_(None))
    counts = sa.and_(*valid, alert.c.halted_at.is_(None), sa.not_(task.c.clears))
    over = sa.and_(alert.c.stage == Stage.EXPIRED.value, task.c.clears)
    query = (
        sa.select(task, manual.c.name, manual.c.text, manual.c.opens, alert.c.number, alert.c.content, alert.c.status)
        .join(manual, manual.c.id == task.c.manual_id)
        .join(alert, alert.c.id == task.c.alert_id)
        .where(task.c.state == TaskState.OPEN.value, sa.or_(counts, over), *wanted)
        .order_by(task.c.due_at, manual.c.position)
    )
    return [Due(_row(row), row.number, row.content.get("event", ""), row.status) for row in conn.execute(query)]


# --- moving ----------------------------------------------------------------------------------------


def take(conn: Connection, item: TaskRow, owner_id: str, now: datetime) -> bool:
    """Give a task to a person, who asks for it with that; False when it is not where it was thought to be."""
    due_at = item.due_at or now + URGENT_IN
    values = {"state": TaskState.OPEN.value, "owner_id": owner_id, "due_at": due_at}
    return _move(conn, item, values | _NOT_CLOSED)


def place(conn: Connection, item: TaskRow, closer_id: str, at: datetime, where: str | None, now: datetime) -> bool:
    """Note that it was placed, at `at`; False when it is not where it was thought to be."""
    values = {"state": TaskState.PLACED.value, "placed_at": at, "place": where, "reason": None}
    return _move(conn, item, values | {"closer_id": closer_id, "closed_at": now})


def waive(conn: Connection, item: TaskRow, closer_id: str, reason: str, now: datetime) -> bool:
    """Note that it is not needed, and why; False when it is not where it was thought to be."""
    values = {"state": TaskState.NOT_NEEDED.value, "reason": reason, "closer_id": closer_id, "closed_at": now}
    return _move(conn, item, values)


def ask(conn: Connection, alert_id: str, channel_id: str, now: datetime) -> None:
    """Ask for what was only offered: on this channel stands something that the alert corrects, as it turns out."""
    wanted = (task.c.alert_id == alert_id, task.c.manual_id == channel_id, sa.not_(task.c.clears))
    for item in _rows(conn, *wanted, task.c.state.in_([TaskState.OFFERED.value, TaskState.NOT_NEEDED.value])):
        _move(conn, item, {"state": TaskState.OPEN.value, "due_at": item.due_at or now + URGENT_IN} | _NOT_CLOSED)


_NOT_CLOSED = {"reason": None, "closer_id": None, "closed_at": None}


def _move(conn: Connection, item: TaskRow, values: dict[str, Any]) -> bool:
    query = task.update().where(task.c.id == item.id, task.c.state == item.state.value)
    return conn.execute(query.values(values)).rowcount == 1
