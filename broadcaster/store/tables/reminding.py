"""Where colleagues are reached, and what they were reminded of."""

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, Table, Text

from broadcaster.model.reminding import About, Sent
from broadcaster.store.columns import Instant
from broadcaster.store.tables.schema import metadata, one_of, ref

person_contact = Table(
    "person_contact",
    metadata,
    Column("person_id", Text, ForeignKey("person.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("sealed", sa.LargeBinary, nullable=False),
    Column("changed_at", Instant, nullable=False),
    CheckConstraint("kind IN ('sms', 'email')", name="kind"),
)

reminder = Table(
    "reminder",
    metadata,
    Column("id", Text, primary_key=True),
    ref("alert_id", "alert.id"),
    Column("lane", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("turn", sa.Integer, nullable=False),
    ref("person_id", "person.id"),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_at", Instant, nullable=False),
    Column("account", Text),
    # Nobody hears of the same turn twice, however many hubs look at the clock.
    sa.UniqueConstraint("alert_id", "about", "turn", "person_id", "kind"),
    ForeignKeyConstraint(["alert_id", "lane"], ["alert.id", "alert.lane"]),
    Index("reminder_state_index", "state"),
    one_of("about", About),
    one_of("state", Sent),
    # What an exercise would have sent stands here to be read, and can be in no state in which it is sent.
    CheckConstraint("lane = 'live' OR state IN ('rehearsed', 'dropped')", name="rehearsed"),
)
