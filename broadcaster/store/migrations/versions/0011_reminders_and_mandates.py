"""Where colleagues are reached and what they were reminded of; mandates that are proposed, held and reviewed.

Revision 0011.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import Instant

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    _reminders()
    _mandates()


def _reminders() -> None:
    op.create_table(
        "person_contact",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint("kind IN ('sms', 'email')", name=op.f("person_contact_kind_check")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("person_contact_person_id_fk")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("person_contact_pk")),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", Instant(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.CheckConstraint("about IN ('approval', 'update', 'mandate')", name=op.f("reminder_about_check")),
        sa.CheckConstraint(
            "state IN ('due', 'sending', 'sent', 'failed', 'uncertain', 'dropped', 'rehearsed')",
            name=op.f("reminder_state_check"),
        ),
        sa.CheckConstraint("lane = 'live' OR state IN ('rehearsed', 'dropped')", name=op.f("reminder_rehearsed_check")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("reminder_alert_id_fk")),
        sa.ForeignKeyConstraint(
            ["alert_id", "lane"], ["alert.id", "alert.lane"], name=op.f("reminder_alert_id_lane_fk")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("reminder_person_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("reminder_pk")),
        sa.UniqueConstraint(
            "alert_id",
            "about",
            "turn",
            "person_id",
            "kind",
            name=op.f("reminder_alert_id_about_turn_person_id_kind_unique"),
        ),
    )
    op.create_index("reminder_state_index", "reminder", ["state"])


def _mandates() -> None:
    op.create_table(
        "mandate_proposal",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("scenario_sha256", sa.Text(), nullable=False),
        sa.Column("limits", sa.Text(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.Text(), nullable=False),
        sa.Column("proposer_id", sa.Text(), nullable=False),
        sa.Column("proposed_at", Instant(), nullable=False),
        sa.Column("valid_until", Instant(), nullable=False),
        sa.Column("dropped_at", Instant(), nullable=True),
        sa.CheckConstraint("holder_id <> proposer_id", name=op.f("mandate_proposal_others_check")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("mandate_proposal_organisation_id_fk")
        ),
        sa.ForeignKeyConstraint(["holder_id"], ["person.id"], name=op.f("mandate_proposal_holder_id_fk")),
        sa.ForeignKeyConstraint(["proposer_id"], ["person.id"], name=op.f("mandate_proposal_proposer_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("mandate_proposal_pk")),
    )
    # In SQL: Alembic adds no column with a foreign key on SQLite, though SQLite does.
    op.execute("ALTER TABLE mandate ADD COLUMN holder_id TEXT CONSTRAINT mandate_holder_id_fk REFERENCES person (id)")
    op.add_column("mandate", sa.Column("most", sa.Integer(), server_default="0", nullable=False))
    op.add_column("alert", sa.Column("scenario_sha256", sa.Text(), nullable=True))
    op.create_table(
        "review",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["approval.alert_id"], name=op.f("review_alert_id_fk")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["person.id"], name=op.f("review_reviewer_id_fk")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("review_pk")),
    )
