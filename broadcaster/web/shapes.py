"""Drafts, alerts and deliveries as the API shows them. Times are RFC 3339 in the hub's zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from broadcaster import ids
from broadcaster.model.finding import Finding
from broadcaster.store.alerts import AlertRow
from broadcaster.store.drafts import DraftRow
from broadcaster.workflow.submitting import Submitted

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Frozen:
    """What never changes of an alert, and costs something to count."""

    by_channel: dict[str, int]
    by_language: dict[str, int]
    findings: tuple[Finding, ...]


def moment(at: datetime, zone: ZoneInfo) -> str:
    """An instant with its offset, in whole seconds."""
    return at.astimezone(zone).isoformat(timespec="seconds")


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else moment(at, zone)


def etag(row: DraftRow) -> str:
    """A draft's entity tag: its revision."""
    return f'"{row.revision}"'


def draft(row: DraftRow) -> dict[str, Any]:
    """A draft: its content, and where it stands."""
    return {
        "id": row.id,
        "revision": row.revision,
        "stage": row.stage.value,
        "organisation": row.organisation_id,
        "msg_type": row.msg_type.value,
        "replaces": row.replaces_id,
        **row.content,
    }


def summary(row: AlertRow, zone: ZoneInfo, release: str | None, counts: Counts) -> dict[str, Any]:
    """An alert in a list: what it is, and where it stands. `release` is the state of its release, `counts`
    its deliveries by channel kind and state."""
    return {
        "id": row.id,
        "number": row.number,
        "organisation": row.organisation_id,
        "status": row.status.value,
        "stage": row.stage.value,
        "msg_type": row.msg_type.value,
        "replaces": row.replaces_id,
        "draft": row.draft_id,
        "digest": row.digest,
        "event": row.content.get("event"),
        "severity": row.severity.value,
        "areas": row.content.get("areas", []),
        "channels": row.content.get("channels", []),
        "sent": moment(row.sent_at, zone),
        "expires": moment(row.expires_at, zone),
        "release_at": _moment(row.release_at, ZoneInfo(row.zone)),
        "timezone": row.zone,
        "release": release,
        "halted": _moment(row.halted_at, zone),
        "superseded": _moment(row.superseded_at, zone),
        "counts": counts,
    }


_SHOWN = ("incident", "category", "urgency", "certainty", "source", "exercise", "scenario", "fields", "infos")


def alert(row: AlertRow, zone: ZoneInfo, release: str | None, frozen: Frozen, counts: Counts) -> dict[str, Any]:
    """A whole alert."""
    content = row.draft
    return {
        **summary(row, zone, release, counts),
        **{name: row.content[name] for name in _SHOWN if name in row.content},
        "as_of": _moment(content.as_of, zone),
        "next_update": _moment(content.next_update, zone),
        "audience": {**_audience(row, frozen.by_channel, frozen.by_language), **row.content.get("audience", {})},
        "findings": [finding.as_json() for finding in frozen.findings],
    }


def _audience(row: AlertRow, by_channel: dict[str, int], by_language: dict[str, int]) -> dict[str, Any]:
    return {"count": row.addressees.count, "by_channel": by_channel, "by_language": by_language}


def submitted(result: Submitted) -> dict[str, Any]:
    """What submitting answers."""
    return {
        "alert": result.alert.id,
        "number": result.alert.number,
        "digest": result.alert.digest,
        "renditions": result.renditions,
        "audience": _audience(result.alert, result.by_channel, result.by_language),
        "findings": [finding.as_json() for finding in result.findings],
    }


def delivery(alert_id: str, row: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """One delivery; whose it is, only the database knows."""
    return {
        "reference": ids.reference(alert_id, row["n"]),
        "n": row["n"],
        "channel": row["kind"],
        "language": row["language"],
        "account": row["account"],
        "state": row["state"],
        "state_at": moment(row["state_at"], zone),
        "due_at": _moment(row["due_at"], zone),
        "attempts": row["attempts"],
        "transmissions": row["transmissions"],
        "reason": row["reason"],
    }
