"""Channels that people work by hand, and what there is to do on each for an alert."""

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text

from broadcaster.model.task import TaskState
from broadcaster.store.columns import Instant, Json
from broadcaster.store.tables.schema import metadata, one_of, ref

manual = Table(
    "manual",
    metadata,
    Column("id", Text, primary_key=True),
    Column("position", sa.Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),  # which text is prepared for it
    Column("opens", Json, nullable=False),  # minutes by severity
    Column("retired_at", Instant),  # no longer in the configuration
)

task = Table(
    "task",
    metadata,
    Column("id", Text, primary_key=True),
    Column("alert_id", Text, ForeignKey("alert.id"), nullable=False),
    Column("manual_id", Text, ForeignKey("manual.id"), nullable=False),
    Column("clears", sa.Boolean, nullable=False, server_default=sa.false()),  # asked for once the alert's time was over
    Column("state", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("due_at", Instant),  # NULL: nobody asked for it
    ref("owner_id", "person.id", nullable=True),
    Column("placed_at", Instant),
    Column("place", Text),  # where, in the words of whoever placed it
    Column("reason", Text),
    ref("closer_id", "person.id", nullable=True),
    Column("closed_at", Instant),
    sa.UniqueConstraint("alert_id", "manual_id", "clears"),
    one_of("state", TaskState),
    CheckConstraint("(state = 'placed') = (placed_at IS NOT NULL)", name="placed"),
    CheckConstraint("(state = 'not-needed') = (reason IS NOT NULL)", name="reason"),
    CheckConstraint(
        "(state IN ('placed', 'not-needed')) = (closer_id IS NOT NULL) AND (closer_id IS NULL) = (closed_at IS NULL)",
        name="closed",
    ),
    CheckConstraint("state <> 'open' OR due_at IS NOT NULL", name="due"),
    Index(
        "task_open_index", "due_at", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
    ),
)
