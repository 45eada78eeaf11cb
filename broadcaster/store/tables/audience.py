"""Who is reached, and where."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Table, Text

from broadcaster.store.columns import BigId, Instant
from broadcaster.store.tables.schema import metadata, ref

recipient = Table(
    "recipient",
    metadata,
    Column("id", BigId, primary_key=True),
    ref("organisation_id", "organisation.id"),
    Column("name", sa.LargeBinary, nullable=False),  # sealed
    Column("language", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("retired_at", Instant),
    # A public channel of ours, which anybody may read: it gets every alert of its kind, wherever that is.
    Column("public", sa.Boolean, nullable=False, server_default=sa.false()),
    # Asked for our messages by itself, so no audience file takes it away.
    Column("subscribed_at", Instant),
    # When it chose its language, as `address.heard`.
    Column("language_heard", sa.BigInteger),
)

audience_group = Table(
    "audience_group",
    metadata,
    Column("id", BigId, primary_key=True),
    ref("organisation_id", "organisation.id"),
    Column("name", Text, nullable=False),
    sa.UniqueConstraint("organisation_id", "name"),
)

recipient_group = Table(
    "recipient_group",
    metadata,
    Column("group_id", BigId, ForeignKey("audience_group.id"), primary_key=True),
    Column("recipient_id", BigId, ForeignKey("recipient.id"), primary_key=True, index=True),
)

recipient_area = Table(
    "recipient_area",
    metadata,
    Column("area_id", Text, primary_key=True),
    Column("recipient_id", BigId, ForeignKey("recipient.id"), primary_key=True, index=True),
)

address = Table(
    "address",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("recipient_id", BigId, ForeignKey("recipient.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("sealed", sa.LargeBinary, nullable=False),
    Column("mark", sa.LargeBinary, nullable=False),  # keyed hash: equal addresses, without their text
    Column("added_at", Instant, nullable=False),
    Column("retired_at", Instant),
    Column("opted_out_at", Instant),
    Column(
        "moved_to_id", BigId, ForeignKey("address.id")
    ),  # the same reader under another address, by its provider's word
    # Microseconds since 1970 by the provider's own clock of the last start or stop that was applied: an earlier one
    # that comes late changes nothing.
    Column("heard", sa.BigInteger, nullable=False, server_default="0"),
    Index("address_mark_index", "kind", "mark"),
)

addressee = Table(
    "addressee",
    metadata,
    Column("alert_id", Text, ForeignKey("alert.id"), primary_key=True),
    Column("n", sa.Integer, primary_key=True),
    Column("address_id", BigId, ForeignKey("address.id"), nullable=False),
    Column("rendition", sa.SmallInteger, nullable=False),
    # Of a withdrawal: only if the message to this addressee of what it replaces went out.
    Column("pending_n", sa.Integer),
    ForeignKeyConstraint(["alert_id", "rendition"], ["rendition.alert_id", "rendition.position"]),
    sqlite_with_rowid=False,
)
