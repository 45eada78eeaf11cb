"""Whose name alerts carry, what they belong to, and what they may mention."""

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Index, Table, Text

from broadcaster.model.contacts import ContactKind
from broadcaster.store.columns import Instant
from broadcaster.store.tables.schema import metadata, one_of, ref

organisation = Table(
    "organisation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("last_number", sa.Integer, nullable=False, server_default="0"),
)

incident = Table(
    "incident",
    metadata,
    Column("id", Text, primary_key=True),
    ref("organisation_id", "organisation.id"),
    Column("name", Text, nullable=False),
    Column("grip", sa.Integer, nullable=False, server_default="0"),
    Column("phase", Text, nullable=False, server_default="first-72-hours"),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    CheckConstraint("phase IN ('cold', 'first-72-hours', 'aftermath')", name="phase"),
)

contact = Table(
    "contact",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("label", Text, nullable=False),
    ref("replaces_id", "contact.id", nullable=True),
    ref("proposer_id", "person.id"),
    Column("proposed_at", Instant, nullable=False),
    ref("verifier_id", "person.id", nullable=True),
    Column("verified_at", Instant),
    Column("valid_until", Instant),
    ref("doubter_id", "person.id", nullable=True),
    Column("doubted_at", Instant),
    ref("retirer_id", "person.id", nullable=True),
    Column("retired_at", Instant),
    Index("contact_key_index", "kind", "key"),
    one_of("kind", ContactKind),
    CheckConstraint("verifier_id <> proposer_id", name="second_person"),
    CheckConstraint(
        "(verifier_id IS NULL) = (verified_at IS NULL) AND (verifier_id IS NULL) = (valid_until IS NULL)",
        name="verified",
    ),
    CheckConstraint("(doubter_id IS NULL) = (doubted_at IS NULL)", name="doubted"),
    CheckConstraint("(retirer_id IS NULL) = (retired_at IS NULL)", name="retired"),
    # What nobody verified one person may put away; what was verified needs two.
    CheckConstraint(
        "retirer_id IS NULL OR verifier_id IS NULL OR (doubter_id IS NOT NULL AND doubter_id <> retirer_id)",
        name="two_retire",
    ),
)
