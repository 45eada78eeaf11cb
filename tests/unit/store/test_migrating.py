"""The schema and its guards, after every migration, on both engines."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import Engine, text

from broadcaster.store import guards, migrating
from broadcaster.store.authoriser import APPEND_ONLY, KEPT
from broadcaster.store.dialect import is_sqlite
from broadcaster.store.migrating import current, differences, head, migrate, owner_engine
from broadcaster.store.tables import metadata
from tests.databases import RUNTIME, Store


def _wanted() -> list[tuple[str, str]]:
    return sorted((guard.name, guard.table) for guard in guards.GUARDS)


def test_a_migrated_database_is_what_the_program_says(owner: Engine) -> None:
    with owner.begin() as conn:
        assert differences(conn) == []
        assert current(conn) == head()


def test_the_guards_are_the_same_after_migrating_twice(owner: Engine) -> None:
    with owner.begin() as conn:
        before = _definitions(conn)
    migrate(owner, RUNTIME)
    with owner.begin() as conn:
        assert guards.installed(conn) == _wanted()
        assert _definitions(conn) == before
        assert differences(conn) == []


def _definitions(conn: sa.Connection) -> list[tuple[str, str]]:
    """Every trigger with the text that it runs."""
    query = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        if is_sqlite(conn)
        else "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE 'guard_%'"
    )
    return sorted((name, body) for name, body in conn.execute(text(query)))


def test_a_guard_that_a_migration_dropped_is_missed_and_comes_back(owner: Engine) -> None:
    with owner.begin() as conn:
        table = "" if is_sqlite(conn) else " ON approval"
        conn.execute(text(f"DROP TRIGGER approval_needs_a_second_person{table}"))
        assert differences(conn) == ["guard approval_needs_a_second_person on approval"]
    migrate(owner, RUNTIME)
    with owner.begin() as conn:
        assert guards.installed(conn) == _wanted()


def test_a_trigger_of_another_version_goes(owner: Engine) -> None:
    with owner.begin() as conn:
        if is_sqlite(conn):
            conn.execute(text("CREATE TRIGGER old_rule BEFORE INSERT ON board BEGIN SELECT 1; END"))
        else:
            conn.execute(text("CREATE TRIGGER old_rule BEFORE INSERT ON board EXECUTE FUNCTION guard_board_is_kept()"))
        assert differences(conn) == ["guard old_rule on board"]
    migrate(owner, RUNTIME)
    with owner.begin() as conn:
        assert guards.installed(conn) == _wanted()


def test_a_column_that_the_program_does_not_know_is_a_difference(owner: Engine) -> None:
    with owner.begin() as conn:
        conn.execute(text("ALTER TABLE finding ADD COLUMN more TEXT"))
        assert differences(conn) != []


def test_an_empty_database_has_no_version_and_a_migration_fills_it(tmp_path: Path) -> None:
    engine = owner_engine("sqlite:///new.db", tmp_path)
    with engine.begin() as conn:
        assert current(conn) is None
    migrate(engine)
    with engine.begin() as conn:
        assert current(conn) == head()
        assert differences(conn) == []
    engine.dispose()


def test_every_guard_has_a_name_and_words_of_its_own() -> None:
    names = [guard.name for guard in guards.GUARDS]
    assert len(set(names)) == len(names)
    assert all(len(f"guard_{name}") <= 63 for name in names)  # PostgreSQL cuts longer ones without a word
    assert all("'" not in guard.message for guard in guards.GUARDS)


def test_every_table_that_is_kept_has_its_guard() -> None:
    deletes = {guard.table for guard in guards.GUARDS if guard.event == "DELETE"}
    updates = {guard.table for guard in guards.GUARDS if guard.event == "UPDATE"}
    assert deletes >= APPEND_ONLY
    assert updates == APPEND_ONLY
    assert set(metadata.tables) >= APPEND_ONLY | KEPT


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_the_runtime_role_has_what_it_needs_and_no_more(owner: Engine, store: Store) -> None:
    rights = "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"
    with owner.begin() as conn:
        for table in metadata.tables:
            granted = {
                right for right in rights if conn.scalar(sa.func.has_table_privilege(RUNTIME, table, right).select())
            }
            expected = {"SELECT", "INSERT"}
            expected |= set() if table in APPEND_ONLY else {"UPDATE"}
            expected |= set() if table in APPEND_ONLY | KEPT else {"DELETE"}
            assert granted == expected, table
        assert not conn.scalar(sa.func.has_schema_privilege(RUNTIME, "public", "CREATE").select())
        owners = conn.execute(text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")).all()
        assert RUNTIME not in {owner for (owner,) in owners}


def test_tasks_of_an_older_schema_are_kept_where_their_table_is_made_anew(tmp_path: Path) -> None:
    engine = owner_engine("sqlite:///old.db", tmp_path)
    with engine.begin() as conn:
        command.upgrade(migrating._config(conn), "0013")
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.execute("PRAGMA ignore_check_constraints = ON")
        for table in ("person", "manual", "alert"):
            _put(old, table, id="one")
        _put(old, "task", id="done", alert_id="one", manual_id="one", owner_id="one", state="placed", placed_at=1,
             place="voorpagina", closer_id="one", closed_at=2, due_at=3)  # fmt: skip
        before = old.execute("SELECT * FROM task").fetchall()
        old.commit()
    migrate(engine)
    with engine.begin() as conn:
        columns = ", ".join(column.name for column in metadata.tables["task"].columns if column.name != "clears")
        assert [tuple(row) for row in conn.execute(text(f"SELECT {columns} FROM task"))] == before
        assert conn.scalar(text("SELECT sum(clears) FROM task")) == 0
        assert differences(conn) == []
    engine.dispose()


def _put(conn: sqlite3.Connection, table: str, **given: object) -> None:
    """A row that has something in every column that needs it."""
    columns = conn.execute(f"PRAGMA table_xinfo({table})").fetchall()
    values: dict[str, object] = {
        name: 1 for _, name, _, needed, default, _, hidden in columns if needed and default is None and not hidden
    }
    values |= given
    marks = ", ".join("?" * len(values))
    conn.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))
