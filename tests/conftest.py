"""What every test may ask for, the closed sockets of unit and drill tests, and the report at the end."""

import gc
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from broadcaster.store.migrating import migrate, owner_engine
from tests import statements
from tests.databases import Databases, Postgres, Store

statements.share()
_HERE = Path(__file__).parent
ENGINES = ("sqlite", "postgresql")


# --- databases -------------------------------------------------------------------------------------


def _migrated(owner_url: str, runtime_role: str | None) -> None:
    engine = owner_engine(owner_url, Path("/"))
    migrate(engine, runtime_role)
    engine.dispose()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Where fresh databases come from."""
    made = Databases(tmp_path_factory.mktemp("databases"), _migrated)
    yield made
    made.close()


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[Store]:
    """A fresh, migrated database; the test runs once on each engine."""
    fresh = databases.create_sqlite(tmp_path) if request.param == "sqlite" else databases.create_postgresql()
    request.node.user_properties.append(("engine", fresh.engine))
    yield fresh
    if request.param == "postgresql":
        databases.drop_postgresql(fresh)


@pytest.fixture
def store_url(store: Store) -> str:
    """The URL that `serve` would use."""
    return store.url


@pytest.fixture
def postgres(databases: Databases) -> Postgres:
    """The PostgreSQL server of this test process."""
    return databases.postgres()


# --- closed sockets --------------------------------------------------------------------------------

_attempts: list[tuple[object, ...]] | None = None  # None: sockets are open


def _refuse_connections(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and _attempts is not None:
        address = arguments[1]
        if isinstance(address, tuple):  # of the internet: a path is a socket on this machine
            _attempts.append(address)
            raise AssertionError(f"a unit or drill test may not connect to {address}")


sys.addaudithook(_refuse_connections)


@pytest.fixture(autouse=True)
def closed_sockets(request: pytest.FixtureRequest) -> Iterator[list[tuple[object, ...]]]:
    """In unit, drill and simulation tests nothing connects; a swallowed attempt fails the test all the same."""
    global _attempts  # noqa: PLW0603 - an audit hook cannot be taken back: it reads this
    if request.path.relative_to(_HERE).parts[0] not in ("unit", "drill", "simulation"):
        yield []
        return
    attempts: list[tuple[object, ...]] = []
    _attempts = attempts
    yield attempts
    _attempts = None
    assert not attempts, f"tried to connect to {attempts}"


# --- what is there for the whole run ---------------------------------------------------------------


def pytest_collection_finish() -> None:
    """Thousands of tests are objects that stay: looking through them again and again is a tenth of a run."""
    gc.collect()
    gc.freeze()


# --- what was not run, and why ---------------------------------------------------------------------

_deselected: set[str] = set()
_engines: Counter[str] = Counter()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Remember what a marker or `-k` left out."""
    _deselected.update(item.nodeid for item in items)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the tests that ran on each engine."""
    if report.when == "call" and not report.skipped:
        _engines.update(str(engine) for name, engine in report.user_properties if name == "engine")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """A worker process of this run has ended: take over what it left out."""
    _deselected.update(getattr(node, "workeroutput", {}).get("deselected", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker process hands over what it left out; a whole run without one of the engines has failed."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["deselected"] = sorted(_deselected)
    elif _missing_engines(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _missing_engines(config: pytest.Config) -> list[str]:
    """The engines that a run of the whole suite should have used and did not."""
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and config.option.markexpr == "not soak"
    if not whole or config.option.keyword or config.option.collectonly:
        return []
    return [engine for engine in ENGINES if not any(used.startswith(engine) for used in _engines)]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: pytest.ExitCode, config: pytest.Config
) -> None:
    """Name the engines, and every test that was not run, with the reason."""
    lines = [f"{engine}: {tests} tests" for engine, tests in sorted(_engines.items())]
    lines += [f"NO TEST RAN ON {engine}: this run has failed" for engine in _missing_engines(config)]
    choices = (("-m", config.option.markexpr), ("-k", config.option.keyword))
    why = " or ".join(f"{option} '{chosen}'" for option, chosen in choices if chosen)
    lines += [f"not run: {name} (left out by {why})" for name in sorted(_deselected)]
    for kind in ("skipped", "xfailed"):
        lines += [f"{kind}: {report.nodeid} ({_reason(report)})" for report in terminalreporter.getreports(kind)]
    if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        lines.append("the run was broken off: what came after was not run")
    terminalreporter.section("databases, and what was not run")
    for line in lines or ["nothing was left out"]:
        terminalreporter.line(line)


def _reason(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    return str(getattr(report, "wasxfail", "no reason given"))
