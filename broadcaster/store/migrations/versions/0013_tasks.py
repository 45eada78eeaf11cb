"""Channels that people work by hand, and what there is to do on each for an alert.

Revision 0013.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import Instant

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.create_table(
        "manual",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("opens", sa.Text(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("manual_pk")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("manual_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("placed_at", Instant(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("closer_id", sa.Text(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('offered', 'open', 'placed', 'not-needed')", name=op.f("task_state_check")),
        sa.CheckConstraint("(state = 'placed') = (placed_at IS NOT NULL)", name=op.f("task_placed_check")),
        sa.CheckConstraint("(state = 'not-needed') = (reason IS NOT NULL)", name=op.f("task_reason_check")),
        sa.CheckConstraint(
            "(state IN ('placed', 'not-needed')) = (closer_id IS NOT NULL)"
            " AND (closer_id IS NULL) = (closed_at IS NULL)",
            name=op.f("task_closed_check"),
        ),
        sa.CheckConstraint("state <> 'open' OR due_at IS NOT NULL", name=op.f("task_due_check")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("task_alert_id_fk")),
        sa.ForeignKeyConstraint(["manual_id"], ["manual.id"], name=op.f("task_manual_id_fk")),
        *(
            sa.ForeignKeyConstraint([f"{who}_id"], ["person.id"], name=op.f(f"task_{who}_id_fk"))
            for who in ("owner", "closer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("task_pk")),
        sa.UniqueConstraint("alert_id", "manual_id", name=op.f("task_alert_id_manual_id_unique")),
    )
    is_open = sa.text("state = 'open'")
    op.create_index("task_open_index", "task", ["due_at"], sqlite_where=is_open, postgresql_where=is_open)
