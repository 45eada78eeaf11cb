"""Four eyes, against every path there is: functions, and SQL of the runtime role on both engines (R10).

What the database cannot know is who sits behind a connection: whoever may run SQL as the runtime role
could also add a person or write an approval in the name of one who might have given it. So these
attacks never forge an innocent second person; everything else they may try.
"""

import re
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from broadcaster.model.cap import Lane, MsgType
from broadcaster.model.contacts import ContactKind
from broadcaster.model.draft import Audience
from broadcaster.model.people import Caller, Role
from broadcaster.model.rendition import Rendition
from broadcaster.render.limited import InlineRenderer
from broadcaster.store import alerts, approvals, audience, deliveries, schedules, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.store.dialect import is_sqlite
from broadcaster.store.tables import metadata
from broadcaster.workflow import approving, contacts, drafting, publishing, submitting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from tests import lives
from tests.clocks import NOON, HandClock
from tests.lives import ANNA, BERT, CARA

PROTECTED = {
    "alert": "id, draft_id, revision, organisation_id, number, status, lane, msg_type, replaces_id, content, sent_at,"
    " severity_rank, expires_at, release_at, zone, submitter_id, digest, addressee_count, addressee_sha256, frozen_at,"
    " stage, halted_at, superseded_at",
    "draft": "id, status, organisation_id, msg_type, replaces_id, stage",
    "delivery": "id, alert_id, n, lane, kind, transmissions, state",
    "expansion": "alert_id, lane, next_n",
    "schedule": "alert_id, at, zone, state",
    "address": "id, recipient_id, kind, sealed, mark",
    "contact": "id, kind, value, key, label, replaces_id, proposer_id, verifier_id, valid_until, retirer_id",
} | dict.fromkeys(("approval", "rendition", "addressee", "finding", "draft_revision", "journal"), "*")
"""What no statement of the runtime may change in these tests."""


@dataclass
class Scene:
    """A house in full swing. `submitted` was written by Anna and Bert and offered by Cara; `open` is a draft of
    Anna's; `live` and `drill` are approved, released and expanded; `halted` was stopped. `more` by letter."""

    conn: Connection
    submitted: AlertRow
    open: str
    live: AlertRow
    drill: AlertRow
    halted: AlertRow
    more: dict[str, AlertRow] = field(default_factory=dict)

    def names(self) -> dict[str, Any]:
        return {
            "S": self.submitted.id, "digest": self.submitted.digest, "S_draft": self.submitted.draft_id,
            "L": self.live.id, "L_digest": self.live.digest, "D": self.drill.id, "D_draft": self.drill.draft_id,
            "D_digest": self.drill.digest, "H": self.halted.id, "open": self.open,
            "P": "approval (alert_id, digest, lane, kind, approver_id, accepts, at)",
            **{letter: row.id for letter, row in self.more.items()},
        }  # fmt: skip

    def picture(self) -> dict[str, list[Any]]:
        """Everything that may not change."""
        return {
            table: sorted(map(repr, self.conn.execute(text(f"SELECT {columns} FROM {table}"))))
            for table, columns in PROTECTED.items()
        }


@pytest.fixture
def scene(conn: Connection, house: House) -> Scene:
    tasks.sync(conn, [], NOON)  # a missing task would refuse what four eyes have to
    row = lives.drafted(conn, house, ANNA)
    drafting.revise(conn, house, BERT, row.id, 1, {"event": "Gaslek"}, NOON)
    submitted = lives.offered(conn, house, row.id, CARA).alert
    opened = lives.drafted(conn, house, ANNA).id
    live, drill = lives.expanded(conn, house), lives.expanded(conn, house, status="Exercise")
    halted = lives.expanded(conn, house)
    approving.halt(conn, CARA, halted.id, NOON)
    for value, doubter in (("14 031", None), ("14 032", "anna")):
        line = contacts.propose(conn, house, ANNA, ContactKind.PHONE, value, "Gemeente", None, NOON)
        contacts.verify(conn, BERT, line.id or "", None, NOON)
        if doubter:
            contacts.retire(conn, ANNA, line.id or "", NOON)
    contacts.propose(conn, house, ANNA, ContactKind.PHONE, "14 033", "Gemeente", None, NOON)
    return Scene(conn, submitted, opened, live, drill, halted)


MISTAKEN = re.compile(
    r"syntax error|no such (table|column)|has no column|values for|does not exist|type .* but expression|ambiguous"
)
"""Said of an attack that is no SQL at all: it would be refused for nothing."""


def attacked(scene: Scene, *statements: str) -> None:
    """Run an attack; whether it was refused or came to nothing, nothing that is protected may differ."""
    before, said = scene.picture(), ""
    undone = scene.conn.begin_nested()
    try:
        for statement in statements:
            scene.conn.exec_driver_sql(statement.format_map(scene.names()).replace("%", "%%"))
    except DBAPIError as error:
        said = str(error.orig)
    after = before if said else scene.picture()
    undone.rollback()
    assert not MISTAKEN.search(said), (statements, said)
    assert {table for table in before if before[table] != after[table]} == set(), statements


# --- SQL of the runtime role, on both engines ------------------------------------------------------

ATTACKS: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "attacks.toml").read_text(encoding="utf-8"))


def grouped(*groups: str) -> dict[str, str]:
    return {f"{group}: {name}": sql.strip() for group in groups for name, sql in ATTACKS[group].items()}


EVERYTHING = grouped("approval", "life", "frozen", "queue", "relabel")
LATER = grouped("planned", "correction")
APPROVALS, FROZEN = ATTACKS["approval"], ATTACKS["frozen"]


@pytest.mark.parametrize("name", EVERYTHING)
def test_no_sql_of_the_runtime_gets_past_the_database(scene: Scene, name: str) -> None:
    attacked(scene, EVERYTHING[name])


def test_no_sql_of_the_runtime_lets_one_person_have_a_contact(scene: Scene) -> None:
    for name, statement in ATTACKS["contact"].items():
        try:
            attacked(scene, statement)
        except AssertionError as error:
            raise AssertionError(name) from error


@pytest.fixture
def later(scene: Scene, house: House) -> Scene:
    """The scene some time on, with releases that are planned and alerts that were corrected."""
    conn, at = scene.conn, NOON + timedelta(hours=1)
    replaced, withdrawn = lives.expanded(conn, house), lives.expanded(conn, house)
    late = lives.offered(conn, house, lives.correcting_draft(conn, house, replaced, MsgType.UPDATE).id).alert
    lives.corrected(conn, house, replaced, MsgType.UPDATE)
    cancel = lives.expand_all(conn, lives.corrected(conn, house, withdrawn, MsgType.CANCEL))
    given_up, waiting = (lives.approved(conn, house, release_at=at.isoformat()) for _ in range(2))
    approving.halt(conn, CARA, given_up.id, NOON)
    expired = lives.expanded(conn, house, expires=at.isoformat())
    publishing.expire(conn, house, at)
    fresh = lives.submitted(conn, house)
    more = {
        "F": fresh, "W": waiting, "G": given_up, "O": replaced, "U": late, "C": cancel, "E": expired,
    }  # fmt: skip
    return replace(scene, more=more)


def test_no_sql_of_the_runtime_moves_a_planned_release_or_makes_up_a_correction(later: Scene) -> None:
    for name, statement in LATER.items():
        try:
            attacked(later, statement)
        except AssertionError as error:
            raise AssertionError(name) from error


def test_an_alert_is_in_the_name_of_its_draft(later: Scene) -> None:
    attacked(
        later,
        "INSERT INTO organisation (id, name, sender) VALUES ('other', 'x', 'x')",
        "INSERT INTO alert (id, draft_id, revision, organisation_id, number, status, msg_type, content, severity_rank,"
        " sent_at, expires_at, zone, stage) SELECT 'new', draft_id, revision, 'other', 99, status, msg_type, content,"
        " severity_rank, sent_at, expires_at, zone, 'submitted' FROM alert WHERE id = '{F}'",
    )


def test_the_same_steps_in_their_own_time_are_taken(later: Scene) -> None:
    """The attacks above fail for the right reason."""
    for statement in (
        "INSERT INTO {P} SELECT id, digest, lane, 'second-person', 'bert', '[]', expires_at - 1 FROM alert"
        " WHERE id = '{F}'",
        "UPDATE schedule SET state = 'released', changed_at = at WHERE alert_id = '{W}'",
        "INSERT INTO expansion (alert_id, lane, next_n) VALUES ('{W}', 'live', 1)",
        "INSERT INTO draft (id, organisation_id, status, msg_type, replaces_id, stage, revision, created_at)"
        " VALUES ('new', 'voorbeeldstad', 'Exercise', 'Update', '{D}', 'draft', 1, 1)",
    ):
        assert later.conn.exec_driver_sql(statement.format_map(later.names())).rowcount == 1, statement


MANDATE = (
    "INSERT INTO mandate (id, organisation_id, scenario, scenario_sha256, limits, first_signer_id, second_signer_id,"
    " signed_at, valid_until{more}) VALUES ('m', 'voorbeeldstad', 'x', 'x', '{{}}', {values})"
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

INSERTS = ("INSERT OR REPLACE INTO", "REPLACE INTO", "INSERT OR IGNORE INTO", "INSERT OR FAIL INTO")
UPDATES = ("UPDATE OR REPLACE", "UPDATE OR IGNORE")


def varied() -> Iterator[tuple[str, str]]:
    """SQLite's own attacks, and the others with each way that it has to deal with a conflict."""
    yield from ATTACKS["sqlite"].items()
    for name, sql in (EVERYTHING | LATER).items():
        verb, verbs = ("INSERT INTO", INSERTS) if sql.startswith("INSERT") else ("UPDATE", UPDATES)
        if sql.startswith(verb) and "ON CONFLICT" not in sql:
            yield from ((f"{other}: {name}", sql.replace(verb, other, 1)) for other in verbs)


@pytest.mark.parametrize("conn", ["sqlite"], indirect=True)
def test_no_trick_of_sqlite_gets_past_the_database(later: Scene) -> None:
    for name, statement in varied():
        try:
            attacked(later, statement)
        except AssertionError as error:
            raise AssertionError(name) from error


@pytest.fixture
def bare(engine: Engine) -> Iterator[Callable[[str], object]]:
    """Runs a statement on a connection of the runtime, outside any transaction."""
    with closing(engine.raw_connection()) as raw:
        yield lambda statement: raw.driver_connection.execute(statement).fetchall()  # type: ignore[union-attr]


PRAGMAS = [
    "foreign_keys=OFF",
    "foreign_keys(0)",
    "main.foreign_keys=OFF",
    "recursive_triggers=OFF",
    "writable_schema=ON",
    "query_only=OFF",
    "ignore_check_constraints=ON",
    "defer_foreign_keys=ON",
    "journal_mode=DELETE",
    "synchronous=OFF",
    "trusted_schema=ON",
    "optimize",
    "user_version=9",
    "schema_version=9",
    "application_id=1",
    "legacy_alter_table=ON",
    "secure_delete=OFF",
    "locking_mode=EXCLUSIVE",
    "wal_checkpoint",
    "incremental_vacuum",
    "temp_store_directory='/tmp'",
]


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

ON_POSTGRESQL = {f"truncating {table}": f"TRUNCATE {table} CASCADE" for table in PROTECTED} | ATTACKS["postgresql"]


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
    anyone = Audience(areas=["noord"])
    return {
        **{f"approved by {who.name}": partial(lives.agreed, conn, house, alert, who) for who in CALLERS},
        **{f"approval of {name}": partial(approvals.give, conn, alert, name, [], None, NOON) for name in WRONG},
        "moved": lambda: alerts.move(conn, alert.id, alert.stage, scene.live.stage),
        "frozen anew": lambda: alerts.freeze(conn, alert, [spare], alert.addressees, NOON),
        "inserted anew": lambda: alerts.insert(conn, alert, [spare], None),
        "addressed anew": lambda: audience.freeze(conn, alert.id, lives.ORGANISATION, anyone, [("sms", "nl", 0)]),
        "planned": lambda: schedules.plan(conn, alert.id, NOON, "UTC", NOON),
        "expansion started": lambda: schedules.start_expansion(conn, alert.id, Lane.LIVE),
        "released": lambda: publishing.release(conn, house, alert, "anna"),
        "released by the clock": lambda: publishing.release_due(conn, house, NOON + timedelta(days=1)),
        "released from a hold": lambda: approving.release_held(conn, house, ANNA, alert.id, NOON),
        "halted": lambda: approving.halt(conn, ANNA, alert.id, NOON),
        "expanded": lambda: deliveries.expand(conn, alert.id, lives.ACCOUNTS, NOON),
        "edited": lambda: drafting.revise(conn, house, ANNA, alert.draft_id, 2, {"event": "x"}, NOON),
    }


CALLERS = (ANNA, BERT, CARA, lives.DIRK, lives.EVA, lives.FRED, lives.MACHINE)
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
            assert deliveries.listed(conn, scene.submitted.id, None, 0, 1) == [], name
            undone.rollback()
        assert scene.picture() == before, name


def test_the_one_who_may_approve_does_and_then_it_goes(scene: Scene, house: House) -> None:
    """The attacks above fail for the right reason: the same alert goes when somebody else agrees."""
    conn = scene.conn
    conn.execute(text("INSERT INTO person (id, name, created_at) VALUES ('gerda', 'gerda', 1)"))
    conn.execute(text("INSERT INTO person_role (person_id, role) VALUES ('gerda', 'approver')"))
    gerda = Caller("t", frozenset({Role.APPROVER}), "gerda", "gerda")
    lives.agreed(conn, house, scene.submitted, gerda)
    assert schedules.released(conn, scene.submitted.id)
    assert deliveries.expand(conn, scene.submitted.id, lives.ACCOUNTS, NOON) == 4


def test_what_only_a_machine_wrote_and_offered_is_approved_by_nobody(scene: Scene, house: House) -> None:
    """Who holds a machine's token would else be one person with two pairs of eyes."""
    conn, row = scene.conn, lives.drafted(scene.conn, house, lives.MACHINE)
    preparing = submitting.prepare(lives.Inline(conn), house, InlineRenderer(), ANNA, row.id, HandClock())
    alert = submitting.freeze(conn, house, lives.MACHINE, *lives.done(preparing), NOON).alert
    for caller in CALLERS:
        undone = conn.begin_nested()
        with pytest.raises(Refused):
            lives.agreed(conn, house, alert, caller)
        undone.rollback()


def test_these_attacks_look_at_every_table_that_could_release_something() -> None:
    unwatched = set(metadata.tables) - set(PROTECTED)
    assert unwatched == {
        "organisation", "incident", "person", "person_role", "token", "recipient", "audience_group", "recipient_group",
        "recipient_area", "session", "mandate", "attempt", "fact", "board", "board_key", "worker", "answer",
        "second_factor", "passkey", "identity", "step_up", "spent_ticket", "cap_document", "recording", "listening",
        "lease", "installation",
        "device_code", "device", "report", "sighting", "takedown",
        "person_contact", "reminder", "mandate_proposal", "review",
        "manual", "task",
    }  # fmt: skip


def test_on_both_engines_the_attacks_run_as_the_runtime(conn: Connection) -> None:
    if is_sqlite(conn):
        with pytest.raises(DBAPIError, match="not authorized"), conn.begin_nested():
            conn.execute(text("CREATE TABLE mine (x)"))
    else:
        assert conn.scalar(text("SELECT current_user")) == "omroeper"
