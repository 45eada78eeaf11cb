"""A second factor beside the password.

Revision 0005.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import Instant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.create_table(
        "second_factor",
        sa.Column("person_id", sa.Text(), sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
    )
