"""The databases of the tests are real, fresh and kept from whom they should be."""

from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from broadcaster.store.database import store_url
from tests import emptying
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

_KNOWN = "INSERT INTO person (id, name, is_blocked, created_at) VALUES ('iris', 'Iris', false, now())"
