"""Four eyes, against every path there is: functions, and SQL of the runtime role on both engines (R10).

What the database cannot know is who sits behind a connection: whoever may run SQL as the runtime role
could also add a person or write an approval in the name of one who might have given it. So these
attacks never forge an innocent second person; everything else they may try.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from broadcaster.model.cap import Lane
from broadcaster.model.rendition import Rendition
from broadcaster.store import alerts, audience, deliveries, queue, schedules
from broadcaster.store.alerts import AlertRow
from broadcaster.store.dialect import is_sqlite
from broadcaster.store.tables import metadata
from broadcaster.workflow import approving, drafting, publishing
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT, CARA

PROTECTED = {
    "alert": "id, draft_id, revision, organisation_id, number, status, lane, msg_type, replaces_id, content, severity_rank, sent_at,"
             " expires_at, release_at, zone, submitter_id, digest, addressee_count, addressee_sha256, frozen_at, stage, halted_at",
    "approval": "*", "rendition": "*", "addressee": "*", "finding": "*", "draft_revision": "*", "journal": "*",
    "draft": "id, status, organisation_id, msg_type, stage", "delivery": "id, alert_id, n, lane, kind, transmissions, state",
    "expansion": "alert_id, lane", "schedule": "alert_id, at", "address": "id, recipient_id, kind, sealed, mark",
}  # fmt: skip
"""What no statement of the runtime may change in these tests."""


@dataclass
class Scene:
    """A house in full swing. `submitted` was written by Anna and Bert and offered by Cara; `open` is a draft of
    Anna's; `live` and `drill` are approved, released and expanded; `halted` was stopped."""

    conn: Connection
    submitted: AlertRow
    open: str
    live: AlertRow
    drill: AlertRow
    halted: AlertRow

    def names(self) -> dict[str, Any]:
        return {
            "S": self.submitted.id, "digest": self.submitted.digest, "S_draft": self.submitted.draft_id, "open": self.open,
            "L": self.live.id, "L_digest": self.live.digest, "D": self.drill.id, "D_draft": self.drill.draft_id,
            "D_digest": self.drill.digest, "H": self.halted.id, "P": "approval (alert_id, digest, lane, kind, approver_id, accepts, at)",
        }  # fmt: skip

    def picture(self) -> dict[str, list[Any]]:
        """Everything that may not change."""
        return {
            table: sorted(map(repr, self.conn.execute(text(f"SELECT {columns} FROM {table}"))))
            for table, columns in PROTECTED.items()
        }


@pytest.fixture
def scene(conn: Connection, house: House) -> Scene:
    row = lives.drafted(conn, house, ANNA)
    drafting.revise(conn, house, BERT, row.id, 1, {"event": "Gaslek"}, NOON)
    submitted = lives.offered(conn, house, row.id, CARA).alert
    opened = lives.drafted(conn, house, ANNA).id
    live, drill = lives.expanded(conn, house), lives.expanded(conn, house, status="Exercise")
    halted = lives.expanded(conn, house)
    approving.halt(conn, CARA, halted.id, NOON)
    return Scene(conn, submitted, opened, live, drill, halted)


MISTAKEN = re.compile(
    r"syntax error|no such (table|column)|has no column|values for|does not exist|type .* but expression|ambiguous"
)
"""Said of an attack that is no SQL at all: it would be refused for nothing."""


def attacked(scene: Scene, *statements: str) -> None:
    """Run an attack; whether it was refused or came to nothing, nothing that is protected may differ."""
    before = scene.picture()
    undone = scene.conn.begin_nested()
    try:
        for statement in statements:
            scene.conn.exec_driver_sql(statement.format_map(scene.names()).replace("%", "%%"))
    except DBAPIError as error:
        assert not MISTAKEN.search(str(error.orig)), (statements, error.orig)
        undone.rollback()
        return
    after = scene.picture()
    undone.rollback()
    assert {table for table in before if before[table] != after[table]} == set(), statements


# --- SQL of the runtime role, on both engines ------------------------------------------------------

APPROVALS = {
    "by the author": "INSERT INTO {P} VALUES ('{S}', '{digest}', 'live', 'second-person', 'anna', '[]', 1)",
    "by an editor of an earlier revision": "INSERT INTO {P} VALUES ('{S}', '{digest}', 'live', 'second-person', 'bert', '[]', 1)",
    "by the submitter": "INSERT INTO {P} VALUES ('{S}', '{digest}', 'live', 'second-person', 'cara', '[]', 1)",
    "by a viewer": "INSERT INTO {P} VALUES ('{S}', '{digest}', 'live', 'second-person', 'dirk', '[]', 1)",
    "by an admin": "INSERT INTO {P} VALUES ('{S}', '{digest}', 'live', 'second-person', 'eva', '[]', 1)",
    "by an approver who left": "INSERT INTO {P} VALUES ('{S}', '{digest}', 'live', 'second-person', 'fred', '[]', 1)",
    "by nobody": "INSERT INTO {P} VALUES ('{S}', '{digest}', 'live', 'second-person', NULL, '[]', 1)",
    "by somebody unknown": "INSERT INTO {P} VALUES ('{S}', '{digest}', 'live', 'second-person', 'zoe', '[]', 1)",
    "of another kind": "INSERT INTO {P} VALUES ('{S}', '{digest}', 'live', 'automatic', 'anna', '[]', 1)",
    "by a mandate that is not there": "INSERT INTO {P} VALUES ('{S}', '{digest}', 'live', 'mandate', 'anna', '[]', 1)",
    "of what is not submitted yet": "INSERT INTO {P} VALUES ('{open}', 'x', 'live', 'second-person', 'bert', '[]', 1)",
    "of what was approved already": "INSERT INTO {P} VALUES ('{L}', '{L_digest}', 'live', 'second-person', 'cara', '[]', 1)",
    "instead of the one that stands": "INSERT INTO {P} SELECT '{L}', '{L_digest}', 'live', 'second-person', 'cara', '[]', 1",
    "changed": "UPDATE approval SET approver_id = 'cara'",
    "moved to another alert": "UPDATE approval SET alert_id = '{S}', digest = '{digest}' WHERE alert_id = '{L}'",
    "removed": "DELETE FROM approval",
    "by upsert": "INSERT INTO {P} VALUES ('{L}', '{L_digest}', 'live', 'second-person', 'cara', '[]', 1)"
                 " ON CONFLICT (alert_id) DO UPDATE SET approver_id = 'cara'",
}  # fmt: skip
LIFE = {
    "an alert approved without an approval": "UPDATE alert SET stage = 'approved' WHERE id = '{S}'",
    "an alert that begins approved": "INSERT INTO alert (id, draft_id, revision, organisation_id, number, status, msg_type, content,"
        " severity_rank, sent_at, expires_at, zone, stage) SELECT 'new', draft_id, revision, organisation_id, 99, status, msg_type, content,"
        " severity_rank, sent_at, expires_at, zone, 'approved' FROM alert WHERE id = '{S}'",
    "an alert that begins frozen": "INSERT INTO alert (id, draft_id, revision, organisation_id, number, status, msg_type, content,"
        " severity_rank, sent_at, expires_at, zone, stage, digest, frozen_at) SELECT 'new', draft_id, revision, organisation_id, 99, status,"
        " msg_type, content, severity_rank, sent_at, expires_at, zone, 'submitted', 'x', 1 FROM alert WHERE id = '{S}'",
    "an alert made twice by upsert": "INSERT INTO alert (id, draft_id, revision, organisation_id, number, status, msg_type, content,"
        " severity_rank, sent_at, expires_at, zone, stage) SELECT id, draft_id, revision, organisation_id, number, status, msg_type, content,"
        " severity_rank, sent_at, expires_at, zone, 'submitted' FROM alert WHERE id = '{L}' ON CONFLICT (id) DO UPDATE SET content = '{{}}'",
    "a text changed": "UPDATE alert SET content = '{{}}' WHERE id = '{L}'",
    "an expiry put off": "UPDATE alert SET expires_at = expires_at + 1 WHERE id = '{L}'",
    "a release moved": "UPDATE alert SET release_at = 1 WHERE id = '{S}'",
    "a draft exchanged under an alert": "UPDATE alert SET draft_id = '{open}', revision = 1 WHERE id = '{S}'",
    "a submitter exchanged": "UPDATE alert SET submitter_id = 'dirk' WHERE id = '{S}'",
    "an alert thawed": "UPDATE alert SET frozen_at = NULL WHERE id = '{S}'",
    "another digest": "UPDATE alert SET digest = 'x' WHERE id = '{S}'",
    "other addressees": "UPDATE alert SET addressee_count = 1, addressee_sha256 = 'x' WHERE id = '{S}'",
    "an approved alert sent back": "UPDATE alert SET stage = 'returned' WHERE id = '{L}'",
    "an approved alert submitted again": "UPDATE alert SET stage = 'submitted' WHERE id = '{L}'",
    "a halt taken back": "UPDATE alert SET halted_at = NULL WHERE id = '{H}'",
    "a halt moved": "UPDATE alert SET halted_at = halted_at + 1 WHERE id = '{H}'",
    "an alert removed": "DELETE FROM alert WHERE id = '{L}'",
    "a draft removed": "DELETE FROM draft WHERE id = '{open}'",
    "an approved draft opened again": "UPDATE draft SET stage = 'draft' WHERE id = '{D_draft}'",
    "a revision of a submitted draft": "INSERT INTO draft_revision (draft_id, revision, content, author_id, at)"
        " VALUES ('{S_draft}', 9, '{{}}', 'anna', 1)",
    "a revision rewritten": "UPDATE draft_revision SET content = '{{}}'",
    "a revision put in another name": "UPDATE draft_revision SET author_id = 'dirk'",
    "a revision removed": "DELETE FROM draft_revision WHERE author_id = 'bert'",
    "a revision rewritten by upsert": "INSERT INTO draft_revision (draft_id, revision, content, author_id, at)"
        " VALUES ('{open}', 1, '{{}}', 'dirk', 1) ON CONFLICT (draft_id, revision) DO UPDATE SET author_id = 'dirk'",
    "a finding removed": "DELETE FROM finding",
    "a finding added late": "INSERT INTO finding (alert_id, position, code, kind, field, message) VALUES ('{S}', 9, 'x', 'notice', 'x', 'x')",
}  # fmt: skip
FROZEN = {
    "a rendition added": "INSERT INTO rendition (alert_id, position, kind, language, text, payload, holes)"
        " VALUES ('{S}', 9, 'sms', 'de', 'x', 'x', '[]')",
    "a rendition added after the approval": "INSERT INTO rendition (alert_id, position, kind, language, text, payload, holes)"
        " VALUES ('{L}', 9, 'sms', 'de', 'x', 'x', '[]')",
    "a rendition changed": "UPDATE rendition SET text = 'x', payload = 'x'",
    "a rendition changed by upsert": "INSERT INTO rendition (alert_id, position, kind, language, text, payload, holes)"
        " VALUES ('{L}', 0, 'sms', 'nl', 'x', 'x', '[]') ON CONFLICT (alert_id, position) DO UPDATE SET text = 'x'",
    "a rendition removed": "DELETE FROM rendition",
    "an addressee added": "INSERT INTO addressee (alert_id, n, address_id, rendition) SELECT '{S}', 99, min(id), 0 FROM address",
    "an addressee added after the approval": "INSERT INTO addressee (alert_id, n, address_id, rendition) SELECT '{L}', 99, min(id), 0 FROM address",
    "an addressee given another text": "UPDATE addressee SET rendition = 1 - rendition",
    "an addressee given another address": "UPDATE addressee SET address_id = (SELECT max(id) FROM address)",
    "an addressee removed": "DELETE FROM addressee",
    "an address changed": "UPDATE address SET sealed = 'x', mark = 'x'",
    "an address moved to another person": "UPDATE address SET recipient_id = (SELECT max(id) FROM recipient)",
    "an address removed": "DELETE FROM address",
}  # fmt: skip
QUEUE = {
    "a delivery without an approval": "INSERT INTO delivery (alert_id, n, lane, kind, account, state, state_at, due_at)"
        " VALUES ('{S}', 1, 'live', 'sms', 'sms.primary', 'due', 1, 1)",
    "an expansion without an approval": "INSERT INTO expansion (alert_id, lane, next_n) VALUES ('{S}', 'live', 1)",
    "a release without an approval": "INSERT INTO schedule (alert_id, at, zone, state, changed_at) VALUES ('{S}', 1, 'UTC', 'waiting', 1)",
    "a delivery to nobody": "INSERT INTO delivery (alert_id, n, lane, kind, account, state, state_at, due_at)"
        " VALUES ('{L}', 99, 'live', 'sms', 'sms.primary', 'due', 1, 1)",
    "a second delivery to one addressee": "INSERT INTO delivery (alert_id, n, lane, kind, account, state, state_at, due_at)"
        " VALUES ('{L}', 1, 'live', 'sms', 'sms.primary', 'due', 1, 1)",
    "a delivery moved to another alert": "UPDATE delivery SET alert_id = '{S}' WHERE alert_id = '{L}'",
    "a delivery moved to another addressee": "UPDATE delivery SET n = 99 WHERE alert_id = '{L}' AND n = 1",
    "a delivery of another kind": "UPDATE delivery SET kind = 'email'",
    "a delivery removed": "DELETE FROM delivery",
    "a third copy": "UPDATE delivery SET transmissions = 3 WHERE alert_id = '{L}'",
    "a state that is none": "UPDATE delivery SET state = 'sent' WHERE alert_id = '{L}'",
    "an expansion moved to another alert": "UPDATE expansion SET alert_id = '{S}' WHERE alert_id = '{L}'",
    "a journal line changed": "UPDATE journal SET actor = 'bert'",
    "a journal line removed": "DELETE FROM journal",
    "a journal line written twice": "INSERT INTO journal SELECT * FROM journal WHERE 1 = 1 ON CONFLICT (seq) DO UPDATE SET actor = 'bert'",
}  # fmt: skip
RELABELLED = {
    "an exercise called real": "UPDATE alert SET status = 'Actual' WHERE id = '{D}'",
    "an exercise put in the live lane": "UPDATE alert SET lane = 'live' WHERE id = '{D}'",
    "an exercise's draft called real": "UPDATE draft SET status = 'Actual' WHERE id = '{D_draft}'",
    "an exercise's deliveries put in the live lane": "UPDATE delivery SET lane = 'live' WHERE alert_id = '{D}'",
    "an exercise's approval put in the live lane": "UPDATE approval SET lane = 'live' WHERE alert_id = '{D}'",
    "an exercise's expansion put in the live lane": "UPDATE expansion SET lane = 'live' WHERE alert_id = '{D}'",
    "a live approval of an exercise": "INSERT INTO {P} VALUES ('{D}', '{D_digest}', 'live', 'second-person', 'cara', '[]', 1)",
    "a live delivery of an exercise": "INSERT INTO delivery (alert_id, n, lane, kind, account, state, state_at, due_at)"
        " VALUES ('{D}', 1, 'live', 'sms', 'sms.primary', 'due', 1, 1)",
    "a live alert from an exercise's draft": "INSERT INTO alert (id, draft_id, revision, organisation_id, number, status, msg_type, content,"
        " severity_rank, sent_at, expires_at, zone, stage) SELECT 'new', draft_id, revision, organisation_id, 99, 'Actual', msg_type, content,"
        " severity_rank, sent_at, expires_at, zone, 'submitted' FROM alert WHERE id = '{D}'",
    "an exercise's deliveries moved under a live alert": "UPDATE delivery SET alert_id = '{L}', lane = 'live', n = n + 4"
        " WHERE alert_id = '{D}'",
    "an exercise renamed": "UPDATE alert SET id = 'new', status = 'Actual' WHERE id = '{D}'",
    "a draft's kind exchanged by upsert": "INSERT INTO draft (id, organisation_id, status, stage, revision, created_at)"
        " VALUES ('{D_draft}', 'voorbeeldstad', 'Actual', 'draft', 1, 1) ON CONFLICT (id) DO UPDATE SET status = 'Actual'",
}  # fmt: skip
EVERYTHING = {f"{group}: {name}": statement for group, statements in (
    ("approval", APPROVALS), ("life", LIFE), ("frozen", FROZEN), ("queue", QUEUE), ("relabel", RELABELLED),
) for name, statement in statements.items()}  # fmt: skip


@pytest.mark.parametrize("name", EVERYTHING)
def test_no_sql_of_the_runtime_gets_past_the_database(scene: Scene, name: str) -> None:
    attacked(scene, EVERYTHING[name])


MANDATE = (
    "INSERT INTO mandate (id, organisation_id, scenario, scenario_sha256, limits, first_signer_id, second_signer_id, signed_at,"
    " valid_until{more}) VALUES ('m', 'voorbeeldstad', 'x', 'x', '{{}}', {values})"
)
BY_MANDATE = (
    "INSERT INTO approval (alert_id, digest, lane, kind, approver_id, mandate_id, accepts, at)"
    " VALUES ('{S}', '{digest}', 'live', 'mandate', 'anna', 'm', '[]', 100)"
)


@pytest.mark.parametrize(
    ("more", "values"),
    [
        ("", "'bert', 'cara', 1, 100"),
        ("", "'bert', 'cara', 1, 99"),
        (", revoked_at", "'bert', 'cara', 1, 1000, 50"),
        ("", "'anna', 'cara', 1, 1000"),
        ("", "'bert', 'anna', 1, 1000"),
        ("", "'bert', 'bert', 1, 1000"),
    ],
)
def test_a_mandate_that_is_over_revoked_or_ones_own_releases_nothing(scene: Scene, more: str, values: str) -> None:
    attacked(scene, MANDATE.replace("{more}", more).replace("{values}", values), BY_MANDATE)


def test_several_steps_together_get_no_further(scene: Scene) -> None:
    attacked(scene, "INSERT INTO person_role (person_id, role) VALUES ('dirk', 'approver')", APPROVALS["by the author"])
    attacked(scene, "DELETE FROM person_role WHERE person_id = 'anna'", APPROVALS["by the author"])
    attacked(scene, "UPDATE person SET disabled_at = 1 WHERE id = 'cara'", APPROVALS["by the submitter"])
    attacked(scene, "UPDATE alert SET swept_at = NULL", "UPDATE alert SET halted_at = NULL WHERE id = '{H}'")


# --- SQLite alone ----------------------------------------------------------------------------------

ON_SQLITE = {
    **{
        f"{verb} {name}": statement.replace("INSERT INTO", verb, 1)
        for verb in ("INSERT OR REPLACE INTO", "REPLACE INTO", "INSERT OR IGNORE INTO", "INSERT OR FAIL INTO")
        for name, statement in EVERYTHING.items()
        if statement.startswith("INSERT INTO") and "ON CONFLICT" not in statement
    },
    **{
        f"{verb} {name}": statement.replace("UPDATE", verb, 1)
        for verb in ("UPDATE OR REPLACE", "UPDATE OR IGNORE")
        for name, statement in EVERYTHING.items()
        if statement.startswith("UPDATE")
    },
    "replacing an approval": "REPLACE INTO {P} VALUES ('{L}', '{L_digest}', 'live', 'second-person', 'anna', '[]', 1)",
    "replacing a rendition": "REPLACE INTO rendition (alert_id, position, kind, language, text, payload, holes)"
        " VALUES ('{L}', 0, 'sms', 'nl', 'x', 'x', '[]')",
    "replacing an address": "REPLACE INTO address (id, recipient_id, kind, sealed, mark, added_at) SELECT id, recipient_id, kind, 'x', 'x', 1 FROM address",
    "replacing the journal": "REPLACE INTO journal SELECT seq, at, kind, 'bert', object, data, previous, hash FROM journal",
    "replacing an organisation's draft": "REPLACE INTO draft SELECT * FROM draft",
    "moving rows by their hidden number": "UPDATE delivery SET rowid = rowid + 1000",
    "moving addresses by their hidden number": "UPDATE address SET rowid = rowid + 1000",
    "writing the schema": "UPDATE sqlite_master SET sql = '' WHERE type = 'trigger'",
    "removing from the schema": "DELETE FROM sqlite_master WHERE type = 'trigger'",
    "dropping a guard": "DROP TRIGGER approval_needs_a_second_person",
    "dropping a table": "DROP TABLE approval",
    "altering a table": "ALTER TABLE approval RENAME TO old",
    "adding a column": "ALTER TABLE approval ADD COLUMN x",
    "a guard of one's own": "CREATE TRIGGER mine AFTER INSERT ON draft BEGIN UPDATE alert SET stage = 'approved'; END",
    "a temporary guard of one's own": "CREATE TEMP TRIGGER mine AFTER INSERT ON draft BEGIN SELECT 1; END",
    "a temporary table of the same name": "CREATE TEMP TABLE alert (id)",
    "a view of the same name": "CREATE TEMP VIEW draft_revision AS SELECT 1",
    "an index": "CREATE UNIQUE INDEX mine ON approval (kind)",
    "a virtual table": "CREATE VIRTUAL TABLE mine USING fts5(x)",
    "an extension": "SELECT load_extension('x')",
}  # fmt: skip


@pytest.mark.parametrize("conn", ["sqlite"], indirect=True)
def test_no_trick_of_sqlite_gets_past_the_database(scene: Scene) -> None:
    for name, statement in ON_SQLITE.items():
        try:
            attacked(scene, statement)
        except AssertionError as error:
            raise AssertionError(name) from error


@pytest.fixture
def bare(engine: Engine) -> Iterator[Callable[[str], object]]:
    """Runs a statement on a connection of the runtime, outside any transaction."""
    with closing(engine.raw_connection()) as raw:
        yield lambda statement: raw.driver_connection.execute(statement).fetchall()  # type: ignore[union-attr]


PRAGMAS = [
    "foreign_keys = OFF", "foreign_keys(0)", "recursive_triggers = OFF", "writable_schema = ON", "ignore_check_constraints = ON",
    "defer_foreign_keys = ON", "query_only = OFF", "journal_mode = DELETE", "synchronous = OFF", "trusted_schema = ON",
    "user_version = 9", "schema_version = 9", "legacy_alter_table = ON", "wal_checkpoint", "incremental_vacuum", "optimize",
    "temp_store_directory = '/tmp'", "main.foreign_keys = OFF", "application_id = 1", "secure_delete = OFF", "locking_mode = EXCLUSIVE",
]  # fmt: skip


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_running_sqlite_connection_changes_no_setting_and_reaches_no_other_file(
    bare: Callable[[str], object], tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    for pragma in PRAGMAS:
        with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
            bare(f"PRAGMA {pragma}")
    for statement in (f"ATTACH '{other}' AS o", f"VACUUM INTO '{other}'", "VACUUM", "DETACH main", "REINDEX"):
        with pytest.raises(sqlite3.DatabaseError):
            bare(statement)
    assert not other.exists()
    assert bare("PRAGMA foreign_keys") == [(1,)]
    assert bare("PRAGMA recursive_triggers") == [(1,)]


# --- PostgreSQL alone ------------------------------------------------------------------------------

ON_POSTGRESQL = {
    **{f"truncating {table}": f"TRUNCATE {table} CASCADE" for table in PROTECTED},
    "switching the guards off": "SET session_replication_role = replica",
    "switching one guard off": "ALTER TABLE approval DISABLE TRIGGER ALL",
    "dropping a guard": "DROP TRIGGER approval_needs_a_second_person ON approval",
    "dropping a constraint": "ALTER TABLE delivery DROP CONSTRAINT delivery_copies_check",
    "rewriting a guard": "CREATE OR REPLACE FUNCTION guard_approval_needs_a_second_person() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NEW; END $$",
    "a rule of one's own": "CREATE RULE mine AS ON INSERT TO approval DO INSTEAD NOTHING",
    "a trigger of one's own": "CREATE TRIGGER aaa BEFORE INSERT ON approval FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "a table in the schema": "CREATE TABLE mine (x int)",
    "becoming the owner": "SET ROLE omroeper_owner",
    "taking the table": "ALTER TABLE approval OWNER TO omroeper",
    "taking rights": "GRANT ALL ON approval TO omroeper",
    "merging": "MERGE INTO approval a USING (SELECT 1) s ON (a.alert_id = '{L}') WHEN MATCHED THEN UPDATE SET approver_id = 'cara'",
    "copying": "COPY approval FROM PROGRAM 'true'",
    "the lane, said outright": "INSERT INTO alert (id, lane) VALUES ('new', 'live')",
}  # fmt: skip


@pytest.mark.parametrize("conn", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", ON_POSTGRESQL)
def test_no_trick_of_postgresql_gets_past_the_database(scene: Scene, name: str) -> None:
    attacked(scene, ON_POSTGRESQL[name])


@pytest.mark.parametrize("conn", ["postgresql"], indirect=True)
def test_tables_that_a_session_makes_up_deceive_no_guard(scene: Scene) -> None:
    """A guard that looked for `alert` on the session's path would find a temporary one first."""
    fake = "CREATE TEMP TABLE alert AS SELECT * FROM public.alert WHERE false"
    nobody_wrote = "CREATE TEMP TABLE draft_revision AS SELECT * FROM public.draft_revision WHERE false"
    approvers = "CREATE TEMP TABLE person_role AS SELECT 'dirk' AS person_id, 'approver' AS role"
    unfrozen = (fake, "INSERT INTO pg_temp.alert (id, stage) VALUES ('{S}', 'submitted')")
    public = APPROVALS["by the author"].replace("INTO {P}", "INTO public.{P}")
    frozen = "INSERT INTO pg_temp.alert (id, stage, frozen_at, submitter_id) VALUES ('{S}', 'submitted', 1, 'zoe')"
    attacked(scene, fake, frozen, nobody_wrote, public)
    attacked(scene, approvers, APPROVALS["by a viewer"])
    attacked(scene, *unfrozen, FROZEN["an addressee added"])
    attacked(scene, *unfrozen, FROZEN["a rendition added"])
    attacked(scene, "SET search_path = pg_temp, public", fake, frozen, nobody_wrote, public)


# --- functions -------------------------------------------------------------------------------------


def functions(scene: Scene, house: House) -> dict[str, Callable[[], object]]:
    """Every function that could set a submitted alert on its way, asked without an approval."""
    conn, alert = scene.conn, scene.submitted
    spare = Rendition("x", "sms", "de", "x", b"x")
    return {
        **{
            f"approved by {who.name}": lambda who=who: lives.agreed(conn, house, alert, who)
            for who in (ANNA, BERT, CARA, *OTHERS)
        },
        **{
            f"approval of {name} written": lambda name=name: alerts.approve(conn, alert, name, [], None, NOON)
            for name in WRONG
        },
        "moved": lambda: alerts.move(conn, alert.id, alert.stage, scene.live.stage),
        "frozen anew": lambda: alerts.freeze(conn, alert, [spare], alert.addressees, NOON),
        "inserted anew": lambda: alerts.insert(conn, alert, [spare], None),
        "addressed anew": lambda: audience.freeze(
            conn, alert.id, lives.ORGANISATION, alert.draft.audience, [("sms", "nl", 0)]
        ),  # type: ignore[arg-type]
        "planned": lambda: schedules.plan(conn, alert.id, NOON, "UTC", NOON),
        "expansion started": lambda: schedules.start_expansion(conn, alert.id, Lane.LIVE),
        "released": lambda: publishing.release(conn, house, alert, "anna"),
        "released by the clock": lambda: publishing.release_due(conn, house, NOON + timedelta(days=1)),
        "released from a hold": lambda: approving.release_held(conn, house, ANNA, alert.id, NOON),
        "halted": lambda: approving.halt(conn, ANNA, alert.id, NOON),
        "expanded": lambda: deliveries.expand(conn, alert.id, lives.ACCOUNTS, NOON),
        "edited": lambda: drafting.revise(conn, house, ANNA, alert.draft_id, 2, {"event": "x"}, NOON),
    }


OTHERS = (lives.DIRK, lives.EVA, lives.FRED, lives.MACHINE)
WRONG = ("anna", "bert", "cara", "dirk", "eva", "fred", "zoe")


def test_no_function_sets_an_unapproved_alert_on_its_way(scene: Scene, house: House) -> None:
    conn, before = scene.conn, scene.picture()
    for name, function in functions(scene, house).items():
        undone = conn.begin_nested()
        try:
            function()
        except (Refused, DBAPIError):
            undone.rollback()
        else:
            assert not lives.is_released(conn, scene.submitted), name
            assert queue.claim(conn, Lane.LIVE, "sms.primary", "w", 100, NOON) is not None
            assert (
                conn.scalar(text("SELECT count(*) FROM delivery WHERE alert_id = :a"), {"a": scene.submitted.id}) == 0
            ), name
            undone.rollback()
        assert scene.picture() == before, name


def test_the_one_who_may_approve_does_and_then_it_goes(scene: Scene, house: House) -> None:
    """The attacks above fail for the right reason: the same alert goes when somebody else agrees."""
    conn = scene.conn
    conn.execute(text("INSERT INTO person (id, name, created_at) VALUES ('gerda', 'gerda', 1)"))
    conn.execute(text("INSERT INTO person_role (person_id, role) VALUES ('gerda', 'approver')"))
    from broadcaster.model.people import Caller, Role

    gerda = Caller("t", frozenset({Role.APPROVER}), "gerda", "gerda")
    lives.agreed(conn, house, scene.submitted, gerda)
    assert schedules.released(conn, scene.submitted.id)
    assert deliveries.expand(conn, scene.submitted.id, lives.ACCOUNTS, NOON) == 4


def test_these_attacks_look_at_every_table_that_could_release_something() -> None:
    unwatched = set(metadata.tables) - set(PROTECTED)
    assert unwatched == {
        "organisation", "incident", "person", "person_role", "token", "recipient", "audience_group", "recipient_group",
        "recipient_area", "mandate", "attempt", "fact", "board", "board_key", "worker", "answer",
    }  # fmt: skip


def test_on_both_engines_the_attacks_run_as_the_runtime(conn: Connection) -> None:
    if is_sqlite(conn):
        with pytest.raises(DBAPIError, match="not authorized"), conn.begin_nested():
            conn.execute(text("CREATE TABLE mine (x)"))
    else:
        assert conn.scalar(text("SELECT current_user")) == "omroeper"
