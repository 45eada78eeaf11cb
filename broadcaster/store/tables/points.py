"""What support points show, what hangs there, and what they tell back."""

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Index, Table, Text

from broadcaster.model.board import Mode
from broadcaster.model.device import DeviceKind
from broadcaster.store.columns import BigId, Instant, Json
from broadcaster.store.tables.schema import metadata, one_of, ref

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

device_code = Table(
    "device_code",
    metadata,
    Column("mark", sa.LargeBinary, primary_key=True),  # keyed hash of the code
    Column("point_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    one_of("kind", DeviceKind),
)

device = Table(
    "device",
    metadata,
    Column("id", Text, primary_key=True),
    Column("token_id", Text, sa.ForeignKey("token.id"), nullable=False, unique=True),
    Column("point_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kid", Text, unique=True),  # of the key that it signs reports with
    Column("x", Text),
    Column("enrolled_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    one_of("kind", DeviceKind),
    CheckConstraint("(kid IS NULL) = (x IS NULL)", name="key"),
)

report = Table(
    "report",
    metadata,
    Column("id", Text, primary_key=True),
    ref("device_id", "device.id"),
    Column("given_id", Text, nullable=False),  # as its device named it: once each
    Column("sha256", Text, nullable=False),  # of what came, signature and all
    Column("point_id", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False),  # by the device's clock
    Column("clock_known", sa.Boolean, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("content", Json, nullable=False),  # what was chosen from a list
    Column("sealed", sa.LargeBinary),  # what was written in own words
    ref("reader_id", "person.id", nullable=True),
    Column("read_at", Instant),
    sa.UniqueConstraint("device_id", "given_id"),
    Index("report_device_index", "device_id", "received_at"),
    Index("report_received_index", "kind", "received_at"),
    Index("report_point_index", "point_id", "received_at"),
    one_of("mode", Mode),
    CheckConstraint("kind IN ('opening', 'heard', 'urgent')", name="kind"),
    CheckConstraint("(reader_id IS NULL) = (read_at IS NULL)", name="read"),
)

sighting = Table(
    "sighting",
    metadata,
    # What was last seen of whoever fetches a board, at most once a minute; and what it said that it shows.
    Column("token_id", Text, sa.ForeignKey("token.id"), primary_key=True),
    Column("point_id", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("seen_at", Instant),
    Column("seq", BigId),  # of the board that it had then
    Column("screen_at", Instant),
    Column("screen_id", Text),  # of the report that said so
    Column("screen", Json),
    Column("paper_at", Instant),
    Column("paper_id", Text),
    Column("paper", Json),
    one_of("mode", Mode),
)

takedown = Table(
    "takedown",
    metadata,
    # Who was asked, and when, to take a number off the wall of a point.
    Column("point_id", Text, primary_key=True),
    Column("number", sa.Integer, primary_key=True),
    ref("person_id", "person.id"),
    Column("at", Instant, nullable=False),
)
