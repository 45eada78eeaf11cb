"""An addressee of a withdrawal whose own message may still turn out never to have gone out.

Revision 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.add_column("addressee", sa.Column("pending_n", sa.Integer(), nullable=True))
