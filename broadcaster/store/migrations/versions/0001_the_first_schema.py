"""The first schema.

Revision 0001.
"""

import sqlalchemy as sa
from alembic import op

from broadcaster.store.columns import BigId, Instant, Json

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Change the schema; the guards are made anew afterwards."""
    op.create_table(
        "answer",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.Text(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("headers", Json(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("answer_pk")),
    )
    op.create_table(
        "board",
        sa.Column("point_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.Column("signed_seq", BigId, server_default="0", nullable=False),
        sa.Column("key_epoch", sa.Integer(), server_default="1", nullable=False),
        sa.Column("jws", sa.Text(), nullable=True),
        sa.Column("issued_at", Instant(), nullable=True),
        sa.CheckConstraint("mode IN ('live', 'exercise')", name=op.f("board_mode_check")),
        sa.PrimaryKeyConstraint("point_id", "mode", name=op.f("board_pk")),
    )
    op.create_table(
        "board_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.CheckConstraint("mode IN ('live', 'exercise')", name=op.f("board_key_mode_check")),
        sa.PrimaryKeyConstraint("kid", name=op.f("board_key_pk")),
        sa.UniqueConstraint("mode", "epoch", name=op.f("board_key_mode_epoch_unique")),
    )
    op.create_table(
        "fact",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("applied_at", Instant(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("fact_pk")),
    )
    op.create_index(
        "fact_waiting_index",
        "fact",
        ["id"],
        unique=False,
        sqlite_where=sa.text("applied_at IS NULL"),
        postgresql_where=sa.text("applied_at IS NULL"),
    )
    op.create_table(
        "journal",
        sa.Column("seq", BigId, autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("journal_pk")),
    )
    op.create_index(op.f("journal_object_index"), "journal", ["object"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("last_number", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("organisation_pk")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("person_pk")),
        sa.UniqueConstraint("name", name=op.f("person_name_unique")),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("beat", BigId, nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("worker_pk")),
    )
    op.create_table(
        "audience_group",
        sa.Column("id", BigId, nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("audience_group_organisation_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("audience_group_pk")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("audience_group_organisation_id_name_unique")),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("grip", sa.Integer(), server_default="0", nullable=False),
        sa.Column("phase", sa.Text(), server_default="first-72-hours", nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.CheckConstraint("phase IN ('cold', 'first-72-hours', 'aftermath')", name=op.f("incident_phase_check")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("incident_organisation_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("incident_pk")),
    )
    op.create_table(
        "mandate",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("scenario_sha256", sa.Text(), nullable=False),
        sa.Column("limits", Json(), nullable=False),
        sa.Column("first_signer_id", sa.Text(), nullable=False),
        sa.Column("second_signer_id", sa.Text(), nullable=False),
        sa.Column("signed_at", Instant(), nullable=False),
        sa.Column("valid_until", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.CheckConstraint("first_signer_id <> second_signer_id", name=op.f("mandate_two_signers_check")),
        sa.ForeignKeyConstraint(["first_signer_id"], ["person.id"], name=op.f("mandate_first_signer_id_fk")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("mandate_organisation_id_fk")),
        sa.ForeignKeyConstraint(["second_signer_id"], ["person.id"], name=op.f("mandate_second_signer_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("mandate_pk")),
    )
    op.create_table(
        "person_role",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("role IN ('author', 'approver', 'viewer', 'admin')", name=op.f("person_role_role_check")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("person_role_person_id_fk")),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("person_role_pk")),
    )
    op.create_table(
        "recipient",
        sa.Column("id", BigId, nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("recipient_organisation_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("recipient_pk")),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("point_id", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "(person_id IS NOT NULL AND point_id IS NULL AND role IS NULL) OR (person_id IS NULL AND point_id IS NOT NULL AND role IS NULL) OR (person_id IS NULL AND point_id IS NULL AND role = 'author')",
            name=op.f("token_owner_check"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("token_person_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("token_pk")),
        sa.UniqueConstraint("hash", name=op.f("token_hash_unique")),
    )
    op.create_table(
        "address",
        sa.Column("id", BigId, nullable=False),
        sa.Column("recipient_id", BigId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.Column("opted_out_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], name=op.f("address_recipient_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("address_pk")),
    )
    op.create_index("address_mark_index", "address", ["kind", "mark"], unique=False)
    op.create_index(op.f("address_recipient_id_index"), "address", ["recipient_id"], unique=False)
    op.create_table(
        "draft",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("msg_type", sa.Text(), server_default="Alert", nullable=False),
        sa.Column("replaces_id", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.CheckConstraint("msg_type IN ('Alert', 'Update', 'Cancel')", name=op.f("draft_msg_type_check")),
        sa.CheckConstraint("stage IN ('draft', 'submitted', 'approved')", name=op.f("draft_stage_check")),
        sa.CheckConstraint("status IN ('Actual', 'Exercise', 'Test')", name=op.f("draft_status_check")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("draft_incident_id_fk")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("draft_organisation_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("draft_pk")),
    )
    op.create_table(
        "recipient_area",
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("recipient_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], name=op.f("recipient_area_recipient_id_fk")),
        sa.PrimaryKeyConstraint("area_id", "recipient_id", name=op.f("recipient_area_pk")),
    )
    op.create_index(op.f("recipient_area_recipient_id_index"), "recipient_area", ["recipient_id"], unique=False)
    op.create_table(
        "recipient_group",
        sa.Column("group_id", BigId, nullable=False),
        sa.Column("recipient_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["audience_group.id"], name=op.f("recipient_group_group_id_fk")),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], name=op.f("recipient_group_recipient_id_fk")),
        sa.PrimaryKeyConstraint("group_id", "recipient_id", name=op.f("recipient_group_pk")),
    )
    op.create_index(op.f("recipient_group_recipient_id_index"), "recipient_group", ["recipient_id"], unique=False)
    op.create_table(
        "draft_revision",
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=True),
        sa.Column("token_id", sa.Text(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("draft_revision_author_id_fk")),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("draft_revision_draft_id_fk")),
        sa.ForeignKeyConstraint(["token_id"], ["token.id"], name=op.f("draft_revision_token_id_fk")),
        sa.PrimaryKeyConstraint("draft_id", "revision", name=op.f("draft_revision_pk")),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "lane",
            sa.Text(),
            sa.Computed("CASE status WHEN 'Actual' THEN 'live' ELSE 'drill' END", persisted=True),
            nullable=True,
        ),
        sa.Column("msg_type", sa.Text(), nullable=False),
        sa.Column("replaces_id", sa.Text(), nullable=True),
        sa.Column("content", Json(), nullable=False),
        sa.Column("severity_rank", sa.SmallInteger(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("release_at", Instant(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("addressee_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("addressee_sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("submitter_id", sa.Text(), nullable=True),
        sa.Column("frozen_at", Instant(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("halted_at", Instant(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=True),
        sa.Column("swept_at", Instant(), nullable=True),
        sa.CheckConstraint("msg_type IN ('Alert', 'Update', 'Cancel')", name=op.f("alert_msg_type_check")),
        sa.CheckConstraint(
            "stage IN ('draft', 'submitted', 'returned', 'approved', 'superseded', 'cancelled', 'expired')",
            name=op.f("alert_stage_check"),
        ),
        sa.CheckConstraint("status IN ('Actual', 'Exercise', 'Test')", name=op.f("alert_status_check")),
        sa.ForeignKeyConstraint(
            ["draft_id", "revision"],
            ["draft_revision.draft_id", "draft_revision.revision"],
            name=op.f("alert_draft_id_revision_fk"),
        ),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("alert_draft_id_fk")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("alert_incident_id_fk")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("alert_organisation_id_fk")),
        sa.ForeignKeyConstraint(["replaces_id"], ["alert.id"], name=op.f("alert_replaces_id_fk")),
        sa.ForeignKeyConstraint(["submitter_id"], ["person.id"], name=op.f("alert_submitter_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_pk")),
        sa.UniqueConstraint("id", "digest", "lane", name=op.f("alert_id_digest_lane_unique")),
        sa.UniqueConstraint("id", "lane", name=op.f("alert_id_lane_unique")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("alert_organisation_id_number_unique")),
    )
    op.create_index("alert_stage_index", "alert", ["stage"], unique=False)
    op.create_table(
        "approval",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("approver_id", sa.Text(), nullable=False),
        sa.Column("mandate_id", sa.Text(), nullable=True),
        sa.Column("accepts", Json(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("(kind = 'mandate') = (mandate_id IS NOT NULL)", name=op.f("approval_mandate_check")),
        sa.CheckConstraint("kind IN ('second-person', 'mandate')", name=op.f("approval_kind_check")),
        sa.ForeignKeyConstraint(
            ["alert_id", "digest", "lane"],
            ["alert.id", "alert.digest", "alert.lane"],
            name=op.f("approval_alert_id_digest_lane_fk"),
        ),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("approval_approver_id_fk")),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandate.id"], name=op.f("approval_mandate_id_fk")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("approval_pk")),
        sa.UniqueConstraint("alert_id", "lane", name=op.f("approval_alert_id_lane_unique")),
    )
    op.create_table(
        "finding",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('blocking', 'to-accept', 'notice')", name=op.f("finding_kind_check")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("finding_alert_id_fk")),
        sa.PrimaryKeyConstraint("alert_id", "position", name=op.f("finding_pk")),
    )
    op.create_table(
        "rendition",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("holes", Json(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("rendition_alert_id_fk")),
        sa.PrimaryKeyConstraint("alert_id", "position", name=op.f("rendition_pk")),
        sa.UniqueConstraint("alert_id", "kind", "language", name=op.f("rendition_alert_id_kind_language_unique")),
    )
    op.create_table(
        "addressee",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("address_id", BigId, nullable=False),
        sa.Column("rendition", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("addressee_address_id_fk")),
        sa.ForeignKeyConstraint(
            ["alert_id", "rendition"],
            ["rendition.alert_id", "rendition.position"],
            name=op.f("addressee_alert_id_rendition_fk"),
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("addressee_alert_id_fk")),
        sa.PrimaryKeyConstraint("alert_id", "n", name=op.f("addressee_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "expansion",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("next_n", sa.Integer(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id", "lane"], ["approval.alert_id", "approval.lane"], name=op.f("expansion_alert_id_lane_fk")
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["approval.alert_id"], name=op.f("expansion_alert_id_fk")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("expansion_pk")),
    )
    op.create_table(
        "schedule",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'held', 'released', 'dropped')", name=op.f("schedule_state_check")),
        sa.ForeignKeyConstraint(["alert_id"], ["approval.alert_id"], name=op.f("schedule_alert_id_fk")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("schedule_pk")),
    )
    op.create_index(op.f("schedule_at_index"), "schedule", ["at"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", BigId, nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transmissions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "'|due|claimed|started|accepted|delivered|failed|uncertain|expired|superseded|halted|' LIKE '%|' || state || '|%'",
            name=op.f("delivery_state_check"),
        ),
        sa.CheckConstraint("lane IN ('live', 'drill')", name=op.f("delivery_lane_check")),
        sa.CheckConstraint("transmissions BETWEEN 0 AND 2", name=op.f("delivery_copies_check")),
        sa.ForeignKeyConstraint(
            ["alert_id", "lane"], ["approval.alert_id", "approval.lane"], name=op.f("delivery_alert_id_lane_fk")
        ),
        sa.ForeignKeyConstraint(
            ["alert_id", "n"], ["addressee.alert_id", "addressee.n"], name=op.f("delivery_alert_id_n_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("delivery_pk")),
        sa.UniqueConstraint("alert_id", "n", name=op.f("delivery_alert_id_n_unique")),
    )
    op.create_index(
        "delivery_open_index",
        "delivery",
        ["alert_id", "account", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "attempt",
        sa.Column("delivery_id", BigId, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("provider_code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("attempt_delivery_id_fk")),
        sa.PrimaryKeyConstraint("delivery_id", "epoch", name=op.f("attempt_pk")),
        sqlite_with_rowid=False,
    )
