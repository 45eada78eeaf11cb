"""Devices let in by a one-time code; what points report; what each screen was last seen to show.

Revision 0010.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import Instant

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    kind, mode = "kind IN ('display', 'relay')", "mode IN ('live', 'exercise')"
    op.create_table(
        "device_code",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("point_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.CheckConstraint(kind, name=op.f("device_code_kind_check")),
        sa.PrimaryKeyConstraint("mark", name=op.f("device_code_pk")),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("point_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=True),
        sa.Column("x", sa.Text(), nullable=True),
        sa.Column("enrolled_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.CheckConstraint(kind, name=op.f("device_kind_check")),
        sa.CheckConstraint("(kid IS NULL) = (x IS NULL)", name=op.f("device_key_check")),
        sa.ForeignKeyConstraint(["token_id"], ["token.id"], name=op.f("device_token_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("device_pk")),
        sa.UniqueConstraint("token_id", name=op.f("device_token_id_unique")),
        sa.UniqueConstraint("kid", name=op.f("device_kid_unique")),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("given_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("point_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("clock_known", sa.Boolean(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reader_id", sa.Text(), nullable=True),
        sa.Column("read_at", Instant(), nullable=True),
        sa.CheckConstraint(mode, name=op.f("report_mode_check")),
        sa.CheckConstraint("kind IN ('opening', 'heard', 'urgent')", name=op.f("report_kind_check")),
        sa.CheckConstraint("(reader_id IS NULL) = (read_at IS NULL)", name=op.f("report_read_check")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("report_device_id_fk")),
        sa.ForeignKeyConstraint(["reader_id"], ["person.id"], name=op.f("report_reader_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("report_pk")),
        sa.UniqueConstraint("device_id", "given_id", name=op.f("report_device_id_given_id_unique")),
    )
    op.create_index("report_device_index", "report", ["device_id", "received_at"])
    op.create_index("report_received_index", "report", ["kind", "received_at"])
    op.create_index("report_point_index", "report", ["point_id", "received_at"])
    op.create_table(
        "sighting",
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("point_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("screen_at", Instant(), nullable=True),
        sa.Column("screen_id", sa.Text(), nullable=True),
        sa.Column("screen", sa.Text(), nullable=True),
        sa.Column("paper_at", Instant(), nullable=True),
        sa.Column("paper_id", sa.Text(), nullable=True),
        sa.Column("paper", sa.Text(), nullable=True),
        sa.CheckConstraint(mode, name=op.f("sighting_mode_check")),
        sa.ForeignKeyConstraint(["token_id"], ["token.id"], name=op.f("sighting_token_id_fk")),
        sa.PrimaryKeyConstraint("token_id", "point_id", "mode", name=op.f("sighting_pk")),
    )
    op.create_table(
        "takedown",
        sa.Column("point_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("takedown_person_id_fk")),
        sa.PrimaryKeyConstraint("point_id", "number", name=op.f("takedown_pk")),
    )
