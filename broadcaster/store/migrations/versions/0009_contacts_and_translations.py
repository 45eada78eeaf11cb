"""The register of verified contacts; and of each draft, who wrote and who checked its text in each language.

Revision 0009.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import Instant

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.create_table(
        "contact",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("replaces_id", sa.Text(), nullable=True),
        sa.Column("proposer_id", sa.Text(), nullable=False),
        sa.Column("proposed_at", Instant(), nullable=False),
        sa.Column("verifier_id", sa.Text(), nullable=True),
        sa.Column("verified_at", Instant(), nullable=True),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.Column("doubter_id", sa.Text(), nullable=True),
        sa.Column("doubted_at", Instant(), nullable=True),
        sa.Column("retirer_id", sa.Text(), nullable=True),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.CheckConstraint("kind IN ('phone', 'url', 'email', 'address')", name=op.f("contact_kind_check")),
        sa.CheckConstraint("verifier_id <> proposer_id", name=op.f("contact_second_person_check")),
        sa.CheckConstraint(
            "(verifier_id IS NULL) = (verified_at IS NULL) AND (verifier_id IS NULL) = (valid_until IS NULL)",
            name=op.f("contact_verified_check"),
        ),
        sa.CheckConstraint("(doubter_id IS NULL) = (doubted_at IS NULL)", name=op.f("contact_doubted_check")),
        sa.CheckConstraint("(retirer_id IS NULL) = (retired_at IS NULL)", name=op.f("contact_retired_check")),
        sa.CheckConstraint(
            "retirer_id IS NULL OR verifier_id IS NULL OR (doubter_id IS NOT NULL AND doubter_id <> retirer_id)",
            name=op.f("contact_two_retire_check"),
        ),
        *(
            sa.ForeignKeyConstraint([f"{who}_id"], ["person.id"], name=op.f(f"contact_{who}_id_fk"))
            for who in ("proposer", "verifier", "doubter", "retirer")
        ),
        sa.ForeignKeyConstraint(["replaces_id"], ["contact.id"], name=op.f("contact_replaces_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("contact_pk")),
    )
    op.create_index("contact_key_index", "contact", ["kind", "key"])
    op.add_column("draft", sa.Column("translations", sa.Text(), server_default="{}", nullable=False))
