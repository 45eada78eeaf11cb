"""What was submitted, who approved it, and when it goes out."""

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Computed, ForeignKey, ForeignKeyConstraint, Index, Table, Text

from broadcaster.model.alert import Stage
from broadcaster.model.cap import MsgType, Status
from broadcaster.model.finding import FindingKind
from broadcaster.store.columns import Instant, Json
from broadcaster.store.tables.schema import metadata, one_of, ref

alert = Table(
    "alert",
    metadata,
    Column("id", Text, primary_key=True),
    ref("draft_id", "draft.id"),
    Column("revision", sa.Integer, nullable=False),
    ref("organisation_id", "organisation.id"),
    ref("incident_id", "incident.id", nullable=True),
    Column("number", sa.Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("lane", Text, Computed("CASE status WHEN 'Actual' THEN 'live' ELSE 'drill' END", persisted=True)),
    Column("msg_type", Text, nullable=False),
    ref("replaces_id", "alert.id", nullable=True),
    Column("content", Json, nullable=False),
    Column("severity_rank", sa.SmallInteger, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("release_at", Instant),
    Column("zone", Text, nullable=False),
    # Written once, by freezing: until then the digest is empty and nothing can refer to it.
    Column("digest", Text, nullable=False, server_default=""),
    Column("addressee_count", sa.Integer, nullable=False, server_default="0"),
    Column("addressee_sha256", Text, nullable=False, server_default=""),
    ref("submitter_id", "person.id", nullable=True),
    Column("frozen_at", Instant),
    Column("stage", Text, nullable=False),
    Column("halted_at", Instant),
    Column("superseded_at", Instant),
    Column("swept_at", Instant),
    # Of the scenario as it was when its texts were made; a mandate is for one such version.
    Column("scenario_sha256", Text),
    ForeignKeyConstraint(["draft_id", "revision"], ["draft_revision.draft_id", "draft_revision.revision"]),
    sa.UniqueConstraint("organisation_id", "number"),
    sa.UniqueConstraint("id", "lane"),
    sa.UniqueConstraint("id", "digest", "lane"),
    Index("alert_stage_index", "stage"),
    one_of("status", Status),
    one_of("msg_type", MsgType),
    one_of("stage", Stage),
)

rendition = Table(
    "rendition",
    metadata,
    Column("alert_id", Text, ForeignKey("alert.id"), primary_key=True),
    Column("position", sa.SmallInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("subject", Text),
    Column("text", Text, nullable=False),
    Column("html", Text),
    Column("payload", sa.LargeBinary, nullable=False),
    Column("holes", Json, nullable=False),
    Column("encoding", Text),
    Column("segments", sa.Integer),
    sa.UniqueConstraint("alert_id", "kind", "language"),
)

finding = Table(
    "finding",
    metadata,
    Column("alert_id", Text, ForeignKey("alert.id"), primary_key=True),
    Column("position", sa.Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("message", Text, nullable=False),
    one_of("kind", FindingKind),
)

recording = Table(
    "recording",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("raw", sa.LargeBinary, nullable=False),
    Column("added_at", Instant, nullable=False),
)

listening = Table(
    "listening",
    metadata,
    Column("alert_id", Text, ForeignKey("alert.id"), primary_key=True),
    Column("sha256", Text, ForeignKey("recording.sha256"), primary_key=True),
    Column("person_id", Text, ForeignKey("person.id"), primary_key=True),
    Column("at", Instant, nullable=False),
)

mandate_proposal = Table(
    "mandate_proposal",
    metadata,
    Column("id", Text, primary_key=True),
    ref("organisation_id", "organisation.id"),
    Column("scenario", Text, nullable=False),
    Column("scenario_sha256", Text, nullable=False),
    Column("limits", Json, nullable=False),
    Column("most", sa.Integer, nullable=False),
    ref("holder_id", "person.id"),
    ref("proposer_id", "person.id"),
    Column("proposed_at", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("dropped_at", Instant),
    CheckConstraint("holder_id <> proposer_id", name="others"),
)

mandate = Table(
    "mandate",
    metadata,
    Column("id", Text, primary_key=True),
    ref("organisation_id", "organisation.id"),
    Column("scenario", Text, nullable=False),
    Column("scenario_sha256", Text, nullable=False),
    Column("limits", Json, nullable=False),
    ref("first_signer_id", "person.id"),
    ref("second_signer_id", "person.id"),
    Column("signed_at", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("revoked_at", Instant),
    ref("holder_id", "person.id", nullable=True),  # without one it releases nothing
    Column("most", sa.Integer, nullable=False, server_default="0"),
    CheckConstraint("first_signer_id <> second_signer_id", name="two_signers"),
)

approval = Table(
    "approval",
    metadata,
    Column("alert_id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("kind", Text, nullable=False),
    ref("approver_id", "person.id"),
    ref("mandate_id", "mandate.id", nullable=True),
    Column("accepts", Json, nullable=False),
    Column("expected", sa.Integer),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["alert_id", "digest", "lane"], ["alert.id", "alert.digest", "alert.lane"]),
    sa.UniqueConstraint("alert_id", "lane"),
    CheckConstraint("kind IN ('second-person', 'mandate')", name="kind"),
    CheckConstraint("(kind = 'mandate') = (mandate_id IS NOT NULL)", name="mandate"),
)

review = Table(
    "review",
    metadata,
    Column("alert_id", Text, ForeignKey("approval.alert_id"), primary_key=True),
    ref("reviewer_id", "person.id"),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

cap_document = Table(
    "cap_document",
    metadata,
    Column("alert_id", Text, ForeignKey("approval.alert_id"), primary_key=True),
    Column("sender", Text, nullable=False),  # later messages refer to it by this, whatever the configuration says then
    Column("document", sa.LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
)

schedule = Table(
    "schedule",
    metadata,
    Column("alert_id", Text, ForeignKey("approval.alert_id"), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("zone", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    # held: late beyond its grace, so an officer decides.
    CheckConstraint("state IN ('waiting', 'held', 'released', 'dropped')", name="state"),
)
