"""The queue, what was tried, and what providers say."""

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, Table, Text

from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.store.columns import BigId, Instant
from broadcaster.store.tables.schema import metadata

OPEN = "due_at IS NOT NULL"
"""SQL: a delivery that is not at rest. Claiming and starting leave `due_at` alone, so they cost the index
nothing (measured: an index on the state itself makes each of them twice as dear)."""
_OPEN = sa.text(OPEN)

expansion = Table(
    "expansion",
    metadata,
    Column("alert_id", Text, ForeignKey("approval.alert_id"), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("next_n", sa.Integer, nullable=False),
    Column("done_at", Instant),
    ForeignKeyConstraint(["alert_id", "lane"], ["approval.alert_id", "approval.lane"]),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("alert_id", Text, nullable=False),
    Column("n", sa.Integer, nullable=False),
    Column("lane", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_at", Instant, nullable=False),
    Column("due_at", Instant),  # when to send it (again); NULL when it is at rest
    Column("owner", Text),
    Column("epoch", sa.Integer, nullable=False, server_default="0"),
    Column("attempts", sa.Integer, nullable=False, server_default="0"),
    Column("transmissions", sa.Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    ForeignKeyConstraint(["alert_id", "lane"], ["approval.alert_id", "approval.lane"]),
    ForeignKeyConstraint(["alert_id", "n"], ["addressee.alert_id", "addressee.n"]),
    sa.UniqueConstraint("alert_id", "n"),
    # Every update of a delivery pays for this one: SQLite takes 0.1 µs for it, and 0.9 for a list with IN.
    CheckConstraint(f"'|{'|'.join(State)}|' LIKE '%|' || state || '|%'", name="state"),
    CheckConstraint(f"lane IN ('{Lane.LIVE}', '{Lane.DRILL}')", name="lane"),
    CheckConstraint("transmissions BETWEEN 0 AND 2", name="copies"),
    Index("delivery_open_index", "alert_id", "account", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

attempt = Table(
    "attempt",
    metadata,
    Column("delivery_id", BigId, ForeignKey("delivery.id"), primary_key=True),
    Column("epoch", sa.Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),  # accepted, a failure kind, or lost
    Column("provider_ref", Text),
    Column("provider_code", Text),
    Column("detail", Text),
    sqlite_with_rowid=False,
)

fact = Table(
    "fact",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("account", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("sealed", sa.LargeBinary, nullable=False),  # the provider's bytes
    Column("applied_at", Instant),
    Column("note", Text),
    Index(
        "fact_waiting_index",
        "id",
        sqlite_where=sa.text("applied_at IS NULL"),
        postgresql_where=sa.text("applied_at IS NULL"),
    ),
)
