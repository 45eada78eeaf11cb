"""What the processes themselves keep."""

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Table, Text

from broadcaster.store.columns import BigId, Instant, Json
from broadcaster.store.tables.schema import metadata, ref

journal = Table(
    "journal",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("object", Text, nullable=False, index=True),
    Column("data", Json, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

worker = Table(
    "worker",
    metadata,
    Column("id", Text, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("beat", BigId, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("accounts", Json, nullable=False, server_default="[]"),  # those it may drive, where they are shared out
)

lease = Table(
    "lease",
    metadata,
    # Which process drives an account, where several live: its pace and its breaker are in that one's memory.
    Column("lane", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    ref("owner", "worker.id", nullable=True),
    Column("is_open", sa.Boolean, nullable=False, server_default=sa.false()),  # its breaker, for the others
)

installation = Table(
    "installation",
    metadata,
    # One row. Which server this is the database of, and why nothing may be sent from it, if so.
    Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    Column("server", Text),
    Column("held_kind", Text),
    Column("held_why", Text),
    Column("held_at", Instant),
    CheckConstraint("id = 1", name="one"),
    CheckConstraint("(held_kind IS NULL) = (held_at IS NULL)", name="held"),
)

answer = Table(
    "answer",
    metadata,
    # The stored answer to a write with an Idempotency-Key.
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_sha256", Text, nullable=False),
    Column("status_code", sa.Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("headers", Json, nullable=False),
    Column("at", Instant, nullable=False),
)
