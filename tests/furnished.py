"""Fixtures: a furnished database on each engine, as the runtime may use it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from broadcaster.store.database import Database
from broadcaster.store.migrating import owner_engine
from broadcaster.store.opening import open_database
from broadcaster.workflow.house import House
from tests import lives
from tests.databases import Databases, Store

ENGINES = ("sqlite", "postgresql")


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


class Standing:
    """One furnished database of each engine for the whole run, for tests that leave nothing behind."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self._databases, self._folder = databases, folder
        self._opened: dict[str, tuple[Store, Database]] = {}

    def engine(self, name: str) -> tuple[str, Engine]:
        """The engine's full name, and connections of the runtime role."""
        if name not in self._opened:
            on_file = name == "sqlite"
            fresh = self._databases.create_sqlite(self._folder) if on_file else self._databases.create_postgresql()
            opened = open_database(fresh.url, home=self._folder)
            with opened.engine.begin() as conn:
                lives.furnish(conn, lives.house_in(self._folder))
            self._opened[name] = fresh, opened
        fresh, opened = self._opened[name]
        return fresh.engine, opened.engine

    def close(self) -> None:
        for _, opened in self._opened.values():
            opened.close()


@pytest.fixture(scope="session")
def standing(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    made = Standing(databases, tmp_path_factory.mktemp("standing"))
    yield made
    made.close()


@pytest.fixture(params=ENGINES)
def conn(request: pytest.FixtureRequest, standing: Standing) -> Iterator[Connection]:
    """One transaction of the runtime role on a furnished database, undone at the end."""
    name, engine = standing.engine(request.param)
    request.node.user_properties.append(("engine", name))
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
