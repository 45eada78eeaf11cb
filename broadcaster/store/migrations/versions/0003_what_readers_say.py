"""Readers who subscribed by themselves, and when they last said something.

Revision 0003.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.add_column("recipient", sa.Column("subscribed_at", Instant(), nullable=True))
    op.add_column("recipient", sa.Column("language_heard", sa.BigInteger(), nullable=True))
    op.add_column("address", sa.Column("heard", sa.BigInteger(), server_default="0", nullable=False))
