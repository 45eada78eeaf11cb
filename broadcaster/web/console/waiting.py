"""How long a submitted draft waits, how loud that is said, and who was reminded of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from broadcaster.model.people import Role
from broadcaster.model.reminding import About, Loudness, Sent, limits, loudness
from broadcaster.store import approvals, people, reminders
from broadcaster.store.alerts import AlertRow
from broadcaster.store.reminders import ReminderRow
from broadcaster.workflow import reminding
from broadcaster.workflow.house import House


@dataclass(frozen=True, slots=True)
class Told:
    """One person who was reminded, by which kinds, when last; `state` is the best of what came of it."""

    who: str
    kinds: tuple[str, ...]
    at: datetime
    state: Sent


@dataclass(frozen=True, slots=True)
class Waiting:
    """A draft that waits. seconds: since it was offered. late_in, very_late_in: from how many on it is said louder.
    first_at: when the first reminder goes, while none went; None when nobody can be reminded."""

    row: AlertRow
    seconds: int
    late_in: int
    very_late_in: int
    loudness: Loudness
    told: list[Told]
    first_at: datetime | None

    @property
    def clock(self) -> str:
        """How long, as a clock shows it: "4:05", "1:12:30"."""
        minutes, seconds = divmod(self.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def read(conn: Connection, house: House, rows: Sequence[AlertRow], now: datetime) -> dict[str, Waiting]:
    """The clock of each alert that waits, by its id."""
    said, names = reminders.about(conn, [row.id for row in rows]), people.names(conn)
    here = reminding.colleagues(conn, house)
    return {row.id: _waiting(conn, house, here, row, _told(said.get(row.id, []), names), now) for row in rows}


def _waiting(
    conn: Connection,
    house: House,
    here: reminding.Colleagues,
    row: AlertRow,
    told: list[Told],
    now: datetime,
) -> Waiting:
    waited = max(timedelta(0), now - row.sent_at)
    late, very_late = limits(row.severity)
    writers = approvals.contributors(conn, row)
    anybody = any(person in here.reach for person in here.able(Role.APPROVER) if person not in writers)
    first_at = row.sent_at + timedelta(minutes=house.settings.reminders.approvers) if anybody else None
    return Waiting(
        row,
        int(waited.total_seconds()),
        int(late.total_seconds()),
        int(very_late.total_seconds()),
        loudness(row.severity, waited),
        told,
        first_at,
    )


_BEST = (Sent.SENT, Sent.REHEARSED, Sent.UNCERTAIN, Sent.SENDING, Sent.DUE, Sent.FAILED)


def _told(rows: Sequence[ReminderRow], names: Mapping[str, str]) -> list[Told]:
    """Each person once, by their latest turn, the latest first."""
    found: dict[str, list[ReminderRow]] = {}
    for row in rows:
        if row.about is not About.APPROVAL:
            continue
        latest = found.setdefault(row.person_id, [row])
        if row is not latest[0] and row.turn == latest[0].turn:
            latest.append(row)
    return [
        Told(
            names.get(person, ""),
            tuple(row.kind for row in latest),
            max(row.state_at for row in latest),
            min((row.state for row in latest), key=_BEST.index),
        )
        for person, latest in found.items()
    ]
