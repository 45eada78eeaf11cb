"""The process that forks, and furnished databases of either engine."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ENGINES
from tests.crash.homes import Furnished, Home, Kind, Nursery
from tests.crash.rounds import Rounds
from tests.databases import Databases, Store


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("nursery"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def furnished(nursery: Nursery, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    return Furnished(nursery, databases, tmp_path_factory.mktemp("furnished"))


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    request.node.user_properties.append(("engine", request.param))
    return str(request.param)


@pytest.fixture
def homes(engine: str, furnished: Furnished, databases: Databases, tmp_path: Path) -> Iterator[Callable[[Kind], Home]]:
    """Makes furnished databases."""
    made: list[Store] = []

    def home(kind: Kind) -> Home:
        store, home = furnished.copy(engine, kind, tmp_path)
        made.append(store)
        return home

    yield home
    for store in made:
        if engine == "postgresql":
            databases.drop_postgresql(store)


@pytest.fixture
def rounds(nursery: Nursery, homes: Callable[[Kind], Home], engine: str) -> Rounds:
    return Rounds(nursery, homes, engine)
