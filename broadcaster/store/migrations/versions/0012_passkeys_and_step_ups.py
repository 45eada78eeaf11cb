"""Passkeys, accounts at a provider of OpenID Connect, and who showed again that it was them before approving.

Revision 0012.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import Instant

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.create_table(
        "passkey",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("blocked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("passkey_person_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("passkey_pk")),
        sa.UniqueConstraint("credential_id", name=op.f("passkey_credential_id_unique")),
    )
    op.create_table(
        "identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("linked_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("identity_person_id_fk")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("identity_pk")),
        sa.UniqueConstraint("issuer", "person_id", name=op.f("identity_issuer_person_id_unique")),
    )
    op.create_table(
        "step_up",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("step_up_session_id_fk")),
        sa.PrimaryKeyConstraint("session_id", "digest", name=op.f("step_up_pk")),
    )
    op.create_table(
        "spent_ticket",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("spent_ticket_pk")),
    )
