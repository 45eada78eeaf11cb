"""Releasing an approved alert, and keeping the boards of support points in step with what is valid.

A board's number is allocated in the transaction that changes what it shows; signing follows from
that number within a second, so a crash in between costs nothing.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from broadcaster.model.alert import CORRECTED, Stage
from broadcaster.model.board import mode_of
from broadcaster.model.events import SYSTEM, Event
from broadcaster.store import alerts, boards, corrections, drafts, journal, schedules, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import conflict

DISPLAY = "display"
BOARDS_CHANGED = "boards changed"
"""The hint that boards got new numbers and want signing."""


def points_of(house: House, row: AlertRow) -> list[str]:
    """The support points whose boards show an alert: those whose areas meet its own."""
    if DISPLAY not in row.content.get("channels", []):
        return []
    areas = set(row.content.get("areas", []))
    return [point.id for point in house.settings.points if areas & set(point.areas)]


def release(conn: Connection, house: House, row: AlertRow, actor: str) -> list[Event]:
    """Let an approved alert go: its deliveries appear from here on, and its boards get a new number."""
    schedules.start_expansion(conn, row.id, row.lane)
    touched = renumber(conn, house, row)
    return [Event("AlertReleased", actor, row.id, {"boards": touched})]


def renumber(conn: Connection, house: House, row: AlertRow) -> dict[str, int]:
    """Give the boards that show an alert their next number."""
    return {point: boards.next_number(conn, point, mode_of(row.status)) for point in points_of(house, row)}


def supersede(conn: Connection, house: House, row: AlertRow, by: AlertRow, actor: str, now: datetime) -> Event:
    """Put an approved correction in the place of an alert: what is unsent of it stops, a planned release is
    given up, and boards that will not show the correction lose it too. Refused when something else did so first."""
    if not corrections.supersede(conn, row, by, now):
        raise conflict(f"Nr {row.number} werd net al vervangen of ingetrokken.")
    schedules.drop(conn, row.id, now)
    left = set(points_of(house, row)) - set(points_of(house, by)) if schedules.released(conn, row.id) else set()
    touched = {point: boards.next_number(conn, point, mode_of(row.status)) for point in sorted(left)}
    data = {"by": by.id, "stage": CORRECTED[by.msg_type].value, "boards": touched}
    return Event("AlertSuperseded", actor, row.id, data)


def release_due(conn: Connection, house: House, now: datetime) -> list[str]:
    """Release what is planned for now; what is later than its grace is held for an officer. The alerts
    released."""
    released, events = [], []
    for alert_id, at in schedules.due(conn, now):
        row = alerts.get(conn, alert_id, lock=True)
        assert row is not None  # a schedule refers to an approval
        late = now - at > timedelta(seconds=house.settings.hub.grace)
        if row.halted_at is not None or row.stage != "approved":
            schedules.move(conn, alert_id, "waiting", "dropped", now)
        elif late and schedules.move(conn, alert_id, "waiting", "held", now):
            events.append(Event("ReleaseHeld", SYSTEM, alert_id, {"late_in": int((now - at).total_seconds())}))
        elif schedules.move(conn, alert_id, "waiting", "released", now):
            released.append(alert_id)
            events += release(conn, house, row, SYSTEM)
    journal.append(conn, events, now)
    return released


def expire(conn: Connection, house: House, now: datetime) -> list[str]:
    """Move what is past its expiry, take it off the boards, and ask people to take away what they placed; the alerts
    that expired."""
    events = []
    for row in alerts.past_expiry(conn, now):
        if alerts.expire(conn, row):
            if row.stage is Stage.SUBMITTED:  # nobody decided in time: its words are not lost
                drafts.move(conn, row.draft_id, Stage.SUBMITTED, Stage.DRAFT)
            else:
                tasks.clear(conn, row, now)
            released = schedules.released(conn, row.id)
            events.append(
                Event("AlertExpired", SYSTEM, row.id, {"boards": renumber(conn, house, row) if released else {}})
            )
    journal.append(conn, events, now)
    return [event.object for event in events]
