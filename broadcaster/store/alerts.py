"""Alerts, their renditions and findings: written once, then only the stage moves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.model.approval import NOBODY, AddresseesSeal, digest
from broadcaster.model.cap import Lane, MsgType, Severity, Status, lane_of
from broadcaster.model.draft import DraftContent
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.model.rendition import Hole, Rendition
from broadcaster.store.tables import alert, approval, expansion, finding, organisation, rendition


def _text(at: datetime) -> str:
    """An instant as the digest has it: UTC, whole milliseconds, whatever zone it came in."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as submitted, and where it stands. `content` is the JSON of a `DraftContent`, with the
    texts that a scenario made filled in. `replaced_by` is the approved correction that took its place."""

    id: str
    draft_id: str
    revision: int
    organisation_id: str
    number: int
    status: Status
    msg_type: MsgType
    replaces_id: str | None
    content: dict[str, Any]
    sent_at: datetime
    expires_at: datetime
    release_at: datetime | None
    zone: str
    submitter_id: str | None
    stage: Stage = Stage.SUBMITTED
    digest: str = ""
    addressees: AddresseesSeal = NOBODY
    lane: Lane = Lane.DRILL
    halted_at: datetime | None = None
    superseded_at: datetime | None = None
    replaced_by: str | None = None
    scenario_sha256: str | None = None

    @property
    def draft(self) -> DraftContent:
        """The content, typed."""
        return DraftContent.model_validate(self.content)

    @property
    def severity(self) -> Severity:
        """Its severity."""
        return Severity(self.content["severity"])

    def as_digested(self) -> dict[str, Any]:
        """What the digest covers of the alert itself."""
        return {
            "id": self.id,
            "organisation": self.organisation_id,
            "number": self.number,
            "status": self.status.value,
            "msg_type": self.msg_type.value,
            "replaces": self.replaces_id,
            "content": self.content,
            "sent": _text(self.sent_at),
            "expires": _text(self.expires_at),
            "release_at": _text(self.release_at) if self.release_at else None,
            "zone": self.zone,
        }


def sync_organisations(conn: Connection, organisations: Sequence[tuple[str, str, str]]) -> None:
    """Bring organisations, as (id, name, sender), in line with the configuration; none is removed."""
    for id_, name, sender in organisations:
        values = {"name": name, "sender": sender}
        if conn.execute(organisation.update().where(organisation.c.id == id_).values(values)).rowcount == 0:
            conn.execute(organisation.insert().values(id=id_, **values))


def organisation_of(conn: Connection, row: AlertRow) -> tuple[str, str]:
    """Name and sender of whose alert it is, also when the configuration no longer has that organisation."""
    query = sa.select(organisation.c.name, organisation.c.sender).where(organisation.c.id == row.organisation_id)
    name, sender = conn.execute(query).one()
    return name, sender


def last_number(conn: Connection, organisation_id: str) -> int:
    """The last notice number that the organisation used; 0 before the first."""
    return int(conn.scalar(sa.select(organisation.c.last_number).where(organisation.c.id == organisation_id)) or 0)


def take_number(conn: Connection, organisation_id: str, number: int) -> bool:
    """Use `number`; False when another notice has it already."""
    query = organisation.update().where(organisation.c.id == organisation_id, organisation.c.last_number == number - 1)
    return conn.execute(query.values(last_number=number)).rowcount == 1


def insert(conn: Connection, row: AlertRow, renditions: Sequence[Rendition], incident_id: str | None) -> None:
    """Write an alert with its renditions, in position order; `freeze` closes it."""
    conn.execute(
        alert.insert().values(
            id=row.id,
            draft_id=row.draft_id,
            revision=row.revision,
            organisation_id=row.organisation_id,
            incident_id=incident_id,
            number=row.number,
            status=row.status.value,
            msg_type=row.msg_type.value,
            replaces_id=row.replaces_id,
            content=row.content,
            severity_rank=_urgency(conn, row),
            sent_at=row.sent_at,
            expires_at=row.expires_at,
            release_at=row.release_at,
            zone=row.zone,
            submitter_id=row.submitter_id,
            stage=Stage.SUBMITTED.value,
            scenario_sha256=row.scenario_sha256,
        )
    )
    if renditions:
        conn.execute(
            rendition.insert(), [_rendition_values(row.id, position, item) for position, item in enumerate(renditions)]
        )


def _urgency(conn: Connection, row: AlertRow) -> int:
    """The place of an alert among others: by its severity, and a correction (an all-clear above all, which may well be
    called Minor) is as urgent as what it replaces. It overtakes whatever that would have overtaken."""
    if row.replaces_id is None:
        return row.severity.rank
    replaced = conn.execute(sa.select(alert.c.severity_rank).where(alert.c.id == row.replaces_id)).scalar_one()
    return min(row.severity.rank, int(replaced))


def add_findings(conn: Connection, alert_id: str, findings: Sequence[Finding]) -> None:
    """Write what was found, in order."""
    if findings:
        conn.execute(
            finding.insert(),
            [{"alert_id": alert_id, "position": i, **item.as_json()} for i, item in enumerate(findings)],
        )


def _rendition_values(alert_id: str, position: int, item: Rendition) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "position": position,
        "kind": item.kind,
        "language": item.language,
        "subject": item.subject,
        "text": item.text,
        "html": item.html,
        "payload": item.payload,
        "holes": [hole.value for hole in item.holes],
        "encoding": item.encoding,
        "segments": item.segments,
    }


def freeze(
    conn: Connection, row: AlertRow, items: list[Rendition], addressees: AddresseesSeal, now: datetime
) -> AlertRow:
    """Close an alert: from here on it has a digest, and nothing can be added."""
    frozen = replace(row, addressees=addressees)
    frozen = replace(frozen, digest=digest_now(frozen, items), lane=lane_of(row.status))
    values = {
        "digest": frozen.digest,
        "addressee_count": addressees.count,
        "addressee_sha256": addressees.sha256,
        "frozen_at": now,
    }
    conn.execute(alert.update().where(alert.c.id == row.id).values(values))
    return frozen


def _row(found: sa.Row[Any]) -> AlertRow:
    return AlertRow(
        id=found.id,
        draft_id=found.draft_id,
        revision=found.revision,
        organisation_id=found.organisation_id,
        number=found.number,
        status=Status(found.status),
        msg_type=MsgType(found.msg_type),
        replaces_id=found.replaces_id,
        content=found.content,
        sent_at=found.sent_at,
        expires_at=found.expires_at,
        release_at=found.release_at,
        zone=found.zone,
        submitter_id=found.submitter_id,
        stage=Stage(found.stage),
        digest=found.digest,
        addressees=AddresseesSeal(found.addressee_count, found.addressee_sha256),
        lane=Lane(found.lane),
        halted_at=found.halted_at,
        superseded_at=found.superseded_at,
        replaced_by=found.replaced_by,
        scenario_sha256=found.scenario_sha256,
    )


_later = alert.alias("later")
_replacement = (
    sa.select(_later.c.id)
    .join(approval, approval.c.alert_id == _later.c.id)
    .where(_later.c.replaces_id == alert.c.id, alert.c.superseded_at.is_not(None))
)
_ALERT = sa.select(alert, _replacement.scalar_subquery().label("replaced_by"))


def get(conn: Connection, alert_id: str, *, lock: bool = False) -> AlertRow | None:
    """The alert; None when there is none. `lock` keeps others from moving it in this transaction."""
    query = _ALERT.where(alert.c.id == alert_id)
    found = conn.execute(query.with_for_update(of=alert) if lock else query).one_or_none()
    return None if found is None else _row(found)


def numbered(conn: Connection, number: int) -> AlertRow | None:
    """The alert of a number; None when there is none, or several organisations have one."""
    found = conn.execute(_ALERT.where(alert.c.number == number).limit(2)).all()
    return _row(found[0]) if len(found) == 1 else None


def replaced_numbers(conn: Connection, numbers: Collection[int]) -> dict[int, int]:
    """The number that stands in the place of each of these in the end; without those in whose place nothing came, and
    those that several organisations gave out."""
    rows = [_row(found) for found in conn.execute(_ALERT.where(alert.c.number.in_(sorted(numbers))))]
    given = [row.number for row in rows]
    return {
        row.number: last.number
        for row in rows
        if given.count(row.number) == 1 and (last := _last(conn, row)).id != row.id
    }


def _last(conn: Connection, row: AlertRow) -> AlertRow:
    while row.replaced_by is not None and (after := get(conn, row.replaced_by)) is not None:
        row = after
    return row


def listed(conn: Connection, before: str | None, limit: int, stage: Stage | None = None) -> list[AlertRow]:
    """Alerts, newest first, those older than `before`."""
    query = _ALERT
    if before is not None:
        query = query.where(alert.c.id < before)
    if stage is not None:
        query = query.where(alert.c.stage == stage.value)
    return [_row(found) for found in conn.execute(query.order_by(alert.c.id.desc()).limit(limit))]


def renditions(conn: Connection, alert_id: str, kind: str | None = None) -> list[Rendition]:
    """The alert's renditions (of one channel kind), in position order."""
    query = sa.select(rendition).where(rendition.c.alert_id == alert_id).order_by(rendition.c.position)
    if kind is not None:
        query = query.where(rendition.c.kind == kind)
    return [
        Rendition(
            id=f"{alert_id}.{row.position}",
            kind=row.kind,
            language=row.language,
            text=row.text,
            payload=bytes(row.payload),
            subject=row.subject,
            html=row.html,
            holes=tuple(Hole(hole) for hole in row.holes),
            encoding=row.encoding,
            segments=row.segments,
        )
        for row in conn.execute(query)
    ]


def findings(conn: Connection, alert_id: str) -> list[Finding]:
    """What was found at submit."""
    query = sa.select(finding).where(finding.c.alert_id == alert_id).order_by(finding.c.position)
    return [Finding(row.code, FindingKind(row.kind), row.field, row.message) for row in conn.execute(query)]


def move(conn: Connection, alert_id: str, before: Stage, after: Stage) -> bool:
    """Change the stage; False when the alert is not where it was thought to be."""
    query = alert.update().where(alert.c.id == alert_id, alert.c.stage == before.value)
    return conn.execute(query.values(stage=after.value)).rowcount == 1


def expire(conn: Connection, row: AlertRow) -> bool:
    """Note that an alert's time is over; False when another transaction moved it first."""
    return move(conn, row.id, row.stage, Stage.EXPIRED)


def halt(conn: Connection, alert_id: str, now: datetime) -> bool:
    """Stop what is unsent; False when it was halted before."""
    query = alert.update().where(alert.c.id == alert_id, alert.c.halted_at.is_(None))
    return conn.execute(query.values(halted_at=now)).rowcount == 1


def digest_now(row: AlertRow, items: list[Rendition]) -> str:
    """The digest that alert, renditions and sealed addressees have as they stand."""
    return digest(row.as_digested(), items, row.addressees)


def past_expiry(conn: Connection, now: datetime) -> list[AlertRow]:
    """Submitted and approved alerts whose time is over."""
    query = _ALERT.where(alert.c.stage.in_([Stage.SUBMITTED.value, Stage.APPROVED.value]), alert.c.expires_at <= now)
    return [_row(found) for found in conn.execute(query)]


def unexpired(conn: Connection, now: datetime, stages: Sequence[Stage]) -> list[AlertRow]:
    """Alerts in one of these stages whose time is not over."""
    query = _ALERT.where(alert.c.stage.in_([stage.value for stage in stages]), alert.c.expires_at > now)
    return [_row(found) for found in conn.execute(query.order_by(alert.c.id))]


def _out(lane: Lane) -> sa.Select[Any]:
    """Alerts of a lane that were released; not the withdrawal of what was never released: nobody saw that."""
    released = sa.select(expansion.c.alert_id)
    return _ALERT.join(expansion, expansion.c.alert_id == alert.c.id).where(
        alert.c.lane == lane.value,
        sa.or_(alert.c.msg_type != MsgType.CANCEL.value, alert.c.replaces_id.in_(released)),
    )


def shown(conn: Connection, lane: Lane, now: datetime) -> list[AlertRow]:
    """Approved, released, unexpired alerts of a lane: what boards may show."""
    query = _out(lane).where(
        alert.c.stage == Stage.APPROVED.value, alert.c.superseded_at.is_(None), alert.c.expires_at > now
    )
    return [_row(found) for found in conn.execute(query.order_by(alert.c.id))]


def went_out(conn: Connection, since: datetime) -> list[AlertRow]:
    """Real alerts that were released and were still valid after `since`, newest first."""
    query = _out(Lane.LIVE).where(alert.c.expires_at > since)
    return [_row(found) for found in conn.execute(query.order_by(alert.c.id.desc()))]


def is_out(conn: Connection, alert_id: str) -> bool:
    """Whether an alert is real and was released."""
    return conn.execute(_out(Lane.LIVE).where(alert.c.id == alert_id)).one_or_none() is not None


def of_draft(conn: Connection, draft_id: str) -> list[AlertRow]:
    """The alerts that were made of a draft, newest first: it was returned, and submitted again."""
    query = _ALERT.where(alert.c.draft_id == draft_id)
    return [_row(found) for found in conn.execute(query.order_by(alert.c.id.desc()))]
