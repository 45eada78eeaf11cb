"""Who works with it, and how they are known."""

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Table, Text

from broadcaster.model.people import Role
from broadcaster.store.columns import Instant
from broadcaster.store.tables.schema import metadata, one_of, ref

person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    Column("password_given_by", Text),  # a person's id, or that of who is at the hub's own machine
    Column("password_given_at", Instant),  # somebody else gave it
    Column("password_chosen_at", Instant),  # the person took one of their own since
)

person_role = Table(
    "person_role",
    metadata,
    Column("person_id", Text, ForeignKey("person.id"), primary_key=True),
    Column("role", Text, primary_key=True),
    one_of("role", Role),
)

token = Table(
    "token",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", sa.LargeBinary, nullable=False, unique=True),
    ref("person_id", "person.id", nullable=True),
    Column("point_id", Text),
    Column("role", Text),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    # A token belongs to a person, to a display at a point, or to a machine that may only draft.
    CheckConstraint(
        "(person_id IS NOT NULL AND point_id IS NULL AND role IS NULL)"
        " OR (person_id IS NULL AND point_id IS NOT NULL AND role IS NULL)"
        " OR (person_id IS NULL AND point_id IS NULL AND role = 'author')",
        name="owner",
    ),
)

session = Table(
    "session",
    metadata,
    Column("hash", sa.LargeBinary, primary_key=True),  # SHA-256 of what the browser's cookie holds
    Column("id", Text, nullable=False, unique=True),
    ref("person_id", "person.id"),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

second_factor = Table(
    "second_factor",
    metadata,
    Column("person_id", Text, ForeignKey("person.id"), primary_key=True),
    Column("sealed", sa.LargeBinary, nullable=False),  # the secret of a code app
    Column("added_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("last_step", sa.BigInteger, nullable=False, server_default="0"),  # the newest step whose code was used
)
