"""Messages read aloud, and who listened to them.

Revision 0007.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import Instant

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.create_table(
        "recording",
        sa.Column("sha256", sa.Text(), primary_key=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
    )
    op.create_table(
        "listening",
        sa.Column("alert_id", sa.Text(), sa.ForeignKey("alert.id"), primary_key=True),
        sa.Column("sha256", sa.Text(), sa.ForeignKey("recording.sha256"), primary_key=True),
        sa.Column("person_id", sa.Text(), sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("at", Instant(), nullable=False),
    )
