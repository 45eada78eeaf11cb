"""The whole schema, the same on SQLite and PostgreSQL.

The walls that a schema can hold are here: a delivery refers to an approval of its own lane and to a
frozen addressee; an approval refers to an alert of the same digest and lane; the lane is computed
from the status. What only a trigger can hold is in `guards`.
"""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Computed, ForeignKey, ForeignKeyConstraint, Index, Table, Text

from broadcaster.model.alert import Stage
from broadcaster.model.board import Mode
from broadcaster.model.cap import Lane, MsgType, Status
from broadcaster.model.contacts import ContactKind
from broadcaster.model.delivery import State
from broadcaster.model.finding import FindingKind
from broadcaster.model.people import Role
from broadcaster.store.columns import BigId, Instant, Json

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_unique",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_index",
    }
)


OPEN = "due_at IS NOT NULL"
"""SQL: a delivery that is not at rest. Claiming and starting leave `due_at` alone, so they cost the index
nothing (measured: an index on the state itself makes each of them twice as dear)."""


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(v.value) for v in values)})", name=column)


def _ref(name: str, target: str, *, nullable: bool = False) -> "Column[str]":
    return Column(name, Text, ForeignKey(target), nullable=nullable)


_OPEN = sa.text(OPEN)

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
    _ref("organisation_id", "organisation.id"),
    Column("name", Text, nullable=False),
    Column("grip", sa.Integer, nullable=False, server_default="0"),
    Column("phase", Text, nullable=False, server_default="first-72-hours"),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    CheckConstraint("phase IN ('cold', 'first-72-hours', 'aftermath')", name="phase"),
)

person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

person_role = Table(
    "person_role",
    metadata,
    Column("person_id", Text, ForeignKey("person.id"), primary_key=True),
    Column("role", Text, primary_key=True),
    _one_of("role", Role),
)

token = Table(
    "token",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", sa.LargeBinary, nullable=False, unique=True),
    _ref("person_id", "person.id", nullable=True),
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
    _ref("person_id", "person.id"),
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

draft = Table(
    "draft",
    metadata,
    Column("id", Text, primary_key=True),
    _ref("organisation_id", "organisation.id"),
    _ref("incident_id", "incident.id", nullable=True),
    Column("status", Text, nullable=False),
    Column("msg_type", Text, nullable=False, server_default=MsgType.ALERT.value),
    Column("replaces_id", Text),  # an alert; the alert made from this draft holds the reference
    Column("stage", Text, nullable=False),
    Column("revision", sa.Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    Column("translations", Json, nullable=False, server_default="{}"),  # see model.translations
    _one_of("status", Status),
    _one_of("msg_type", MsgType),
    CheckConstraint("stage IN ('draft', 'submitted', 'approved')", name="stage"),
)

draft_revision = Table(
    "draft_revision",
    metadata,
    Column("draft_id", Text, ForeignKey("draft.id"), primary_key=True),
    Column("revision", sa.Integer, primary_key=True),
    Column("content", Json, nullable=False),
    _ref("author_id", "person.id", nullable=True),
    _ref("token_id", "token.id", nullable=True),
    Column("at", Instant, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    Column("id", Text, primary_key=True),
    _ref("draft_id", "draft.id"),
    Column("revision", sa.Integer, nullable=False),
    _ref("organisation_id", "organisation.id"),
    _ref("incident_id", "incident.id", nullable=True),
    Column("number", sa.Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("lane", Text, Computed("CASE status WHEN 'Actual' THEN 'live' ELSE 'drill' END", persisted=True)),
    Column("msg_type", Text, nullable=False),
    _ref("replaces_id", "alert.id", nullable=True),
    Column("content", Json, nullable=False),
    Column("severity_rank", sa.SmallInteger, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("release_at", Instant),
    Column("zone", Text, nullable=False),
    # Written once, by freezing: until then the digest is empty and nothing can refer to it.
    Column("digest", Text, nullable=False, server_default=""),
    Column("addressee_count", sa.Integer, nullable=False, server_default="0"),
    Column("addressee_sha256", Text, nullable=False, server_default=""),
    _ref("submitter_id", "person.id", nullable=True),
    Column("frozen_at", Instant),
    Column("stage", Text, nullable=False),
    Column("halted_at", Instant),
    Column("superseded_at", Instant),
    Column("swept_at", Instant),
    ForeignKeyConstraint(["draft_id", "revision"], ["draft_revision.draft_id", "draft_revision.revision"]),
    sa.UniqueConstraint("organisation_id", "number"),
    sa.UniqueConstraint("id", "lane"),
    sa.UniqueConstraint("id", "digest", "lane"),
    Index("alert_stage_index", "stage"),
    _one_of("status", Status),
    _one_of("msg_type", MsgType),
    _one_of("stage", Stage),
)

rendition = Table(
    "rendition",
    metadata,
    Column("alert_id", Text, ForeignKey("alert.id"), primary_key=True),
    Column("position", sa.SmallInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("subject", Text),
    Column("text", Text, nullable=False),
    Column("html", Text),
    Column("payload", sa.LargeBinary, nullable=False),
    Column("holes", Json, nullable=False),
    Column("encoding", Text),
    Column("segments", sa.Integer),
    sa.UniqueConstraint("alert_id", "kind", "language"),
)

finding = Table(
    "finding",
    metadata,
    Column("alert_id", Text, ForeignKey("alert.id"), primary_key=True),
    Column("position", sa.Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("message", Text, nullable=False),
    _one_of("kind", FindingKind),
)

recipient = Table(
    "recipient",
    metadata,
    Column("id", BigId, primary_key=True),
    _ref("organisation_id", "organisation.id"),
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
    _ref("organisation_id", "organisation.id"),
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

recording = Table(
    "recording",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("raw", sa.LargeBinary, nullable=False),
    Column("added_at", Instant, nullable=False),
)

listening = Table(
    "listening",
    metadata,
    Column("alert_id", Text, ForeignKey("alert.id"), primary_key=True),
    Column("sha256", Text, ForeignKey("recording.sha256"), primary_key=True),
    Column("person_id", Text, ForeignKey("person.id"), primary_key=True),
    Column("at", Instant, nullable=False),
)

mandate = Table(
    "mandate",
    metadata,
    Column("id", Text, primary_key=True),
    _ref("organisation_id", "organisation.id"),
    Column("scenario", Text, nullable=False),
    Column("scenario_sha256", Text, nullable=False),
    Column("limits", Json, nullable=False),
    _ref("first_signer_id", "person.id"),
    _ref("second_signer_id", "person.id"),
    Column("signed_at", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("revoked_at", Instant),
    CheckConstraint("first_signer_id <> second_signer_id", name="two_signers"),
)

approval = Table(
    "approval",
    metadata,
    Column("alert_id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _ref("approver_id", "person.id"),
    _ref("mandate_id", "mandate.id", nullable=True),
    Column("accepts", Json, nullable=False),
    Column("expected", sa.Integer),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["alert_id", "digest", "lane"], ["alert.id", "alert.digest", "alert.lane"]),
    sa.UniqueConstraint("alert_id", "lane"),
    CheckConstraint("kind IN ('second-person', 'mandate')", name="kind"),
    CheckConstraint("(kind = 'mandate') = (mandate_id IS NOT NULL)", name="mandate"),
)

cap_document = Table(
    "cap_document",
    metadata,
    Column("alert_id", Text, ForeignKey("approval.alert_id"), primary_key=True),
    Column("sender", Text, nullable=False),  # later messages refer to it by this, whatever the configuration says then
    Column("document", sa.LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
)

schedule = Table(
    "schedule",
    metadata,
    Column("alert_id", Text, ForeignKey("approval.alert_id"), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("zone", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    # held: late beyond its grace, so an officer decides.
    CheckConstraint("state IN ('waiting', 'held', 'released', 'dropped')", name="state"),
)

expansion = Table(
    "expansion",
    metadata,
    Column("alert_id", Text, ForeignKey("approval.alert_id"), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("next_n", sa.Integer, nullable=False),
    Column("done_at", Instant),
    ForeignKeyConstraint(["alert_id", "lane"], ["approval.alert_id", "approval.lane"]),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("alert_id", Text, nullable=False),
    Column("n", sa.Integer, nullable=False),
    Column("lane", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_at", Instant, nullable=False),
    Column("due_at", Instant),  # when to send it (again); NULL when it is at rest
    Column("owner", Text),
    Column("epoch", sa.Integer, nullable=False, server_default="0"),
    Column("attempts", sa.Integer, nullable=False, server_default="0"),
    Column("transmissions", sa.Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    ForeignKeyConstraint(["alert_id", "lane"], ["approval.alert_id", "approval.lane"]),
    ForeignKeyConstraint(["alert_id", "n"], ["addressee.alert_id", "addressee.n"]),
    sa.UniqueConstraint("alert_id", "n"),
    # Every update of a delivery pays for this one: SQLite takes 0.1 µs for it, and 0.9 for a list with IN.
    CheckConstraint(f"'|{'|'.join(State)}|' LIKE '%|' || state || '|%'", name="state"),
    CheckConstraint(f"lane IN ('{Lane.LIVE}', '{Lane.DRILL}')", name="lane"),
    CheckConstraint("transmissions BETWEEN 0 AND 2", name="copies"),
    Index("delivery_open_index", "alert_id", "account", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

attempt = Table(
    "attempt",
    metadata,
    Column("delivery_id", BigId, ForeignKey("delivery.id"), primary_key=True),
    Column("epoch", sa.Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),  # accepted, a failure kind, or lost
    Column("provider_ref", Text),
    Column("provider_code", Text),
    Column("detail", Text),
    sqlite_with_rowid=False,
)

fact = Table(
    "fact",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("account", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("sealed", sa.LargeBinary, nullable=False),  # the provider's bytes
    Column("applied_at", Instant),
    Column("note", Text),
    Index(
        "fact_waiting_index",
        "id",
        sqlite_where=sa.text("applied_at IS NULL"),
        postgresql_where=sa.text("applied_at IS NULL"),
    ),
)

board = Table(
    "board",
    metadata,
    Column("point_id", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("seq", BigId, nullable=False),
    Column("signed_seq", BigId, nullable=False, server_default="0"),
    Column("key_epoch", sa.Integer, nullable=False, server_default="1"),
    Column("jws", Text),
    Column("issued_at", Instant),
    _one_of("mode", Mode),
)

board_key = Table(
    "board_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("epoch", sa.Integer, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("retired_at", Instant),
    _one_of("mode", Mode),
    sa.UniqueConstraint("mode", "epoch"),
)

journal = Table(
    "journal",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("object", Text, nullable=False, index=True),
    Column("data", Json, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

worker = Table(
    "worker",
    metadata,
    Column("id", Text, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("beat", BigId, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("accounts", Json, nullable=False, server_default="[]"),  # those it may drive, where they are shared out
)

lease = Table(
    "lease",
    metadata,
    # Which process drives an account, where several live: its pace and its breaker are in that one's memory.
    Column("lane", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    _ref("owner", "worker.id", nullable=True),
    Column("is_open", sa.Boolean, nullable=False, server_default=sa.false()),  # its breaker, for the others
)

installation = Table(
    "installation",
    metadata,
    # One row. Which server this is the database of, and why nothing may be sent from it, if so.
    Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    Column("server", Text),
    Column("held_kind", Text),
    Column("held_why", Text),
    Column("held_at", Instant),
    CheckConstraint("id = 1", name="one"),
    CheckConstraint("(held_kind IS NULL) = (held_at IS NULL)", name="held"),
)

contact = Table(
    "contact",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("label", Text, nullable=False),
    _ref("replaces_id", "contact.id", nullable=True),
    _ref("proposer_id", "person.id"),
    Column("proposed_at", Instant, nullable=False),
    _ref("verifier_id", "person.id", nullable=True),
    Column("verified_at", Instant),
    Column("valid_until", Instant),
    _ref("doubter_id", "person.id", nullable=True),
    Column("doubted_at", Instant),
    _ref("retirer_id", "person.id", nullable=True),
    Column("retired_at", Instant),
    Index("contact_key_index", "kind", "key"),
    _one_of("kind", ContactKind),
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

answer = Table(
    "answer",
    metadata,
    # The stored answer to a write with an Idempotency-Key.
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_sha256", Text, nullable=False),
    Column("status_code", sa.Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("headers", Json, nullable=False),
    Column("at", Instant, nullable=False),
)
