"""What support points show."""

import sqlalchemy as sa
from sqlalchemy import Column, Table, Text

from broadcaster.model.board import Mode
from broadcaster.store.columns import BigId, Instant
from broadcaster.store.tables.schema import metadata, one_of

board = Table(
    "board",
    metadata,
    Column("point_id", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("seq", BigId, nullable=False),
    Column("signed_seq", BigId, nullable=False, server_default="0"),
    Column("key_epoch", sa.Integer, nullable=False, server_default="1"),
    Column("jws", Text),
    Column("issued_at", Instant),
    one_of("mode", Mode),
)

board_key = Table(
    "board_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("epoch", sa.Integer, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("retired_at", Instant),
    one_of("mode", Mode),
    sa.UniqueConstraint("mode", "epoch"),
)
