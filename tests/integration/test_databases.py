"""The databases of the tests are real, fresh and kept from whom they should be."""

from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from broadcaster.store.database import store_url
from tests.databases import RUNTIME, Databases, Store


def test_a_test_gets_an_empty_migrated_database_of_its_own(store: Store) -> None:
    engine = sa.create_engine(store_url(store.url, Path("/")))
    with engine.begin() as conn:
        assert conn.scalar(sa.text("SELECT count(*) FROM alert")) == 0
        assert conn.scalar(sa.text("SELECT version_num FROM alembic_version"))
    engine.dispose()


def test_the_runtime_role_cannot_switch_the_guards_off(databases: Databases) -> None:
    store = databases.create_postgresql()
    with psycopg.connect(store.url) as conn:
        assert conn.info.user == RUNTIME
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("ALTER TABLE alert DISABLE TRIGGER ALL")
    databases.drop_postgresql(store)


# --- a database that serves one test after another -------------------------------------------------


@pytest.fixture
def used(databases: Databases) -> Store:
    """A database of a test that has ended."""
    store = databases.create_postgresql()
    with psycopg.connect(store.url) as conn:
        conn.execute("INSERT INTO person (id, name, created_at) VALUES ('iris', 'Iris', 0)")
    databases.drop_postgresql(store)
    return store


def test_the_next_test_finds_nothing_of_the_one_before(used: Store, databases: Databases) -> None:
    store = databases.create_postgresql()
    assert store == used
    with psycopg.connect(store.url) as conn:
        assert conn.execute("SELECT count(*) FROM person").fetchall() == [(0,)]
        assert conn.execute("SELECT count(*) FROM alembic_version").fetchall() == [(1,)]
    databases.drop_postgresql(store)


def test_no_test_finds_a_schema_that_another_changed(used: Store, databases: Databases) -> None:
    store = databases.create_postgresql()
    assert store == used
    with psycopg.connect(store.owner_url) as conn:
        conn.execute("ALTER TABLE alert DISABLE TRIGGER USER")
    databases.drop_postgresql(store)
    fresh = databases.create_postgresql()
    assert fresh != used
    databases.drop_postgresql(fresh)


def test_a_connection_that_was_left_open_holds_up_nobody(databases: Databases) -> None:
    store = databases.create_postgresql()
    with psycopg.connect(store.url) as left:
        left.execute("SELECT * FROM person FOR UPDATE")
        databases.drop_postgresql(store)
        assert databases.create_postgresql() == store
        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")
    databases.drop_postgresql(store)
