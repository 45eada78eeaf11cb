"""Fixtures: a furnished database on each engine, as the runtime may use it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from broadcaster.store.database import Database, open_database
from broadcaster.store.migrating import owner_engine
from broadcaster.workflow.house import House
from tests import lives
from tests.databases import Store


@pytest.fixture
def house(tmp_path: Path) -> House:
    return lives.house_in(tmp_path)


@pytest.fixture
def database(store: Store, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(store.url, home=tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def engine(database: Database, house: House) -> Engine:
    """Connections of the runtime role, to a database with people and an audience."""
    with database.engine.begin() as conn:
        lives.furnish(conn, house)
    return database.engine


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    """One transaction, undone at the end."""
    with engine.connect() as opened, opened.begin() as transaction:
        yield opened
        if transaction.is_active:
            transaction.rollback()


@pytest.fixture
def owner(store: Store, tmp_path: Path) -> Iterator[Engine]:
    """Connections of whoever owns the database: they may do anything."""
    opened = owner_engine(store.owner_url, tmp_path)
    yield opened
    opened.dispose()
