"""Accounts that fall out and come back, through the whole engine: everybody is reached, nobody by two gateways."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.channel import Accepted, Fact, Failed, FailureKind, Inbound, Outcome, Parcel
from broadcaster.dispatch.breaker import BreakerState
from broadcaster.dispatch.engine import Engine
from broadcaster.dispatch.lanes import Live
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.signals import Signals
from broadcaster.store import attempts, deliveries, journal
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.workflow import approving
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import QuickClock

FIRST, SECOND, THIRD = ACCOUNTS = ("sms.primary", "sms.secondary", "sms.third")
RECIPIENTS = 120
REFUSED, SILENT = Failed(FailureKind.UNREACHABLE, "refused"), Failed(FailureKind.UNCERTAIN, "timeout")
REVOKED = Failed(FailureKind.BAD_CONFIG, "key revoked")


@dataclass
class Gateway:
    """One provider. `outcome`: what it answers; None when it works. `probe_works`: its probe does all the same."""

    outcome: Failed | None = None
    probe_works: bool = False
    got: list[str] = field(default_factory=list)
    took: list[str] = field(default_factory=list)

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        await asyncio.sleep(0)
        self.got += [parcel.reference for parcel in parcels]
        if self.outcome is not None:
            return [self.outcome] * len(parcels)
        self.took += [parcel.reference for parcel in parcels]
        return [Accepted()] * len(parcels)

    async def probe(self) -> Failed | None:
        return None if self.probe_works else self.outcome

    def facts(self, inbound: Inbound) -> list[Fact]:
        return []

    async def aclose(self) -> None:
        return


@dataclass
class Office:
    """An engine over three gateways of one kind, the second and third standing in for the first."""

    database: Database
    house: House
    clock: QuickClock
    gateways: Mapping[str, Gateway]
    engine: Engine[Live]
    signals: Signals

    async def release(self, **changes: Any) -> AlertRow:
        return await self.database.run(_approved, self.house, self.clock.now(), changes)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self.engine.run())
        try:
            async with asyncio.timeout(60):
                yield
        finally:
            self.engine.stop()
            await running

    async def settled(self, *alerts: AlertRow) -> None:
        for alert in alerts:
            while not await self.database.read(deliveries.settled, alert.id):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def until(self, done: Callable[[], bool]) -> None:
        while not done():  # noqa: ASYNC110
            await asyncio.sleep(0.002)

    def breaker(self, account: str) -> BreakerState:
        return next(one.breaker for one in self.engine.standing() if one.account == account)

    async def rows(self, alert: AlertRow, columns: str) -> Counter[tuple[Any, ...]]:
        return await self.database.read(_rows, alert.id, columns)


def _approved(conn: Connection, house: House, now: Any, changes: dict[str, Any]) -> AlertRow:
    return lives.approved(conn, house, now, channels=["sms"], audience={"groups": ["veel"]}, **changes)


def _rows(conn: Connection, alert_id: str, columns: str) -> Counter[tuple[Any, ...]]:
    query = text(f"SELECT {columns} FROM delivery WHERE alert_id = :a")
    return Counter(tuple(row) for row in conn.execute(query, {"a": alert_id}))


def _journal(conn: Connection, kind: str) -> list[dict[str, Any]]:
    return [line["data"] for line in journal.lines(conn) if line["kind"] == kind]


Open = Callable[..., Office]


@pytest.fixture
def office(database: Database, house: House) -> Open:
    def made(recipients: int = RECIPIENTS, failover: bool = True, **limits: Any) -> Office:
        clock, signals = QuickClock(), Signals()
        with database.engine.begin() as conn:
            lives.furnish(conn, house, 4, clock.now())
            lines = [f"X{i},nl,veel,noord,+317{i:08d},," for i in range(recipients)]
            lives.listed(conn, lines, now=clock.now())
        spec = replace(house.specs["sms"], **({"batch": 1, "concurrency": 4, "per_second": 10_000.0} | limits))
        gateways = {name: Gateway() for name in ACCOUNTS}
        engine: Engine[Live] = Engine(
            database, clock, signals, Lane.LIVE,
            {name: LiveOutlet(spec, gateways[name]) for name in ACCOUNTS}, {"sms": FIRST},
            dict.fromkeys(ACCOUNTS, lambda sealed: lives.SEAL.open(sealed, "sms")),
            {FIRST: (SECOND, THIRD)} if failover else None,
        )  # fmt: skip
        return Office(database, house, clock, gateways, engine, signals)

    return made


@pytest.mark.parametrize("outcome", [REFUSED, REVOKED])
async def test_what_a_dead_account_has_goes_to_the_first_in_order_that_works(office: Open, outcome: Failed) -> None:
    made = office()
    made.gateways[FIRST].outcome = made.gateways[SECOND].outcome = outcome
    alert = await made.release()
    async with made.at_work():
        await made.settled(alert)
    assert await made.rows(alert, "state, account, transmissions") == {("accepted", THIRD, 1): RECIPIENTS}
    assert Counter(made.gateways[THIRD].took).most_common(1)[0][1] == 1
    # A dead account costs a few messages a try each, and the rest none.
    assert len(made.gateways[FIRST].got) < RECIPIENTS / 2
    assert len(made.gateways[SECOND].got) < RECIPIENTS / 2


async def test_the_figures_of_attempts_and_failovers_add_up(office: Open) -> None:
    made = office()
    made.gateways[FIRST].outcome = REFUSED
    alert = await made.release()
    async with made.at_work():
        await made.settled(alert)
    tried = len(made.gateways[FIRST].got)
    figures = (await made.database.read(attempts.figures, alert.id))["sms"]
    assert (figures.failovers, figures.copies_max) == (len({*made.gateways[FIRST].got}), 1)
    assert figures.retries == tried + len(made.gateways[SECOND].got) - RECIPIENTS
    moved = await made.database.read(_journal, "DeliveriesMoved")
    assert {(line["from"], line["to"]) for line in moved} <= {(FIRST, SECOND)}
    assert sum(line["count"] for line in moved) <= RECIPIENTS - len({*made.gateways[FIRST].got})


async def test_what_may_have_gone_out_waits_for_its_own_gateway(office: Open) -> None:
    made = office()
    made.gateways[FIRST].outcome = SILENT
    alert = await made.release(severity="Severe")
    async with made.at_work():
        await made.until(lambda: made.breaker(FIRST) is BreakerState.OPEN)
        doubtful = {*made.gateways[FIRST].got}
        await made.until(lambda: len(made.gateways[SECOND].took) >= RECIPIENTS - len(doubtful) - 4)
        made.gateways[FIRST].outcome = None
        await made.settled(alert)
    went = Counter(made.gateways[FIRST].got) + Counter(made.gateways[SECOND].got)
    assert len(went) == RECIPIENTS
    assert max(went.values()) <= 2
    assert not {*made.gateways[FIRST].got} & {*made.gateways[SECOND].got}
    assert (await made.rows(alert, "state")) == {("accepted",): RECIPIENTS}


async def test_a_gateway_that_answers_probes_and_loses_messages_gets_one_at_a_time(office: Open) -> None:
    made = office(failover=False)
    made.gateways[FIRST].outcome, made.gateways[FIRST].probe_works = SILENT, True
    alert = await made.release(severity="Minor")
    async with made.at_work():
        await made.until(lambda: made.breaker(FIRST) is BreakerState.OPEN)
        await made.until(lambda: made.engine.standing()[0].in_flight == 0)
        before, since = len(made.gateways[FIRST].got), made.clock.monotonic()
        await made.until(lambda: made.clock.monotonic() - since > 16)
        tried = len(made.gateways[FIRST].got) - before
        made.gateways[FIRST].outcome = None
        await made.settled(alert)
    assert tried <= 5  # after about 1, 2, 4 and 8 seconds
    assert sum((await made.rows(alert, "state")).values()) == RECIPIENTS


async def test_where_all_are_dead_they_wait_for_the_first_that_recovers(office: Open) -> None:
    made = office()
    for gateway in made.gateways.values():
        gateway.outcome = REFUSED
    alert = await made.release()
    async with made.at_work():
        await made.until(lambda: all(made.breaker(name) is BreakerState.OPEN for name in ACCOUNTS))
        made.gateways[THIRD].outcome = None
        await made.settled(alert)
    assert await made.rows(alert, "state, account, transmissions") == {("accepted", THIRD, 1): RECIPIENTS}


async def test_new_alerts_start_at_the_first_that_works_and_at_the_first_of_all_when_it_is_back(office: Open) -> None:
    made = office()
    made.gateways[FIRST].outcome = REFUSED
    async with made.at_work():
        await made.settled(await made.release())
        during = await made.release()
        await made.settled(during)
        made.gateways[FIRST].outcome = None
        await made.until(lambda: made.breaker(FIRST) is not BreakerState.OPEN)
        after = await made.release()
        await made.settled(after)
    assert await made.rows(during, "account") == {(SECOND,): RECIPIENTS}
    assert await made.rows(after, "account") == {(FIRST,): RECIPIENTS}


async def test_two_alerts_on_a_dying_account_both_arrive_whole_and_the_graver_first(office: Open) -> None:
    """Great Britain, 2023: an operator failed on two alerts at once."""
    made = office(concurrency=1)
    minor, grave = await made.release(severity="Minor"), await made.release(severity="Extreme")
    made.gateways[FIRST].outcome = REVOKED
    async with made.at_work():
        await made.settled(minor, grave)
    for alert in (minor, grave):
        assert await made.rows(alert, "state, transmissions") == {("accepted", 1): RECIPIENTS}
    graves = [place for place, one in enumerate(made.gateways[SECOND].took) if one.startswith(grave.id)]
    assert graves[-1] < 1.5 * RECIPIENTS, "what was claimed before the graver one moved may go first, no more"


async def test_a_halt_reaches_what_is_on_its_way_to_another_account(office: Open) -> None:
    made = office(recipients=400, per_second=40)
    made.gateways[FIRST].outcome = REFUSED
    alert = await made.release()
    async with made.at_work():
        await made.until(lambda: len(made.gateways[SECOND].took) >= 5)
        await made.database.run(approving.halt, lives.CARA, alert.id, made.clock.now())
        await made.settled(alert)
        took = len(made.gateways[SECOND].took)
    states = await made.rows(alert, "state")
    assert states.keys() == {(State.ACCEPTED.value,), (State.HALTED.value,)}
    assert states["accepted",] == took < 400


async def test_how_each_account_stands_is_known(office: Open) -> None:
    made = office()
    made.gateways[FIRST].outcome = REVOKED
    assert [one.breaker for one in made.engine.standing()] == ["closed"] * 3
    alert = await made.release()
    async with made.at_work():
        await made.settled(alert)
        first, second, third = made.engine.standing()
    assert (first.account, first.kind, first.breaker.value, first.proven_at) == (FIRST, "sms", "open", None)
    assert first.failing_since is not None
    assert (second.breaker.value, second.failing_since, second.in_flight) == ("closed", None, 0)
    assert second.proven_at is not None
    assert second.per_second == 10_000
    assert (third.proven_at, third.held_in) == (None, 0)
