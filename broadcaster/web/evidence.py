"""What there is to say of an alert afterwards: what was read, who decided, whom it reached, what was done by hand, and
what happened in order. The page, the PDF, the CSV and the JSON are made of this; addresses are not in it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from typing_extensions import TypedDict

from broadcaster.model.draft import Language, Name
from broadcaster.model.task import Act
from broadcaster.store import alerts, approvals, incidents, journal, people, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.store.reached import Reached
from broadcaster.web import reaching
from broadcaster.web.shapes import Id, Time, moment
from broadcaster.workflow.house import House


class Decision(TypedDict):
    """Who approved it. means: `second-person` or `mandate`. shown: how they showed again who they are (`passkey`,
    `password`), None where a token stood for them. accepts: the findings that were accepted by name."""

    by: str
    at: Time
    means: str
    shown: str | None
    accepts: list[str]
    expected: int | None


class Text(TypedDict):
    """What readers of one channel and language got."""

    channel: Name
    language: Language
    subject: str | None
    text: str


class Count(TypedDict):
    """Addressees that are alike."""

    channel: Name
    language: Language
    state: str
    reason: str | None
    count: int


class Step(TypedDict):
    """How many had it by then."""

    at: Time
    reached: int


class Hand(TypedDict):
    """What was done by hand."""

    channel: Name
    name: str
    act: Act
    state: str
    due_at: Time | None
    owner: str | None
    placed_at: Time | None
    where: str | None
    reason: str | None
    by: str | None


class Happened(TypedDict):
    """A line of the journal. detail: what else it says, in words that somebody typed."""

    at: Time
    event: str
    who: str | None
    number: int | None
    channel: str | None
    detail: str | None


class Evidence(TypedDict):
    """An alert, afterwards. began_at: when its release began. half_at, most_at: when 50 % and 95 % had it. over_time:
    how many had it when, to five seconds."""

    alert: Id
    number: int
    status: str
    stage: str
    msg_type: str
    event: str
    severity: str
    source: str | None
    organisation: str
    incident: str | None
    grip: int | None
    areas: list[str]
    area_ids: list[Name]
    digest: str
    submitted_by: str | None
    writers: list[str]
    submitted_at: Time
    release_at: Time | None
    began_at: Time
    halted_at: Time | None
    expires_at: Time
    next_update: Time | None
    replaces: int | None
    replaced_by: int | None
    approval: Decision | None
    texts: list[Text]
    total: int
    reached: int
    half_at: Time | None
    most_at: Time | None
    over_time: list[Step]
    counts: list[Count]
    by_hand: list[Hand]
    timeline: list[Happened]
    read_at: Time


def read(conn: Connection, house: House, alert_id: str, now: datetime) -> Evidence:
    """Read it all, in one reading of the database; the first thing in a transaction. Refused when there is no such
    alert."""
    far = reaching.read(conn, alert_id, now)
    row, found, zone, names = far.row, far.reached, house.settings.hub.zone, people.names(conn)
    incident = incidents.get(conn, row.draft.incident)
    return {
        "alert": row.id,
        "number": row.number,
        "status": row.status.value,
        "stage": row.stage.value,
        "msg_type": row.msg_type.value,
        "event": row.draft.event or "",
        "severity": row.severity.value,
        "source": row.draft.source,
        "organisation": alerts.organisation_of(conn, row)[0],
        "incident": incident.name if incident else None,
        "grip": incident.grip if incident else None,
        "areas": [house.area_names.get(area, area) for area in row.draft.areas],
        "area_ids": list(row.draft.areas),
        "digest": row.digest,
        "submitted_by": names.get(row.submitter_id or ""),
        "writers": sorted(names.get(person, "") for person in approvals.contributors(conn, row)),
        "submitted_at": moment(row.sent_at, zone),
        "release_at": _at(row.release_at, zone),
        "began_at": moment(reaching.began(conn, row), zone),
        "halted_at": _at(row.halted_at, zone),
        "expires_at": moment(row.expires_at, zone),
        "next_update": _at(row.draft.next_update, zone),
        "replaces": _number(conn, row.replaces_id),
        "replaced_by": _number(conn, row.replaced_by),
        "approval": decision(conn, row, names, zone),
        "texts": [
            {"channel": item.kind, "language": item.language, "subject": item.subject, "text": item.text}
            for item in alerts.renditions(conn, row.id)
        ],
        "total": found.total,
        "reached": found.has_it,
        "half_at": _share(found, 50, zone),
        "most_at": _share(found, 95, zone),
        "over_time": [{"at": moment(at, zone), "reached": count} for at, count in found.steps],
        "counts": [
            {
                "channel": pile.kind, "language": pile.language, "state": pile.state.value, "reason": pile.reason,
                "count": pile.count,
            }
            for pile in found.piles
        ],
        "by_hand": [_hand(item, names, zone) for item in tasks.of_alert(conn, row)],
        "timeline": _timeline(conn, row, names, zone),
        "read_at": moment(now, zone),
    }  # fmt: skip


def decision(conn: Connection, row: AlertRow, names: dict[str, str], zone: ZoneInfo) -> Decision | None:
    """Who approved it, when, by which means, and what they accepted; None while nobody has."""
    found = approvals.of(conn, row.id)
    if found is None:
        return None
    return {
        "by": names.get(found.approver_id, ""),
        "at": moment(found.at, zone),
        "means": found.kind,
        "shown": _shown(conn, row, found),
        "accepts": list(found.accepts),
        "expected": found.expected,
    }


def _shown(conn: Connection, row: AlertRow, found: approvals.ApprovalRow) -> str | None:
    lines = journal.about(conn, [row.id], ["SteppedUp"])
    return next((str(line["data"].get("how")) for line in reversed(lines) if line["actor"] == found.approver_id), None)


def _at(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else moment(at, zone)


def _number(conn: Connection, alert_id: str | None) -> int | None:
    found = alerts.get(conn, alert_id) if alert_id else None
    return found.number if found else None


def _share(found: Reached, share: int, zone: ZoneInfo) -> str | None:
    at = next((at for at, count in found.steps if count * 100 >= share * found.total), None)
    return _at(at, zone)


def _hand(item: tasks.TaskRow, names: dict[str, str], zone: ZoneInfo) -> Hand:
    return {
        "channel": item.channel.id,
        "name": item.channel.name,
        "act": item.act,
        "state": item.state.value,
        "due_at": _at(item.due_at, zone),
        "owner": names.get(item.owner_id or ""),
        "placed_at": _at(item.placed_at, zone),
        "where": item.place,
        "reason": item.reason,
        "by": names.get(item.closer_id or ""),
    }


def _timeline(conn: Connection, row: AlertRow, names: dict[str, str], zone: ZoneInfo) -> list[Happened]:
    """The journal about the alert, its draft, and what the draft became before."""
    made = alerts.of_draft(conn, row.draft_id)
    numbers, channels = {item.id: item.number for item in made}, tasks.names(conn)
    return [
        {
            "at": moment(line["at"], zone),
            "event": line["kind"],
            "who": names.get(line["actor"]),
            "number": numbers.get(line["object"]),
            "channel": channels.get(line["data"].get("channel", "")),
            "detail": _detail(line["data"]),
        }
        for line in journal.about(conn, [row.draft_id, *numbers])
    ]


def _detail(data: dict[str, Any]) -> str | None:
    said: Sequence[object] = [data.get("reason"), data.get("where"), *data.get("accepts", [])]
    return "; ".join(str(item) for item in said if item) or None
