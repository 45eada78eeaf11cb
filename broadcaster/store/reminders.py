"""Where colleagues are reached, and what they were reminded of: each once, however many processes look at the clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.alert import Stage
from broadcaster.model.cap import Lane
from broadcaster.model.reminding import About, Sent
from broadcaster.store import dialect
from broadcaster.store.alerts import AlertRow
from broadcaster.store.columns import millis
from broadcaster.store.tables import alert, person, person_contact, reminder

_PLAN = dialect.sql(
    "INSERT INTO reminder (id, alert_id, lane, about, turn, person_id, kind, text, due_at, state, state_at)"
    " VALUES (:id, :alert_id, :lane, :about, :turn, :person_id, :kind, :text, :due_at, :state, :now)"
    " ON CONFLICT (alert_id, about, turn, person_id, kind) DO NOTHING"
)


# --- where colleagues are reached ------------------------------------------------------------------


def set_contact(conn: Connection, person_id: str, kind: str, sealed: bytes | None, now: datetime) -> None:
    """Reach a person at an address from now on; None: no more."""
    conn.execute(person_contact.delete().where(person_contact.c.person_id == person_id, person_contact.c.kind == kind))
    if sealed is not None:
        values = {"person_id": person_id, "kind": kind, "sealed": sealed, "changed_at": now}
        conn.execute(person_contact.insert().values(values))


def contacts(conn: Connection, person_id: str) -> dict[str, bytes]:
    """The sealed addresses of a person, by kind."""
    query = sa.select(person_contact.c.kind, person_contact.c.sealed).where(person_contact.c.person_id == person_id)
    return {kind: bytes(sealed) for kind, sealed in conn.execute(query)}


def reached_by(conn: Connection) -> dict[str, list[str]]:
    """The kinds by which each person who is still here can be reached."""
    query = sa.select(person_contact.c.person_id, person_contact.c.kind).join(person)
    found: dict[str, list[str]] = {}
    for person_id, kind in conn.execute(query.where(person.c.disabled_at.is_(None)).order_by(person_contact.c.kind)):
        found.setdefault(person_id, []).append(kind)
    return found


# --- reminders -------------------------------------------------------------------------------------


class Wanted(NamedTuple):
    """One reminder that should go, to one person by one channel kind."""

    row: AlertRow
    about: About
    turn: int
    person_id: str
    kind: str
    text: str
    due_at: datetime


class Claimed(NamedTuple):
    """A reminder that this process sends."""

    id: str
    alert_id: str
    about: About
    person_id: str
    kind: str
    text: str
    sealed: bytes | None


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """A reminder as it stands."""

    alert_id: str
    about: About
    turn: int
    person_id: str
    kind: str
    text: str
    due_at: datetime
    state: Sent
    state_at: datetime


def plan(conn: Connection, wanted: Wanted, now: datetime) -> bool:
    """Write a reminder down; False when it was before. One about an exercise is never sent."""
    live = wanted.row.lane is Lane.LIVE
    values = {
        "id": ids.new_id(now),
        "alert_id": wanted.row.id,
        "lane": wanted.row.lane.value,
        "about": wanted.about.value,
        "turn": wanted.turn,
        "person_id": wanted.person_id,
        "kind": wanted.kind,
        "text": wanted.text,
        "due_at": millis(wanted.due_at),
        "state": (Sent.DUE if live else Sent.REHEARSED).value,
        "now": millis(now),
    }
    return conn.execute(_PLAN, values).rowcount == 1


def due(conn: Connection) -> list[tuple[str, str, About]]:
    """Live reminders that are to be sent, as (id, alert, what about)."""
    query = sa.select(reminder.c.id, reminder.c.alert_id, reminder.c.about)
    query = query.where(reminder.c.state == Sent.DUE.value, reminder.c.lane == Lane.LIVE.value)
    return [(id_, alert_id, About(about)) for id_, alert_id, about in conn.execute(query.order_by(reminder.c.id))]


def claim(conn: Connection, reminder_id: str, now: datetime) -> Claimed | None:
    """Take a reminder to send it; None when another process did."""
    if not move(conn, reminder_id, Sent.DUE, Sent.SENDING, now):
        return None
    query = (
        sa.select(reminder, person_contact.c.sealed)
        .outerjoin(
            person_contact,
            sa.and_(person_contact.c.person_id == reminder.c.person_id, person_contact.c.kind == reminder.c.kind),
        )
        .where(reminder.c.id == reminder_id)
    )
    found = conn.execute(query).one()
    sealed = None if found.sealed is None else bytes(found.sealed)
    return Claimed(found.id, found.alert_id, About(found.about), found.person_id, found.kind, found.text, sealed)


def move(
    conn: Connection, reminder_id: str, before: Sent, after: Sent, now: datetime, account: str | None = None
) -> bool:
    """Change what became of a reminder; False when it is not where it was thought to be."""
    query = reminder.update().where(reminder.c.id == reminder_id, reminder.c.state == before.value)
    return conn.execute(query.values(state=after.value, state_at=now, account=account)).rowcount == 1


def give_up(conn: Connection, since: datetime, now: datetime) -> None:
    """Whoever was sending since before an instant will not say any more what became of it."""
    query = reminder.update().where(reminder.c.state == Sent.SENDING.value, reminder.c.state_at < since)
    conn.execute(query.values(state=Sent.UNCERTAIN.value, state_at=now))


def about(conn: Connection, alert_ids: Sequence[str]) -> dict[str, list[ReminderRow]]:
    """What was said about alerts, by alert, the latest first; not what was dropped."""
    query = sa.select(reminder).where(reminder.c.alert_id.in_(alert_ids), reminder.c.state != Sent.DROPPED.value)
    found: dict[str, list[ReminderRow]] = {}
    for row in conn.execute(query.order_by(reminder.c.due_at.desc(), reminder.c.person_id, reminder.c.kind)):
        made = ReminderRow(
            row.alert_id,
            About(row.about),
            row.turn,
            row.person_id,
            row.kind,
            row.text,
            row.due_at,
            Sent(row.state),
            row.state_at,
        )
        found.setdefault(row.alert_id, []).append(made)
    return found


def is_being_replaced(conn: Connection, alert_id: str) -> bool:
    """Whether a correction of an alert was offered, and waits."""
    query = sa.select(alert.c.id).where(alert.c.replaces_id == alert_id, alert.c.stage == Stage.SUBMITTED.value)
    return conn.scalar(query.limit(1)) is not None
