"""listmonk, issue 3022: the cursor moved when a batch was fetched, so that a crash skipped the rest of it for
good, and the campaign said "finished".

Here the cursor moves in the transaction that writes the rows, and so does the account when a gateway fails. The
database is cut off at every step of an expansion and of a failover, as a crash would; processes that are really
killed are in tests/crash.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from broadcaster.channel import Accepted, Fact, Failed, FailureKind, Inbound, Outcome, Parcel
from broadcaster.clock import SystemClock
from broadcaster.dispatch.dispatcher import Stopped
from broadcaster.dispatch.engine import Engine
from broadcaster.dispatch.expansion import Expander
from broadcaster.dispatch.lanes import Live
from broadcaster.dispatch.leases import free_all
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store import deliveries, handover
from broadcaster.store.database import Database
from broadcaster.store.opening import open_database
from broadcaster.wiring.engines import live_engine
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import QuickClock
from tests.databases import Store
from tests.drill.counting import Counted, until_at_rest

SLICE, RECIPIENTS = 7, 30
SLICES = -(-(RECIPIENTS + RECIPIENTS // 2) // SLICE)
"""Everybody has a number, and every second a mailbox: 45 addressees, the last slice not a full one."""


class Crash(Exception):
    """The process is gone."""


class Cut:
    """Ends everything at the n-th call of a store function, at a step of it."""

    def __init__(self, function: str, step: str, nth: int) -> None:
        self._function, self._step, self._left = function, step, nth

    def __call__(self, name: str, step: str) -> None:
        if (name, step) == (self._function, self._step):
            self._left -= 1
        if self.has_come:
            raise Crash

    @property
    def has_come(self) -> bool:
        return self._left <= 0


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "SLICE", SLICE)
    monkeypatch.setattr(handover, "SLICE", SLICE)


@pytest.fixture
def alert_id(database: Database, house: House) -> str:
    now = SystemClock().now()
    with database.engine.begin() as conn:
        lives.furnish(conn, house, RECIPIENTS, now)
        return lives.approved(conn, house, now, channels=["sms", "email"]).id


def expander(store: Database) -> Expander:
    return Expander(store, SystemClock(), Signals(), Lane.LIVE, lambda: lives.ACCOUNTS, Stopped())


async def go_on(store: Database) -> None:
    while await expander(store).expand():
        pass


async def cut_off(store: Store, folder: Path, cut: Cut) -> None:
    """Expand until the crash comes; a slice that was being written is undone with its transaction. A process that is
    gone puts nothing aside: nothing is asked of it after that."""
    doomed = open_database(store.url, home=folder, tracer=cut)
    try:
        async with asyncio.timeout(30):
            while not cut.has_come:
                await expander(doomed).expand()
    finally:
        doomed.close()


def numbers(conn: Connection, alert_id: str) -> list[int]:
    return list(conn.scalars(text("SELECT n FROM delivery WHERE alert_id = :id ORDER BY n"), {"id": alert_id}))


EVERYBODY = list(range(1, RECIPIENTS + RECIPIENTS // 2 + 1))


@pytest.mark.parametrize("step", ["begin", "commit"])
@pytest.mark.parametrize("nth", range(1, SLICES + 1))
async def test_cut_off_at_any_slice_nobody_is_skipped_and_nobody_is_there_twice(
    database: Database, store: Store, tmp_path: Path, alert_id: str, nth: int, step: str
) -> None:
    await cut_off(store, tmp_path, Cut("expand", step, nth))
    before = await database.read(numbers, alert_id)
    assert before == EVERYBODY[: SLICE * (nth - 1)], "whole slices, and none of the one that was cut off"
    await go_on(database)
    assert await database.read(numbers, alert_id) == EVERYBODY


@pytest.mark.parametrize("nth", range(1, SLICES + 1))
async def test_what_was_cut_off_says_that_it_is_not_finished(
    database: Database, store: Store, tmp_path: Path, alert_id: str, nth: int
) -> None:
    await cut_off(store, tmp_path, Cut("expand", "commit", nth))
    assert await database.read(deliveries.expanding, Lane.LIVE) == [alert_id]
    assert not await database.read(deliveries.settled, alert_id)
    # Those without a row yet are counted as due, so nobody drops out of the numbers.
    assert await database.read(deliveries.counts, alert_id) == {"email": {"due": 15}, "sms": {"due": 30}}
    await go_on(database)
    assert await database.read(deliveries.expanding, Lane.LIVE) == []
    assert await database.read(deliveries.counts, alert_id) == {"email": {"due": 15}, "sms": {"due": 30}}
    assert not await database.read(deliveries.settled, alert_id), "expanded is not yet sent"


async def test_cut_off_again_and_again_it_still_comes_to_everybody_once(
    database: Database, store: Store, tmp_path: Path, house: House, alert_id: str
) -> None:
    for _ in range(SLICES - 1):  # each time one slice further
        await cut_off(store, tmp_path, Cut("expand", "commit", 2))
    counted = Counted()
    live = live_engine(house.settings, database, SystemClock(), Signals(), lives.SEAL, counted.wired(house.settings))
    await until_at_rest(database, live.engine)
    assert len(counted.copies) == len(EVERYBODY)
    assert set(counted.copies.values()) == {1}
    assert await database.read(deliveries.counts, alert_id) == {"email": {"accepted": 15}, "sms": {"accepted": 30}}
    assert await database.read(deliveries.settled, alert_id)


@pytest.mark.parametrize("step", ["begin", "commit"])
async def test_cut_off_while_approving_nothing_was_released_and_it_can_be_approved_again(
    database: Database, store: Store, tmp_path: Path, house: House, step: str
) -> None:
    now = SystemClock().now()
    with database.engine.begin() as conn:
        lives.furnish(conn, house, RECIPIENTS, now)
        alert = lives.submitted(conn, house, now=now)
    doomed = open_database(store.url, home=tmp_path, tracer=Cut("agreed", step, 1))
    try:
        with pytest.raises(Crash):
            await doomed.run(lives.agreed, house, alert, lives.BERT, now)
    finally:
        doomed.close()
    assert await database.read(deliveries.expanding, Lane.LIVE) == []
    await database.run(lives.agreed, house, alert, lives.BERT, now)
    await go_on(database)
    assert await database.read(numbers, alert.id) == list(range(1, RECIPIENTS + 1))


# --- while an account fails over -------------------------------------------------------------------

FIRST, SECOND = "sms.primary", "sms.secondary"


@dataclass
class Gateway:
    """Takes everything, or refuses us."""

    works: bool
    copies: Counter[str] = field(default_factory=Counter)

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        await asyncio.sleep(0)
        if not self.works:
            return [Failed(FailureKind.UNREACHABLE, "refused")] * len(parcels)
        self.copies.update(parcel.reference for parcel in parcels)
        return [Accepted()] * len(parcels)

    async def probe(self) -> Failed | None:
        return None if self.works else Failed(FailureKind.UNREACHABLE, "refused")

    def facts(self, inbound: Inbound) -> list[Fact]:
        return []

    async def aclose(self) -> None:
        return


def engine(store: Database, house: House, gateways: dict[str, Gateway], clock: QuickClock) -> Engine[Live]:
    spec = replace(house.specs["sms"], batch=1, concurrency=2, per_second=10_000.0)
    return Engine(
        store, clock, Signals(), Lane.LIVE, {name: LiveOutlet(spec, gateways[name]) for name in gateways},
        {"sms": FIRST}, dict.fromkeys(gateways, lambda sealed: lives.SEAL.open(sealed, "sms")), {FIRST: (SECOND,)},
    )  # fmt: skip


@pytest.mark.parametrize("step", ["begin", "commit"])
@pytest.mark.parametrize(
    ("function", "nth"), [("take_over", 1), ("take_over", 2), ("claim", 4), ("start", 3), ("record_outcomes", 1)]
)
async def test_cut_off_at_any_instant_of_a_failover_nobody_is_skipped_and_nobody_gets_three(
    database: Database, store: Store, tmp_path: Path, house: House, function: str, nth: int, step: str
) -> None:
    # A process that is gone reads no error of the calls it left behind.
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    clock, gateways = QuickClock(), {FIRST: Gateway(works=False), SECOND: Gateway(works=True)}
    with database.engine.begin() as conn:
        lives.furnish(conn, house, RECIPIENTS, clock.now())
        alert_id = lives.approved(conn, house, clock.now()).id
    doomed = open_database(store.url, home=tmp_path, tracer=Cut(function, step, nth))
    try:
        async with asyncio.timeout(30):
            with pytest.raises(ExceptionGroup):
                await engine(doomed, house, gateways, clock).run()
    finally:
        doomed.close()
    assert not await database.read(deliveries.settled, alert_id), "and it says that it is not finished"

    async def comes_back() -> None:
        """The first gateway works again once the second has whatever could go there; the rest is in doubt."""
        async with asyncio.timeout(30):
            while await database.read(unsent, alert_id):  # noqa: ASYNC110 - of a database
                await asyncio.sleep(0.01)
        gateways[FIRST].works = True

    await database.run(free_all, Lane.LIVE, (), clock.now())  # as a hub does that starts again
    await until_at_rest(database, engine(database, house, gateways, clock), after=comes_back())
    assert await database.read(deliveries.counts, alert_id) == {"sms": {"accepted": RECIPIENTS}}
    copies = gateways[FIRST].copies + gateways[SECOND].copies
    assert len(copies) == RECIPIENTS
    assert max(copies.values()) <= 2


def unsent(conn: Connection, alert_id: str) -> int:
    """Deliveries, made or still to be, that certainly never went out."""
    query = (
        "SELECT addressee_count - (SELECT count(*) FROM delivery WHERE alert_id = :id AND transmissions > 0)"
        " FROM alert WHERE id = :id"
    )
    return int(conn.scalar(text(query), {"id": alert_id}) or 0)
