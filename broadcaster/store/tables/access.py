"""How people show that it is them, beside a password: passkeys, accounts elsewhere, and what was shown when."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table, Text

from broadcaster.store.columns import Instant
from broadcaster.store.tables.schema import metadata, ref

passkey = Table(
    "passkey",
    metadata,
    Column("id", Text, primary_key=True),
    ref("person_id", "person.id"),
    Column("credential_id", sa.LargeBinary, nullable=False, unique=True),  # by which a browser knows it
    Column("public_key", sa.LargeBinary, nullable=False),  # COSE (RFC 9052)
    Column("sign_count", sa.BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("blocked_at", Instant),  # it signed with a count that it had passed: there are two of it
)

identity = Table(
    "identity",
    metadata,
    # Who somebody is at a provider of OpenID Connect: the pair is unique and never given to another (Core 1.0, 5.7).
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    ref("person_id", "person.id"),
    Column("linked_at", Instant, nullable=False),
    sa.UniqueConstraint("issuer", "person_id"),
)

step_up = Table(
    "step_up",
    metadata,
    Column("session_id", Text, ForeignKey("session.id"), primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

spent_ticket = Table(
    "spent_ticket",
    metadata,
    Column("mark", sa.LargeBinary, primary_key=True),  # SHA-256 of the ticket's random bits
    Column("until", Instant, nullable=False),  # from here on the ticket is too old anyway
)
