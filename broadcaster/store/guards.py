"""The rules that the database itself keeps, as triggers on both engines.

Each guard names a table, an event and a condition that is refused, in SQL both engines read alike.
`install` drops and makes them all again; every migration ends with it, because a migration that
rebuilds a table drops its triggers without a word.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from broadcaster.model.alert import ALERT_TRANSITIONS, CORRECTABLE, CORRECTED, DRAFT_TRANSITIONS
from broadcaster.model.mandate import SIGNED_WITH_A_MANDATE
from broadcaster.model.release import RELEASE_TRANSITIONS
from broadcaster.model.task import TASK_TRANSITIONS
from broadcaster.store.authoriser import APPEND_ONLY
from broadcaster.store.dialect import is_sqlite


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuse `event` on `table` where `condition` (over NEW and OLD) is true, saying `message`."""

    name: str
    table: str
    event: str
    condition: str
    message: str


def _listed(values: Collection[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


_ALWAYS = "1 = 1"
# Who approves contributed, or no person did: a machine that submits is no first pair of eyes.
_CONTRIBUTED = """(
    EXISTS (SELECT 1 FROM draft_revision r JOIN alert a ON a.draft_id = r.draft_id
            WHERE a.id = NEW.alert_id AND r.author_id = NEW.approver_id)
    OR EXISTS (SELECT 1 FROM alert a WHERE a.id = NEW.alert_id
               AND (a.submitter_id = NEW.approver_id OR a.submitter_id IS NULL)))"""
_IS_APPROVER = """EXISTS (SELECT 1 FROM person_role p JOIN person q ON q.id = p.person_id
    WHERE p.person_id = NEW.approver_id AND p.role = 'approver' AND q.disabled_at IS NULL)"""
_IS_ADMIN = "EXISTS (SELECT 1 FROM person_role p WHERE p.person_id = NEW.approver_id AND p.role = 'admin')"
_IS_AUTHOR = """EXISTS (SELECT 1 FROM person_role p JOIN person q ON q.id = p.person_id
    WHERE p.person_id = NEW.approver_id AND p.role = 'author' AND q.disabled_at IS NULL)"""
# Who holds it offered the alert, which is no correction, is made of the very scenario that two others signed, and goes
# at once to no more addresses than they wrote down.
_MANDATED = f"""(EXISTS (SELECT 1 FROM mandate m JOIN alert a ON a.id = NEW.alert_id
    WHERE m.id = NEW.mandate_id AND m.organisation_id = a.organisation_id AND m.revoked_at IS NULL
      AND m.signed_at <= NEW.at AND m.valid_until > NEW.at AND m.holder_id = NEW.approver_id
      AND m.first_signer_id <> NEW.approver_id AND m.second_signer_id <> NEW.approver_id
      AND m.scenario_sha256 = a.scenario_sha256 AND a.submitter_id = NEW.approver_id
      AND a.msg_type = 'Alert' AND a.release_at IS NULL AND a.addressee_count <= m.most)
    AND {_IS_AUTHOR} AND NOT {_IS_ADMIN})"""
# What the two signers read and took on them with the scenario; anything else that asks for a second person has none.
_UNSIGNED_FINDING = " AND ".join(
    f"substr(f.code, 1, {len(prefix)}) <> '{prefix}'" for prefix in (f"{rule}:" for rule in SIGNED_WITH_A_MANDATE)
)
_ASKS_A_SECOND_PERSON = f"""EXISTS (SELECT 1 FROM finding f
    WHERE f.alert_id = NEW.alert_id AND f.kind = 'to-accept' AND {_UNSIGNED_FINDING})"""
_PROPOSED = """EXISTS (SELECT 1 FROM mandate_proposal p WHERE p.id = NEW.id AND p.dropped_at IS NULL
    AND p.organisation_id = NEW.organisation_id AND p.scenario = NEW.scenario AND p.most = NEW.most
    AND p.scenario_sha256 = NEW.scenario_sha256 AND p.limits = NEW.limits AND p.holder_id = NEW.holder_id
    AND p.proposer_id = NEW.first_signer_id AND p.valid_until = NEW.valid_until AND p.proposed_at <= NEW.signed_at)"""
_REVIEWABLE = """EXISTS (SELECT 1 FROM approval p
    WHERE p.alert_id = NEW.alert_id AND p.kind = 'mandate' AND p.approver_id <> NEW.reviewer_id)"""
_SUBMITTED = """EXISTS (SELECT 1 FROM alert a
    WHERE a.id = NEW.alert_id AND a.stage = 'submitted' AND a.frozen_at IS NOT NULL)"""
_FROZEN = "EXISTS (SELECT 1 FROM alert a WHERE a.id = NEW.alert_id AND a.frozen_at IS NOT NULL)"
_EXPIRED = "EXISTS (SELECT 1 FROM alert a WHERE a.id = NEW.alert_id AND a.stage = 'expired')"
_ALERT_FIXED = (
    "id, draft_id, revision, organisation_id, incident_id, number, status, msg_type, replaces_id, content, severity_rank,"
    " sent_at, expires_at, release_at, zone, submitter_id, scenario_sha256"
)


# What a correction replaces was approved once, is of the same kind and house, and nothing else took its place.
_CORRECTABLE = """EXISTS (SELECT 1 FROM alert o JOIN approval p ON p.alert_id = o.id
    WHERE o.id = NEW.replaces_id AND o.status = NEW.status AND o.organisation_id = NEW.organisation_id)"""
_STILL_CORRECTABLE = f"""EXISTS (SELECT 1 FROM alert a JOIN alert o ON o.id = a.replaces_id
    WHERE a.id = NEW.alert_id AND o.superseded_at IS NULL AND o.stage IN ({_listed(CORRECTABLE)}))"""
_CORRECTED_BY = " OR ".join(
    f"(NEW.stage = '{stage}' AND NOT EXISTS (SELECT 1 FROM alert x JOIN approval p ON p.alert_id = x.id"
    f" WHERE x.replaces_id = NEW.id AND x.msg_type = '{msg_type}'))"
    for msg_type, stage in CORRECTED.items()
)
# Nothing that people do by hand is forgotten: there is a task for each of those channels before anything is approved.
_WITHOUT_TASK = """EXISTS (SELECT 1 FROM manual m WHERE m.retired_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM task t WHERE t.alert_id = NEW.alert_id AND t.manual_id = m.id))"""
_PLANNED = """EXISTS (SELECT 1 FROM alert a
    WHERE a.id = NEW.alert_id AND a.release_at = NEW.at AND a.zone = NEW.zone)"""
# No trigger knows what time it is. What it can hold is that a planned release was let go, and not before its instant.
_RELEASED = """(EXISTS (SELECT 1 FROM alert a WHERE a.id = NEW.alert_id AND a.release_at IS NULL)
    OR EXISTS (SELECT 1 FROM schedule s WHERE s.alert_id = NEW.alert_id AND s.state = 'released'))"""


def _approves(column: str) -> str:
    """SQL: a person who may approve, and is still here."""
    return f"""(EXISTS (SELECT 1 FROM person_role p JOIN person q ON q.id = p.person_id
        WHERE p.person_id = NEW.{column} AND p.role = 'approver' AND q.disabled_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM person_role p WHERE p.person_id = NEW.{column} AND p.role = 'admin'))"""


def _is_officer(column: str) -> str:
    """SQL: a person who may write or approve, and is still here."""
    return f"""(EXISTS (SELECT 1 FROM person_role p JOIN person q ON q.id = p.person_id
        WHERE p.person_id = NEW.{column} AND p.role IN ('author', 'approver') AND q.disabled_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM person_role p WHERE p.person_id = NEW.{column} AND p.role = 'admin'))"""


def _transitions(table: Mapping[Any, Collection[str]], column: str = "stage") -> str:
    """The condition "this change of the column is not in the table"."""
    allowed = [
        f"(OLD.{column} = '{before}' AND NEW.{column} = '{after}')"
        for before, afters in table.items()
        for after in sorted(afters)
    ]
    return f"NEW.{column} <> OLD.{column} AND NOT ({' OR '.join(allowed)})"


def _set_once(column: str) -> str:
    return f"OLD.{column} IS NOT NULL AND (NEW.{column} IS NULL OR NEW.{column} <> OLD.{column})"


GUARDS = (
    Guard(
        "approval_needs_a_second_person",
        "approval",
        "INSERT",
        f"NEW.kind = 'second-person' AND ({_CONTRIBUTED} OR NOT {_IS_APPROVER} OR {_IS_ADMIN})",
        "an approval needs a second person: an approver who did not contribute",
    ),
    Guard(
        "approval_by_mandate_needs_one",
        "approval",
        "INSERT",
        f"NEW.kind = 'mandate' AND (NOT {_MANDATED} OR {_ASKS_A_SECOND_PERSON})",
        "a release by mandate needs a valid mandate signed by two others",
    ),
    Guard(
        "approval_needs_a_frozen_alert",
        "approval",
        "INSERT",
        f"NOT {_SUBMITTED}",
        "only a submitted, frozen alert can be approved",
    ),
    Guard(
        "approval_comes_before_the_expiry",
        "approval",
        "INSERT",
        "EXISTS (SELECT 1 FROM alert a WHERE a.id = NEW.alert_id AND a.expires_at <= NEW.at)",
        "what has expired is not approved any more",
    ),
    Guard(
        "approval_of_a_correction_finds_what_it_replaces",
        "approval",
        "INSERT",
        "EXISTS (SELECT 1 FROM alert a WHERE a.id = NEW.alert_id AND a.replaces_id IS NOT NULL)"
        f" AND NOT {_STILL_CORRECTABLE}",
        "what a correction replaces was replaced or cancelled already",
    ),
    Guard("approval_comes_with_its_tasks", "approval", "INSERT", _WITHOUT_TASK, "an approval comes with a task for every channel that is worked by hand"),
    Guard(
        "draft_corrects_what_was_approved",
        "draft",
        "INSERT",
        "(NEW.msg_type = 'Alert') <> (NEW.replaces_id IS NULL)"
        f" OR (NEW.replaces_id IS NOT NULL AND NOT {_CORRECTABLE})",
        "a correction replaces an approved alert of its own status and organisation",
    ),
    Guard("alert_starts_submitted", "alert", "INSERT", "NEW.stage <> 'submitted' OR NEW.frozen_at IS NOT NULL", "an alert starts submitted"),
    Guard("alert_is_made_once", "alert", "INSERT", "EXISTS (SELECT 1 FROM alert a WHERE a.id = NEW.id)", "an alert is made once"),
    Guard(
        "alert_keeps_its_draft_status",
        "alert",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM draft d WHERE d.id = NEW.draft_id AND d.status = NEW.status"
        " AND d.organisation_id = NEW.organisation_id AND d.msg_type = NEW.msg_type AND coalesce(d.replaces_id, '') = coalesce(NEW.replaces_id, ''))",
        "an alert has the status and organisation of its draft, and replaces what that replaces",
    ),
    Guard("alert_never_changes", "alert", f"UPDATE OF {_ALERT_FIXED}", _ALWAYS, "a submitted alert never changes"),
    Guard("alert_stage_moves_by_the_table", "alert", "UPDATE OF stage", _transitions(ALERT_TRANSITIONS), "this change of stage is not allowed"),
    Guard(
        "alert_is_approved_by_an_approval",
        "alert",
        "UPDATE OF stage",
        "NEW.stage = 'approved' AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.alert_id = NEW.id AND p.digest = NEW.digest)",
        "an alert is approved by an approval of its digest",
    ),
    Guard("alert_is_corrected_by_an_approval", "alert", "UPDATE OF stage", _CORRECTED_BY, "an alert is superseded or cancelled by an approved correction"),
    Guard("alert_freezes_once", "alert", "UPDATE OF frozen_at, digest, addressee_count, addressee_sha256", "OLD.frozen_at IS NOT NULL", "a frozen alert stays frozen"),
    Guard("alert_halts_for_good", "alert", "UPDATE OF halted_at", _set_once("halted_at"), "a halt is not taken back"),
    Guard("alert_is_superseded_once", "alert", "UPDATE OF superseded_at", _set_once("superseded_at"), "what is superseded stays so"),
    Guard("alert_is_kept", "alert", "DELETE", _ALWAYS, "alerts are kept"),
    Guard("rendition_is_frozen", "rendition", "INSERT", _FROZEN, "a frozen alert takes no more renditions"),
    Guard("addressee_is_frozen", "addressee", "INSERT", _FROZEN, "a frozen alert takes no more addressees"),
    Guard("finding_is_frozen", "finding", "INSERT", _FROZEN, "a frozen alert takes no more findings"),
    Guard("draft_keeps_its_status", "draft", "UPDATE OF id, status, organisation_id, msg_type, replaces_id", _ALWAYS, "a draft keeps its status"),
    Guard("draft_stage_moves_by_the_table", "draft", "UPDATE OF stage", _transitions(DRAFT_TRANSITIONS), "this change of stage is not allowed"),
    Guard(
        "draft_text_rests_while_submitted",
        "draft_revision",
        "INSERT",
        "EXISTS (SELECT 1 FROM draft d WHERE d.id = NEW.draft_id AND d.stage <> 'draft')",
        "a submitted draft is not edited",
    ),
    Guard("draft_is_kept", "draft", "DELETE", _ALWAYS, "drafts are kept"),
    Guard("delivery_keeps_its_lane", "delivery", "UPDATE OF id, alert_id, n, lane, kind", _ALWAYS, "a delivery keeps its alert, addressee and lane"),
    Guard("delivery_is_kept", "delivery", "DELETE", _ALWAYS, "deliveries are kept"),
    Guard("address_never_changes", "address", "UPDATE OF id, recipient_id, kind, sealed, mark, added_at", _ALWAYS, "an address is retired, never changed"),
    Guard("address_is_kept", "address", "DELETE", _ALWAYS, "addresses are kept"),
    Guard("schedule_keeps_the_approved_instant", "schedule", "INSERT", f"NEW.state <> 'waiting' OR NOT {_PLANNED}", "a release is planned for the approved instant"),
    Guard("schedule_never_moves", "schedule", "UPDATE OF alert_id, at, zone", _ALWAYS, "a planned release does not move"),
    Guard(
        "schedule_state_moves_by_the_table",
        "schedule",
        "UPDATE OF state",
        f"({_transitions(RELEASE_TRANSITIONS, 'state')}) OR (NEW.state = 'released' AND NEW.changed_at < NEW.at)",
        "this change of a release is not allowed, or too early",
    ),
    Guard("schedule_is_kept", "schedule", "DELETE", _ALWAYS, "planned releases are kept"),
    Guard("expansion_waits_for_the_release", "expansion", "INSERT", f"NOT {_RELEASED}", "a planned release waits for its instant"),
    Guard("expansion_keeps_its_alert", "expansion", "UPDATE OF alert_id, lane", _ALWAYS, "an expansion keeps its alert and lane"),
    Guard("expansion_is_kept", "expansion", "DELETE", _ALWAYS, "expansions are kept"),
    Guard(
        "mandate_proposal_is_an_approvers",
        "mandate_proposal",
        "INSERT",
        f"NEW.dropped_at IS NOT NULL OR NOT {_approves('proposer_id')}",
        "a mandate is proposed by an approver, for somebody else",
    ),
    Guard("mandate_proposal_never_changes", "mandate_proposal", "UPDATE OF id, organisation_id, scenario, scenario_sha256, limits, most, holder_id, proposer_id, proposed_at, valid_until", _ALWAYS, "a proposal is dropped, never changed"),
    Guard("mandate_proposal_is_dropped_for_good", "mandate_proposal", "UPDATE OF dropped_at", _set_once("dropped_at"), "what was dropped stays so"),
    Guard("mandate_proposal_is_kept", "mandate_proposal", "DELETE", _ALWAYS, "proposals are kept"),
    Guard(
        "mandate_is_signed_by_two_others",
        "mandate",
        "INSERT",
        f"NEW.revoked_at IS NOT NULL OR NEW.second_signer_id = NEW.holder_id OR NOT {_approves('second_signer_id')} OR NOT {_PROPOSED}",
        "a mandate is what one approver proposed and another signs, for a third",
    ),
    Guard("mandate_never_changes", "mandate", "UPDATE OF id, organisation_id, scenario, scenario_sha256, limits, most, holder_id, first_signer_id, second_signer_id, signed_at, valid_until", _ALWAYS, "a mandate is revoked, never changed"),
    Guard("mandate_is_revoked_for_good", "mandate", "UPDATE OF revoked_at", _set_once("revoked_at"), "what was revoked stays so"),
    Guard("mandate_is_kept", "mandate", "DELETE", _ALWAYS, "mandates are kept"),
    Guard(
        "review_is_of_a_release_by_mandate",
        "review",
        "INSERT",
        f"NOT {_REVIEWABLE} OR NOT {_approves('reviewer_id')}",
        "a release by mandate is reviewed by an approver who did not release it",
    ),
    Guard("reminder_keeps_what_it_says", "reminder", "UPDATE OF id, alert_id, lane, about, turn, person_id, kind, text, due_at", _ALWAYS, "a reminder never changes"),
    Guard("reminder_is_kept", "reminder", "DELETE", _ALWAYS, "reminders are kept"),
    Guard("fact_never_changes", "fact", "UPDATE OF id, account, received_at, sealed", _ALWAYS, "a fact never changes"),
    Guard("fact_is_kept", "fact", "DELETE", _ALWAYS, "facts are kept"),
    Guard("board_never_goes_back", "board", "UPDATE OF seq, signed_seq", "NEW.seq < OLD.seq OR NEW.signed_seq < OLD.signed_seq", "the number of a board never falls"),
    Guard(
        "contact_starts_unverified",
        "contact",
        "INSERT",
        f"NEW.verifier_id IS NOT NULL OR NEW.doubter_id IS NOT NULL OR NEW.retirer_id IS NOT NULL OR NOT {_is_officer('proposer_id')}",
        "a contact is proposed by an officer, and verified by another",
    ),
    Guard("contact_is_made_once", "contact", "INSERT", "EXISTS (SELECT 1 FROM contact c WHERE c.id = NEW.id)", "a contact is made once"),
    Guard("contact_never_changes", "contact", "UPDATE OF id, kind, value, key, label, replaces_id, proposer_id, proposed_at", _ALWAYS, "a contact is replaced, never changed"),
    Guard(
        "contact_needs_a_second_person",
        "contact",
        "UPDATE OF verifier_id, verified_at, valid_until",
        f"NEW.verifier_id IS NULL OR NEW.verifier_id = NEW.proposer_id OR OLD.retired_at IS NOT NULL OR NOT {_is_officer('verifier_id')}",
        "a contact is verified by an officer who did not propose it",
    ),
    Guard(
        "contact_is_doubted_by_an_officer",
        "contact",
        "UPDATE OF doubter_id, doubted_at",
        f"OLD.retired_at IS NOT NULL OR (NEW.doubter_id IS NOT NULL AND NOT {_is_officer('doubter_id')})",
        "a contact is doubted by an officer",
    ),
    Guard(
        "contact_retires_for_good",
        "contact",
        "UPDATE OF retirer_id, retired_at",
        f"OLD.retired_at IS NOT NULL OR NOT {_is_officer('retirer_id')}",
        "a contact is retired once, by an officer",
    ),
    Guard("contact_is_kept", "contact", "DELETE", _ALWAYS, "contacts are kept"),
    Guard("device_never_changes", "device", "UPDATE OF id, token_id, point_id, kind, kid, x, enrolled_at", _ALWAYS, "a device is revoked, never changed"),
    Guard("device_is_revoked_for_good", "device", "UPDATE OF revoked_at", _set_once("revoked_at"), "a revoked device stays so"),
    Guard("device_is_kept", "device", "DELETE", _ALWAYS, "devices are kept"),
    Guard(
        "report_never_changes",
        "report",
        "UPDATE OF id, device_id, given_id, sha256, point_id, mode, kind, at, clock_known, received_at, content, sealed",
        _ALWAYS,
        "a report never changes",
    ),
    Guard("report_is_read_once", "report", "UPDATE OF reader_id, read_at", "OLD.read_at IS NOT NULL", "a report is read once"),
    Guard("report_is_kept", "report", "DELETE", _ALWAYS, "reports are kept"),
    Guard("task_starts_open", "task", "INSERT", f"NEW.state NOT IN ('offered', 'open') OR NOT {_FROZEN}", "a task starts open, for a frozen alert"),
    Guard("task_clears_what_has_expired", "task", "INSERT", f"NEW.clears AND NOT {_EXPIRED}", "what stands somewhere is cleared once its alert has expired"),
    Guard("task_keeps_what_it_is_for", "task", "UPDATE OF id, alert_id, manual_id, clears, made_at", _ALWAYS, "a task keeps what it is for"),
    Guard("task_state_moves_by_the_table", "task", "UPDATE OF state", _transitions(TASK_TRANSITIONS, "state"), "this change of a task is not allowed"),
    Guard("task_placed_stays_so", "task", "UPDATE OF state, due_at, owner_id, placed_at, place, reason, closer_id, closed_at", "OLD.state = 'placed'", "what was placed stays in the record"),
    Guard("task_is_kept", "task", "DELETE", _ALWAYS, "tasks are kept"),
    Guard("manual_is_kept", "manual", "DELETE", _ALWAYS, "channels that are worked by hand are kept"),
    Guard("board_is_kept", "board", "DELETE", _ALWAYS, "boards are kept"),
    *(Guard(f"{table}_never_changes", table, "UPDATE", _ALWAYS, f"rows of {table} never change") for table in sorted(APPEND_ONLY)),
    *(Guard(f"{table}_is_kept", table, "DELETE", _ALWAYS, f"rows of {table} are kept") for table in sorted(APPEND_ONLY)),
)  # fmt: skip


def install(conn: Connection) -> None:
    """Make every guard anew, and let go of those no longer in the list."""
    for name, table in installed(conn):
        conn.execute(text(f"DROP TRIGGER {name}" if is_sqlite(conn) else f"DROP TRIGGER {name} ON {table}"))
    for guard in GUARDS:
        for statement in _sqlite(guard) if is_sqlite(conn) else _postgres(guard, _schema(conn)):
            conn.exec_driver_sql(statement)


def _schema(conn: Connection) -> str:
    return conn.dialect.identifier_preparer.quote(str(conn.scalar(text("SELECT current_schema()"))))


def installed(conn: Connection) -> list[tuple[str, str]]:
    """Name and table of every trigger the database has, sorted."""
    query = (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if is_sqlite(conn)
        else "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND n.nspname = current_schema()"
    )
    return sorted((name, table) for name, table in conn.execute(text(query)))


def _sqlite(guard: Guard) -> list[str]:
    return [
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW"
        f" WHEN {guard.condition} BEGIN SELECT RAISE(ABORT, '{guard.message}'); END"
    ]


def _postgres(guard: Guard, schema: str) -> list[str]:
    function = f"guard_{guard.name}"
    result = "OLD" if guard.event == "DELETE" else "NEW"
    # 23514 is check_violation: what SQLAlchemy raises as IntegrityError, as for SQLite's ABORT.
    # Without a path of its own a function looks at the session's temporary tables first, and so at an `alert`
    # that the runtime role made up (PostgreSQL's manual, CREATE FUNCTION, "Writing SECURITY DEFINER Functions Safely").
    return [
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $guard$ BEGIN"
        f" IF {guard.condition} THEN RAISE EXCEPTION '{guard.message}' USING ERRCODE = '23514'; END IF;"
        f" RETURN {result}; END $guard$",
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW EXECUTE FUNCTION {function}()",
    ]
