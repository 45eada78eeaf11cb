"""What officers write."""

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Table, Text

from broadcaster.model.cap import MsgType, Status
from broadcaster.store.columns import Instant, Json
from broadcaster.store.tables.schema import metadata, one_of, ref

draft = Table(
    "draft",
    metadata,
    Column("id", Text, primary_key=True),
    ref("organisation_id", "organisation.id"),
    ref("incident_id", "incident.id", nullable=True),
    Column("status", Text, nullable=False),
    Column("msg_type", Text, nullable=False, server_default=MsgType.ALERT.value),
    Column("replaces_id", Text),  # an alert; the alert made from this draft holds the reference
    Column("stage", Text, nullable=False),
    Column("revision", sa.Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    Column("translations", Json, nullable=False, server_default="{}"),  # see model.translations
    one_of("status", Status),
    one_of("msg_type", MsgType),
    CheckConstraint("stage IN ('draft', 'submitted', 'approved')", name="stage"),
)

draft_revision = Table(
    "draft_revision",
    metadata,
    Column("draft_id", Text, ForeignKey("draft.id"), primary_key=True),
    Column("revision", sa.Integer, primary_key=True),
    Column("content", Json, nullable=False),
    ref("author_id", "person.id", nullable=True),
    ref("token_id", "token.id", nullable=True),
    Column("at", Instant, nullable=False),
)
