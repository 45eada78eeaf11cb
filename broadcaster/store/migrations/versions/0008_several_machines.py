"""Accounts shared out over processes, and a database that may not send.

Revision 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.add_column("worker", sa.Column("accounts", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "lease",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("lane", "account", name="lease_pk"),
        sa.ForeignKeyConstraint(["owner"], ["worker.id"], name="lease_owner_fk"),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("server", sa.Text(), nullable=True),
        sa.Column("held_kind", sa.Text(), nullable=True),
        sa.Column("held_why", sa.Text(), nullable=True),
        sa.Column("held_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="installation_pk"),
        sa.CheckConstraint("id = 1", name="installation_one_check"),
        sa.CheckConstraint("(held_kind IS NULL) = (held_at IS NULL)", name="installation_held_check"),
    )
