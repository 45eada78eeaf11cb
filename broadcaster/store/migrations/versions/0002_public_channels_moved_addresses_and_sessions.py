"""Public channels among the recipients, addresses that moved, and sessions of browsers.

Revision 0002.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.add_column("recipient", sa.Column("public", sa.Boolean(), server_default=sa.false(), nullable=False))
    # Written out: Alembic has SQLite copy the table for a reference, and a copy loses its triggers. Both engines read this.
    reference = "CONSTRAINT address_moved_to_id_fk REFERENCES address (id)"
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE address ADD COLUMN moved_to_id {number} {reference}")
    op.create_table(
        "session",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("session_person_id_fk")),
        sa.PrimaryKeyConstraint("hash", name=op.f("session_pk")),
        sa.UniqueConstraint("id", name=op.f("session_id_unique")),
    )
