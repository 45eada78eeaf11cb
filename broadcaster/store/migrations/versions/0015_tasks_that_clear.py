"""What stands on a channel when the time of its alert is over is taken away: a second task of that alert and channel.

SQLite changes no constraint of a table that is there: it is made anew, and what it held is put back.

Revision 0015.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import Instant

revision = "0015"
down_revision = "0014"

_COLUMNS = "id, alert_id, manual_id, state, made_at, due_at, owner_id, placed_at, place, reason, closer_id, closed_at"
_UNIQUE = ("alert_id", "manual_id", "clears")


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TEMPORARY TABLE kept_task AS SELECT {_COLUMNS} FROM task")
        op.drop_table("task")
        _make()
        op.execute(f"INSERT INTO task ({_COLUMNS}) SELECT {_COLUMNS} FROM kept_task")
        op.execute("DROP TABLE kept_task")
        return
    op.add_column("task", sa.Column("clears", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_constraint(op.f("task_alert_id_manual_id_unique"), "task")
    op.create_unique_constraint(op.f("task_alert_id_manual_id_clears_unique"), "task", _UNIQUE)


def _make() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("manual_id", sa.Text(), nullable=False),
        sa.Column("clears", sa.Boolean(), server_default=sa.false(), nullable=False),
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
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("task_owner_id_fk")),
        sa.ForeignKeyConstraint(["closer_id"], ["person.id"], name=op.f("task_closer_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("task_pk")),
        sa.UniqueConstraint(*_UNIQUE, name=op.f("task_alert_id_manual_id_clears_unique")),
    )
    op.create_index("task_open_index", "task", ["due_at"], sqlite_where=sa.text("state = 'open'"))
