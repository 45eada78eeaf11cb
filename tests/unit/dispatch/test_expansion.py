"""Whose deliveries cannot be made holds up no other alert, is named, and goes on as soon as it can."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from broadcaster.dispatch.dispatcher import Stopped
from broadcaster.dispatch.expansion import Expander
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store import deliveries
from broadcaster.store.database import Database
from broadcaster.workflow import approving
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import HandClock

MOST = 1_500
Wrong = Callable[[str], Exception | None]


class Watched:
    """A store that notes of which alert something is tried, and where `wrong` says so fails by itself."""

    def __init__(self, store: Database) -> None:
        self._store = store
        self.tried: list[str] = []
        self.wrong: Wrong = lambda _alert_id: None

    async def run(self, f: Callable[..., Any], alert_id: str, *args: Any) -> Any:
        self.tried.append(alert_id)
        if error := self.wrong(alert_id):
            raise error
        return await self._store.run(f, alert_id, *args)

    async def read(self, f: Callable[..., Any], *args: Any) -> Any:
        return await self._store.read(f, *args)


class Desk:
    """An expander on a database, with a clock turned by hand."""

    def __init__(self, store: Database) -> None:
        self.clock, self.watched = HandClock(), Watched(store)
        whole: Any = self.watched
        self.expander = Expander(whole, self.clock, Signals(), Lane.LIVE, lambda: lives.ACCOUNTS, Stopped())

    async def work(self, seconds: float = 0.0) -> None:
        """As the engine does: at once while there is something to do, else twice a second."""
        until = self.clock.monotonic() + seconds
        for _ in range(MOST):
            if not await self.expander.expand() and self.clock.monotonic() >= until:
                return
            self.clock.advance(0.5)
        raise AssertionError("it never has nothing to do")


@pytest.fixture
def desk(database: Database, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(deliveries, "SLICE", 3)
    with engine.begin() as conn:
        lives.listed(conn, [f"X{i},nl,acht,noord,+317{i:08d},," for i in range(8)])
    return Desk(database)


@pytest.fixture
def approved(engine: Engine, house: House) -> Callable[[str], str]:
    def made(severity: str) -> str:
        with engine.begin() as conn:
            return lives.approved(conn, house, severity=severity, audience={"groups": ["acht"]}).id

    return made


def _states(engine: Engine, alert_id: str) -> list[tuple[str, str | None]]:
    with engine.begin() as conn:
        query = "SELECT state, reason FROM delivery WHERE alert_id = :a ORDER BY n"
        return [tuple(row) for row in conn.execute(text(query), {"a": alert_id})]


def _turn_back(conn: Connection, alert_id: str, next_n: int) -> None:
    """Put the cursor of an alert where it was: what it makes next is there already, and the database refuses it."""
    conn.execute(text("UPDATE expansion SET next_n = :n WHERE alert_id = :a"), {"n": next_n, "a": alert_id})


async def _broken(desk: Desk, engine: Engine, alert_id: str) -> None:
    """An alert with its first slice, and whose next one the database refuses."""
    await desk.expander.expand()
    with engine.begin() as conn:
        _turn_back(conn, alert_id, 1)


async def test_whose_deliveries_the_database_refuses_is_named_and_holds_up_no_other(
    desk: Desk, engine: Engine, approved: Callable[[str], str]
) -> None:
    refused = approved("Extreme")
    await _broken(desk, engine, refused)
    others = [approved("Severe"), approved("Minor")]
    with capture_logs() as said:
        await desk.work()
    assert {state for one in others for state in _states(engine, one)} == {("due", None)}
    assert [len(_states(engine, one)) for one in (refused, *others)] == [3, 8, 8]
    assert desk.expander.stuck == [refused]
    [first, *_] = said
    assert (first["alert"], first["error"], first["code"]) == (
        refused, "IntegrityError", "SQLITE_CONSTRAINT_UNIQUE" if engine.dialect.name == "sqlite" else "23505",
    )  # fmt: skip
    assert not {word for word in ("Key", "INSERT", "VALUES") if word in str(said)}, "only the kind of the error is told"


async def test_it_is_tried_again_ever_later_and_goes_on_when_the_cause_is_gone(
    desk: Desk, engine: Engine, approved: Callable[[str], str]
) -> None:
    refused = approved("Extreme")
    await _broken(desk, engine, refused)
    del desk.watched.tried[:]
    await desk.work(600)
    assert 10 <= desk.watched.tried.count(refused) <= 16, "after 1, 2, 4 … and at most 60 seconds"
    with engine.begin() as conn:
        _turn_back(conn, refused, 4)
    await desk.work(61)
    assert _states(engine, refused) == [("due", None)] * 8
    assert desk.expander.stuck == []


async def test_what_may_be_the_databases_own_trouble_is_soon_tried_again_and_one_failure_alone_is_not_told(
    desk: Desk, engine: Engine, approved: Callable[[str], str]
) -> None:
    alert = approved("Severe")
    desk.watched.wrong = lambda _alert_id: OperationalError("INSERT", {}, Exception("the line broke"))
    await desk.expander.expand()
    assert desk.expander.stuck == []
    await desk.work(300)
    assert desk.expander.stuck == [alert]
    assert desk.watched.tried.count(alert) > 300 / 6, "never more than 5 seconds apart"
    desk.watched.wrong = lambda _alert_id: None
    await desk.work(5.5)
    assert _states(engine, alert) == [("due", None)] * 8


async def test_a_fault_of_ours_in_one_alert_stops_no_other(
    desk: Desk, engine: Engine, approved: Callable[[str], str]
) -> None:
    faulty, other = approved("Extreme"), approved("Minor")
    desk.watched.wrong = lambda alert_id: KeyError("sms") if alert_id == faulty else None
    await desk.work()
    assert _states(engine, faulty) == []
    assert _states(engine, other) == [("due", None)] * 8


async def test_what_is_not_what_was_approved_fails_for_good_and_is_never_tried_again(
    desk: Desk, engine: Engine, owner: Engine, approved: Callable[[str], str]
) -> None:
    forged, other = approved("Extreme"), approved("Minor")
    with owner.begin() as conn:
        _without_guards(conn, "addressee", "DELETE FROM addressee WHERE alert_id = :a AND n = 5", forged)
    with capture_logs() as said:
        await desk.work(600)
    assert Counter(_states(engine, forged)) == {("due", None): 5, ("failed", "not-approved"): 2}
    assert _states(engine, other) == [("due", None)] * 8
    assert desk.watched.tried.count(forged) == 3
    assert [line["alert"] for line in said if line["log_level"] == "critical"] == [forged]
    assert desk.expander.stuck == []


def _without_guards(conn: Connection, table: str, statement: str, alert_id: str) -> None:
    """What only the database's owner can do."""
    if conn.dialect.name == "sqlite":
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t"
        for name in conn.scalars(text(guards), {"t": table}).all():
            conn.execute(text(f"DROP TRIGGER {name}"))
    else:
        conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    conn.execute(text(statement), {"a": alert_id})


async def test_an_alert_that_was_stopped_holds_up_the_naming_of_no_other_and_is_not_said_to_be_stuck(
    desk: Desk, engine: Engine, approved: Callable[[str], str]
) -> None:
    refused = approved("Extreme")
    await _broken(desk, engine, refused)
    other = approved("Severe")
    await desk.work()
    with engine.begin() as conn:
        for alert_id in (refused, other):
            approving.halt(conn, lives.CARA, alert_id, desk.clock.now())
    assert desk.expander.stuck == [refused]
    desk.watched.wrong = lambda alert_id: KeyError("state") if alert_id == refused else None
    del desk.watched.tried[:]
    for _ in range(10):
        await desk.expander.sweep()
    assert desk.watched.tried.count(refused) == 1, "nor is the sweep a hot loop"
    assert _states(engine, refused) == [("due", None)] * 3
    assert _states(engine, other) == [("halted", None)] * 8
    assert desk.expander.stuck == [], "of what was stopped nobody waits for more"
