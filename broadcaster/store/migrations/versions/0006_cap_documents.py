"""The CAP document of an approved alert, as it went out.

Revision 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.create_table(
        "cap_document",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["approval.alert_id"], name=op.f("cap_document_alert_id_fk")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("cap_document_pk")),
    )
