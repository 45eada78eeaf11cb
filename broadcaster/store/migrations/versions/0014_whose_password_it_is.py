"""Who gave a person their password, and whether they chose one of their own since.

Revision 0014.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import Instant

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.add_column("person", sa.Column("password_given_by", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("password_given_at", Instant(), nullable=True))
    op.add_column("person", sa.Column("password_chosen_at", Instant(), nullable=True))
