"""Mandates: proposed, signed by a second person, revoked; and what was released with one, and looked at afterwards."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.model.mandate import Limits, Standing
from broadcaster.store.tables import alert, approval, mandate, mandate_proposal, review


@dataclass(frozen=True, slots=True)
class MandateRow:
    """A mandate. ended_at: when it was dropped or revoked."""

    id: str
    organisation_id: str
    scenario: str
    scenario_sha256: str
    limits: Limits
    holder_id: str
    proposer_id: str
    proposed_at: datetime
    valid_until: datetime
    signer_id: str | None = None
    signed_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over all that a second person signs."""
        covered: Any = {
            "id": self.id,
            "organisation": self.organisation_id,
            "scenario": self.scenario,
            "scenario_sha256": self.scenario_sha256,
            "limits": self.limits.model_dump(mode="json"),
            "holder": self.holder_id,
            "valid_until": self.valid_until.isoformat(timespec="milliseconds"),
        }
        return hashlib.sha256(rfc8785.dumps(covered)).hexdigest()

    def standing(self, now: datetime) -> Standing:
        """What it is worth."""
        if self.ended_at is not None:
            return Standing.REVOKED
        if self.valid_until <= now:
            return Standing.OVER
        return Standing.PROPOSED if self.signed_at is None else Standing.VALID


def propose(conn: Connection, row: MandateRow) -> None:
    """Store a proposal. IntegrityError where a guard refuses."""
    values = {"proposer_id": row.proposer_id, "proposed_at": row.proposed_at}
    conn.execute(mandate_proposal.insert().values(**_common(row), **values))


def sign(conn: Connection, row: MandateRow, signer_id: str, now: datetime) -> None:
    """Make a proposal a mandate. IntegrityError where a guard refuses."""
    values = {"first_signer_id": row.proposer_id, "second_signer_id": signer_id, "signed_at": now}
    conn.execute(mandate.insert().values(**_common(row), **values))


def _common(row: MandateRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "organisation_id": row.organisation_id,
        "scenario": row.scenario,
        "scenario_sha256": row.scenario_sha256,
        "limits": row.limits.model_dump(mode="json"),
        "most": row.limits.most,
        "holder_id": row.holder_id,
        "valid_until": row.valid_until,
    }


def end(conn: Connection, mandate_id: str, now: datetime) -> None:
    """Drop a proposal, and revoke the mandate that was made of it."""
    proposal = mandate_proposal.update().where(mandate_proposal.c.id == mandate_id)
    conn.execute(proposal.where(mandate_proposal.c.dropped_at.is_(None)).values(dropped_at=now))
    made = mandate.update().where(mandate.c.id == mandate_id, mandate.c.revoked_at.is_(None))
    conn.execute(made.values(revoked_at=now))


_ALL = sa.select(mandate_proposal, mandate.c.second_signer_id, mandate.c.signed_at, mandate.c.revoked_at).outerjoin(
    mandate, mandate.c.id == mandate_proposal.c.id
)


def get(conn: Connection, mandate_id: str) -> MandateRow | None:
    """A mandate or proposal; None when there is none."""
    found = conn.execute(_ALL.where(mandate_proposal.c.id == mandate_id)).one_or_none()
    return None if found is None else _row(found)


def listed(conn: Connection, before: str | None, limit: int) -> list[MandateRow]:
    """Mandates and proposals, newest first, those older than `before`."""
    query = _ALL if before is None else _ALL.where(mandate_proposal.c.id < before)
    return [_row(found) for found in conn.execute(query.order_by(mandate_proposal.c.id.desc()).limit(limit))]


def held(conn: Connection, holder_id: str, organisation_id: str, now: datetime) -> list[MandateRow]:
    """The valid mandates of a person, newest first."""
    query = _ALL.where(
        mandate.c.holder_id == holder_id,
        mandate.c.organisation_id == organisation_id,
        mandate.c.revoked_at.is_(None),
        mandate.c.valid_until > now,
    )
    return [_row(found) for found in conn.execute(query.order_by(mandate_proposal.c.id.desc()))]


def _row(found: sa.Row[Any]) -> MandateRow:
    return MandateRow(
        found.id,
        found.organisation_id,
        found.scenario,
        found.scenario_sha256,
        Limits.model_validate(found.limits),
        found.holder_id,
        found.proposer_id,
        found.proposed_at,
        found.valid_until,
        found.second_signer_id,
        found.signed_at,
        found.revoked_at or found.dropped_at,
    )


# --- afterwards ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alone:
    """A release by one person: who, with which mandate, and what was said of it afterwards."""

    alert_id: str
    by: str
    at: datetime
    mandate_id: str
    reviewer_id: str | None
    text: str | None
    reviewed_at: datetime | None


_ALONE = (
    sa.select(approval, review.c.reviewer_id, review.c.text, review.c.at.label("reviewed_at"))
    .outerjoin(review, review.c.alert_id == approval.c.alert_id)
    .where(approval.c.kind == "mandate")
)


def alone(conn: Connection, alert_id: str) -> Alone | None:
    """How an alert was released alone; None when two people did."""
    found = conn.execute(_ALONE.where(approval.c.alert_id == alert_id)).one_or_none()
    return None if found is None else _alone(found)


def unreviewed(conn: Connection) -> list[str]:
    """Alerts that were released alone and that nobody has looked at since, oldest first."""
    query = sa.select(approval.c.alert_id).outerjoin(review, review.c.alert_id == approval.c.alert_id)
    query = query.where(approval.c.kind == "mandate", review.c.alert_id.is_(None)).join(
        alert, alert.c.id == approval.c.alert_id
    )
    return list(conn.scalars(query.order_by(approval.c.at)))


def _alone(found: sa.Row[Any]) -> Alone:
    return Alone(
        found.alert_id,
        found.approver_id,
        found.at,
        found.mandate_id,
        found.reviewer_id,
        found.text,
        found.reviewed_at,
    )


def add_review(conn: Connection, alert_id: str, reviewer_id: str, text: str, now: datetime) -> None:
    """Keep what an approver found of it. IntegrityError where a guard refuses, or somebody did before."""
    conn.execute(review.insert().values(alert_id=alert_id, reviewer_id=reviewer_id, text=text, at=now))
