"""Which seeds are run: those of the test, or the one of `--seed`."""

from typing import Any

import pytest

SEEDS = 200
BLOCK = 10
SOAK = 10_000
SOAK_BLOCK = 250


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known when this folder is named: `make test ARGS="tests/simulation --seed 17"`."""
    parser.addoption("--seed", type=int, help="run one seed of the simulation, and print all that happens in it")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Seeds in blocks, so that they spread over the processes of a run; one alone when it was asked for."""
    if "seeds" in metafunc.fixturenames:
        only: Any = metafunc.config.getoption("--seed", default=None)
        metafunc.parametrize("seeds", blocks(0, SEEDS, BLOCK) if only is None else [range(only, only + 1)], ids=_named)
    if "more_seeds" in metafunc.fixturenames:
        metafunc.parametrize("more_seeds", blocks(SEEDS, SEEDS + SOAK, SOAK_BLOCK), ids=_named)


def blocks(first: int, end: int, size: int) -> list[range]:
    """The seeds from `first` up to `end`, `size` at a time."""
    return [range(start, start + size) for start in range(first, end, size)]


def _named(seeds: range) -> str:
    return f"{seeds[0]}-{seeds[-1]}"


@pytest.fixture
def is_chosen(request: pytest.FixtureRequest) -> bool:
    """Whether somebody asked for one seed."""
    return request.config.getoption("--seed", default=None) is not None
