"""Taking in what support points tell: signed by the device that it was written on, whoever carried it.

Each report counts once by the id that its device gave it, however often and in whatever order it comes. What is refused
says why; only `too-many` is worth another try later. What a screen or a host says it shows is no report to keep: the
latest one counts (see store.sightings), so that it may come as often as it likes.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import ValidationError
from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.device import Device
from broadcaster.model.events import Event
from broadcaster.model.people import Caller
from broadcaster.model.report import REPORT_TYP, Report
from broadcaster.seal import Seal, SignatureError, Unsigned, public_key, unpack, verified_text
from broadcaster.store import devices, journal, reports, sightings, takedowns
from broadcaster.store.database import Database
from broadcaster.store.reports import ReportRow
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import conflict, not_found

LARGEST = 4096
"""Bytes of one signed report."""
MOST = 50
"""Reports that may come at once."""
A_DAY = 1_000
"""Reports of one device that are kept within a day: a point that tells a lot sends a few dozen."""
_DAY_IN = timedelta(days=1)
_AHEAD_IN = timedelta(minutes=5)
_CONTEXT = "report"


class Fault(StrEnum):
    """Why a report is not taken."""

    UNREADABLE = "unreadable"  # no compact JWS of ours, too large, or not what model.report describes
    UNKNOWN_DEVICE = "unknown-device"  # nobody was let in with this key
    REVOKED = "revoked"  # the device that signed it is let in no more
    FORGED = "forged"  # that device did not sign this
    OTHER_POINT = "other-point"  # of a point that this device does not serve
    OTHER_CONTENT = "other-content"  # its device gave this id to something else before
    TOO_MANY = "too-many"  # that device told enough for today


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one: received_at of the first time that it came. id is None when it cannot be read."""

    id: str | None
    received_at: datetime | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A report whose signature holds, and its device."""

    report: Report
    device: Device
    sha256: str


async def take(store: Database, house: House, seal: Seal, tokens: Sequence[str], now: datetime) -> list[Taken]:
    """Take in signed reports; one result each, in the same order."""
    claims = [_claim(token) for token in tokens]
    kids = {claim.kid for claim in claims if claim is not None}
    known = await store.read(devices.by_kid, kids) if kids else {}
    judged = [judge(house, known, token, claim) for token, claim in zip(tokens, claims, strict=True)]
    if all(isinstance(item, Taken) for item in judged):
        return [item for item in judged if isinstance(item, Taken)]
    return await store.run(keep, seal, judged, now)


def _claim(token: str) -> Unsigned | None:
    try:
        return unpack(token) if len(token) <= LARGEST else None
    except SignatureError:
        return None


def judge(house: House, known: Mapping[str, Device], token: str, claim: Unsigned | None) -> Opened | Taken:
    """A report with its device, or why it is none. known: devices by their key."""
    if claim is None or claim.typ != REPORT_TYP:
        return Taken(None, fault=Fault.UNREADABLE)
    device = known.get(claim.kid)
    if device is None or device.x is None:
        return Taken(None, fault=Fault.UNKNOWN_DEVICE)
    try:
        text = verified_text(claim, REPORT_TYP, public_key({"kty": "OKP", "crv": "Ed25519", "x": device.x}))
    except SignatureError:
        return Taken(None, fault=Fault.FORGED)
    try:
        report = Report.model_validate_json(text)
    except ValidationError:
        return Taken(None, fault=Fault.UNREADABLE)
    if report.point not in house.settings.scope_of(device.point_id):
        return Taken(report.id, fault=Fault.OTHER_POINT)
    return Opened(report, device, hashlib.sha256(token.encode()).hexdigest())


def keep(conn: Connection, seal: Seal, judged: Sequence[Opened | Taken], now: datetime) -> list[Taken]:
    """Keep what is new of it; one result each."""
    valid = _still_valid(conn, judged)
    results, news = [], list[Opened]()
    for item in judged:
        if isinstance(item, Opened) and item.device.id not in valid:
            results.append(Taken(item.report.id, fault=Fault.REVOKED))
        elif isinstance(item, Opened):
            taken, new = _keep_one(conn, seal, item, now)
            results.append(taken)
            news += [item] if new else []
        else:
            results.append(item)
    journal.append(conn, _events(news), now)
    return results


def _still_valid(conn: Connection, judged: Sequence[Opened | Taken]) -> Collection[str]:
    """Devices that were not revoked since their reports were judged."""
    kids = {item.device.kid for item in judged if isinstance(item, Opened) and item.device.kid is not None}
    return {item.id for item in devices.by_kid(conn, kids).values() if item.revoked_at is None}


def _keep_one(conn: Connection, seal: Seal, item: Opened, now: datetime) -> tuple[Taken, bool]:
    """What became of one, and whether it is news."""
    report, device = item.report, item.device
    known = report.clock_known and report.at <= now + _AHEAD_IN
    if report.showing is not None:
        at = report.at if known else None
        sightings.show(conn, device.token_id, report.point, report.mode, report.showing, at, report.id)
        return Taken(report.id, now), False
    before = reports.given(conn, device.id, report.id)
    if before is None and reports.count_since(conn, device.id, now - _DAY_IN) >= A_DAY:
        return Taken(report.id, fault=Fault.TOO_MANY), False
    if before is None and reports.keep(conn, _row(seal, item, known, now)):
        return Taken(report.id, now), True
    before = before or reports.given(conn, device.id, report.id)  # another hub was just before us
    assert before is not None
    if before.sha256 != item.sha256:
        return Taken(report.id, fault=Fault.OTHER_CONTENT), False
    return Taken(report.id, before.received_at), False


def _row(seal: Seal, item: Opened, known: bool, now: datetime) -> ReportRow:
    report = item.report
    content = report.model_dump(mode="json", include={"opening", "heard", "urgent"}, exclude_none=True)
    line = next((part.pop("line") for part in content.values() if part.get("line")), None)
    return ReportRow(
        id=ids.new_id(now),
        device_id=item.device.id,
        given_id=report.id,
        sha256=item.sha256,
        point_id=report.point,
        mode=report.mode,
        kind=next(iter(content)),
        at=report.at,
        clock_known=known,
        received_at=now,
        content=content,
        sealed=None if line is None else seal.seal(line, _CONTEXT),
    )


def _events(news: Sequence[Opened]) -> list[Event]:
    """A line for each device that told something new about a point: whoever watches looks again."""
    counts: dict[tuple[str, str], int] = {}
    for item in news:
        key = item.device.token_id, item.report.point
        counts[key] = counts.get(key, 0) + 1
    return [Event("ReportsReceived", f"token:{token}", point, {"count": n}) for (token, point), n in counts.items()]


def read_back(seal: Seal, row: ReportRow) -> Report:
    """A report as it was told."""
    content = {name: dict(part) for name, part in row.content.items()}
    if row.sealed is not None:
        next(iter(content.values()))["line"] = seal.open(row.sealed, _CONTEXT)
    told = {"id": row.given_id, "point": row.point_id, "mode": row.mode, "at": row.at, "clock_known": row.clock_known}
    return Report.model_validate({**told, **content})


def read(conn: Connection, caller: Caller, report_id: str, now: datetime) -> ReportRow:
    """An officer read it: its host sees that on the page of the point."""
    row = reports.get(conn, report_id)
    if row is None or caller.person_id is None:
        raise not_found("Dit bericht")
    if not reports.read(conn, report_id, caller.person_id, now):
        raise conflict("Een ander heeft dit bericht al gelezen.")
    journal.append(conn, [Event("ReportRead", caller.actor, report_id, {"point": row.point_id})], now)
    return reports.get(conn, report_id) or row


def ask_to_take_down(conn: Connection, caller: Caller, point_id: str, number: int, now: datetime) -> None:
    """An officer asked somebody at a point to take a number down, by telephone or so."""
    if caller.person_id is None:
        raise not_found("Dit nummer")
    takedowns.note(conn, point_id, number, caller.person_id, now)
    journal.append(conn, [Event("TakedownAsked", caller.actor, point_id, {"number": number})], now)
