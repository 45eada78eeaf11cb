"""One account's dispatcher on a real SQLite file, with a channel in memory and a clock turned by hand."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, OperationalError

from broadcaster import ids
from broadcaster.channel import Accepted, Failed, FailureKind, Inbound, Outcome, Parcel, Spec
from broadcaster.dispatch import dispatcher as dispatcher_module
from broadcaster.dispatch.approved import Approvals
from broadcaster.dispatch.breaker import Breaker
from broadcaster.dispatch.dispatcher import DUE, Bench, Dispatcher, Stopped
from broadcaster.dispatch.expansion import Expander
from broadcaster.dispatch.lanes import Live
from broadcaster.dispatch.outcomes import OutcomeWriter, record_outcomes
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store import deliveries, handover, journal, queue, workers
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.workflow import approving
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import HandClock

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
ACCOUNT = "sms.primary"
Answer = Callable[[Parcel], Outcome]


@dataclass
class Provider:
    """A channel in memory: keeps what it got, and how many calls were under way at once."""

    answer: Answer
    clock: HandClock
    got: list[Parcel] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    busy: int = 0
    busiest: int = 0
    probes: int = 0
    takes_in: float = 0.0

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        self.got += parcels
        self.times += [self.clock.monotonic()] * len(parcels)
        await self.open.wait()
        await (self.clock.sleep(self.takes_in) if self.takes_in else asyncio.sleep(0))
        self.busy -= 1
        return [self.answer(parcel) for parcel in parcels]

    async def probe(self) -> Failed | None:
        self.probes += 1
        return None

    def facts(self, inbound: Inbound) -> list[Any]:
        return []

    async def aclose(self) -> None:
        return

    def of(self, alert: AlertRow) -> list[Parcel]:
        return [parcel for parcel in self.got if parcel.reference.startswith(alert.id)]

    def alerts(self) -> list[str]:
        return [parcel.reference[:26] for parcel in self.got]


class Troubled:
    """A store of which some calls raise: `wrong(f)` says what, before anything is done."""

    def __init__(self, store: Database) -> None:
        self._store = store
        self.wrong: Callable[[Any], Exception | None] = lambda _f: None

    async def run(self, f: Callable[..., Any], *args: Any) -> Any:
        if error := self.wrong(f):
            raise error
        return await self._store.run(f, *args)

    async def read(self, f: Callable[..., Any], *args: Any) -> Any:
        return await self._store.read(f, *args)


@dataclass
class Desk:
    """A dispatcher and all it needs; nothing runs until asked."""

    store: Database
    house: House
    provider: Provider
    clock: HandClock
    signals: Signals
    stopped: Stopped
    outcomes: OutcomeWriter
    dispatcher: Dispatcher[Live]
    owner: str
    trouble: Troubled
    told: list[tuple[str, Inbound]]

    async def release(self, count: int | None = None, **changes: Any) -> AlertRow:
        """An approved alert whose deliveries stand in the queue; the first `count` of them."""
        alert = await self.store.run(_released, self.house, self.clock.now(), changes)
        if count is not None:
            await self.store.run(_keep_first, alert.id, count)
        self.signals.hint(DUE)
        return alert

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """The dispatcher and its outcome writer run; at the end they are drained."""
        writing, running = asyncio.create_task(self.outcomes.run()), asyncio.create_task(self.dispatcher.run())
        yield
        self.dispatcher.stop()
        await running
        self.outcomes.close()
        await writing

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not done():  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    async def settled(self, *alerts: AlertRow) -> None:
        """Everything of these alerts is at rest."""
        async with asyncio.timeout(20):
            for alert in alerts:
                while not await self.store.read(deliveries.settled, alert.id):  # noqa: ASYNC110
                    await asyncio.sleep(0.001)

    async def rows(self, alert: AlertRow, columns: str = "state") -> list[Any]:
        return await self.store.read(_rows, alert.id, columns)

    async def states(self, alert: AlertRow) -> dict[str, int]:
        return Counter(row.state for row in await self.rows(alert))


def _released(conn: Connection, house: House, now: Any, changes: dict[str, Any]) -> AlertRow:
    return lives.expanded(conn, house, now, **changes)


def _keep_first(conn: Connection, alert_id: str, count: int) -> None:
    conn.execute(
        text("UPDATE delivery SET state = 'failed', due_at = NULL WHERE alert_id = :a AND n > :n"),
        {"a": alert_id, "n": count},
    )


def _rows(conn: Connection, alert_id: str, columns: str) -> list[Any]:
    return list(conn.execute(text(f"SELECT {columns} FROM delivery WHERE alert_id = :a ORDER BY n"), {"a": alert_id}))


def _due_one_by_one(conn: Connection, alert_id: str) -> None:
    conn.execute(text("UPDATE delivery SET due_at = due_at + 1000 * n WHERE alert_id = :a"), {"a": alert_id})


Furnish = Callable[..., Desk]


@pytest.fixture
def desk(database: Database, house: House) -> Furnish:
    def made(
        recipients: int = 20,
        next_account: str | None = None,
        answer: Answer | None = None,
        clock: HandClock | None = None,
        probes_in: float | None = None,
        **limits: Any,
    ) -> Desk:
        owner = ids.new_id((clock := clock or HandClock()).now())
        with database.engine.begin() as conn:
            lives.furnish(conn, house, recipients)
            workers.enter(conn, owner, Lane.LIVE, clock.now())
        spec: Spec = replace(house.specs["sms"], **({"batch": 1, "concurrency": 4, "per_second": 1000.0} | limits))
        signals, stopped = Signals(), Stopped()
        trouble, told = Troubled(database), list[tuple[str, Inbound]]()
        store: Any = trouble
        provider, outcomes = Provider(answer or (lambda _: Accepted()), clock), OutcomeWriter(store, clock)
        provider.open.set()
        bench = Bench(
            store, clock, signals, Approvals(database), outcomes, stopped, owner, Lane.LIVE,
            tell=lambda account, inbound: told.append((account, inbound)), probes_in=probes_in,
        )  # fmt: skip
        dispatcher: Dispatcher[Live] = Dispatcher(
            bench, ACCOUNT, LiveOutlet(spec, provider), lambda sealed: lives.SEAL.open(sealed, "sms"), Breaker(clock),
            lambda: next_account,
        )  # fmt: skip
        return Desk(database, house, provider, clock, signals, stopped, outcomes, dispatcher, owner, trouble, told)

    return made


# --- order and limits ------------------------------------------------------------------------------


async def test_everyone_gets_the_approved_bytes_once(desk: Furnish) -> None:
    made = desk()
    alert = await made.release()
    async with made.at_work():
        await made.settled(alert)
    assert await made.states(alert) == {"accepted": 20}
    assert len({parcel.reference for parcel in made.provider.got}) == len(made.provider.got) == 20
    assert {parcel.rendition.payload for parcel in made.provider.got} == {
        parcel.rendition.text.encode() for parcel in made.provider.got
    }
    assert {parcel.address for parcel in made.provider.got} == {f"+316{i:08d}" for i in range(1, 21)}


async def test_the_most_severe_alert_goes_first(desk: Furnish) -> None:
    made = desk(concurrency=1)
    minor = await made.release(severity="Minor")
    severe = await made.release(severity="Severe")
    extreme = await made.release(severity="Extreme")
    async with made.at_work():
        await made.settled(minor, severe, extreme)
    assert made.provider.alerts() == [extreme.id] * 20 + [severe.id] * 20 + [minor.id] * 20


async def test_a_severe_alert_overtakes_what_is_not_claimed_yet(desk: Furnish) -> None:
    made = desk(recipients=100, concurrency=1, per_second=5)
    minor = await made.release(severity="Minor")
    made.provider.open.clear()
    async with made.at_work():
        await made.until(lambda: bool(made.provider.got))
        extreme = await made.release(severity="Extreme")
        made.provider.open.set()
        await made.settled(minor, extreme)
    first = made.provider.alerts().index(extreme.id)
    assert first <= 2 * 5  # at most what was claimed of the minor one, and a group claimed meanwhile
    assert made.provider.alerts()[first : first + 100] == [extreme.id] * 100


async def test_alerts_of_one_severity_share_an_account_evenly(desk: Furnish) -> None:
    made = desk(recipients=60, concurrency=1, per_second=10)
    both = [await made.release(), await made.release()]
    async with made.at_work():
        await made.settled(*both)
    seen = Counter[str]()
    for gone in made.provider.alerts():
        seen[gone] += 1
        assert abs(seen[both[0].id] - seen[both[1].id]) <= 10


@pytest.mark.parametrize("per_second", [1, 3, 7])
async def test_equals_take_turns_also_where_an_account_is_slower_than_they_are_many(
    desk: Furnish, per_second: int
) -> None:
    made = desk(recipients=12, concurrency=1, per_second=per_second)
    alerts = [await made.release() for _ in range(5)]
    async with made.at_work():
        await made.settled(*alerts)
    seen = Counter[str]()
    for gone in made.provider.alerts():
        seen[gone] += 1
        assert max(seen.values()) - min(seen[alert.id] for alert in alerts) <= 1


async def test_a_trickle_of_something_more_severe_does_not_fix_the_turns_of_the_others(desk: Furnish) -> None:
    made = desk(recipients=12, concurrency=1, per_second=5)
    extreme = await made.release(severity="Extreme")
    await made.store.run(_due_one_by_one, extreme.id)
    others = [await made.release() for _ in range(3)]
    async with made.at_work():
        await made.until(lambda: len(made.provider.got) >= 18)
        seen = Counter(made.provider.alerts())
        made.clock.advance(60)
        await made.settled(extreme, *others)
    assert min(seen[alert.id] for alert in others) >= 3


async def test_a_slow_provider_is_not_given_more_than_it_sends_in_half_a_second(desk: Furnish) -> None:
    made = desk(recipients=300, concurrency=4, per_second=1000)
    made.provider.takes_in = 1.0
    minor = await made.release(severity="Minor")
    async with made.at_work():
        await made.until(lambda: len(made.provider.got) >= 60)
        extreme = await made.release(severity="Extreme")
        before = len(made.provider.got)
        await made.until(lambda: extreme.id in made.provider.alerts())
        first = made.provider.alerts().index(extreme.id)
        await made.settled(minor, extreme)
    assert first - before <= 2 * 4 + 4  # what is in hand: a round of the window that is started, and one in it


@pytest.mark.parametrize(("batch", "concurrency"), [(1, 1), (1, 3), (5, 2), (100, 4)])
async def test_no_more_calls_are_under_way_than_the_account_allows(desk: Furnish, batch: int, concurrency: int) -> None:
    made = desk(recipients=60, batch=batch, concurrency=concurrency, per_second=10_000)
    alert = await made.release()
    made.provider.open.clear()
    async with made.at_work():
        await made.until(lambda: made.provider.busy == min(concurrency, -(-60 // batch)))
        made.provider.open.set()
        await made.settled(alert)
    assert made.provider.busiest <= concurrency


async def test_the_contracted_rate_holds(desk: Furnish) -> None:
    made = desk(recipients=50, per_second=10)
    alert = await made.release()
    async with made.at_work():
        await made.settled(alert)
    times = made.provider.times
    assert len(times) == 50
    for count in range(2, 50):
        assert all(
            count <= 10 * (last - first + 1) + 1.001 for first, last in zip(times, times[count - 1 :], strict=False)
        )


# --- what stops ------------------------------------------------------------------------------------


async def test_a_halt_bites_within_what_was_already_under_way(desk: Furnish) -> None:
    made = desk(recipients=200, concurrency=2, per_second=10_000)
    alert = await made.release()
    expander = Expander(made.store, made.clock, made.signals, Lane.LIVE, lambda: lives.ACCOUNTS, made.stopped)
    made.provider.open.clear()
    async with made.at_work():
        await made.until(lambda: made.provider.busy == 2)
        await made.store.run(approving.halt, lives.CARA, alert.id, made.clock.now())
        await expander.sweep()
        under_way = len(made.provider.got)
        made.provider.open.set()
        while not await made.store.read(deliveries.settled, alert.id):
            await expander.sweep()
            await asyncio.sleep(0.001)
    assert len(made.provider.got) == under_way == 2
    assert await made.states(alert) == {"accepted": 2, "halted": 198}


async def test_what_is_claimed_when_the_halt_comes_is_never_started(desk: Furnish) -> None:
    made = desk(recipients=50, concurrency=1, per_second=10_000)
    alert = await made.release()
    made.provider.open.clear()
    async with made.at_work():
        await made.until(lambda: made.provider.busy == 1)
        await made.store.run(approving.halt, lives.CARA, alert.id, made.clock.now())
        made.provider.open.set()  # nobody renewed what is stopped: the mark `started` still takes nothing
        await made.until(lambda: made.provider.busy == 0)
    assert len(made.provider.got) <= 2  # one under way, and one marked before the halt
    assert (await made.states(alert)).keys() <= {"accepted", "due", "claimed"}


async def test_nothing_is_sent_at_or_after_the_expiry(desk: Furnish) -> None:
    made = desk(recipients=30, concurrency=1)
    alert = await made.release()
    expander = Expander(made.store, made.clock, made.signals, Lane.LIVE, lambda: lives.ACCOUNTS, made.stopped)
    made.provider.open.clear()
    async with made.at_work():
        await made.until(lambda: made.provider.busy == 1)
        made.clock.advance(4 * 3600)
        made.provider.open.set()
        while not await made.store.read(deliveries.settled, alert.id):
            await expander.sweep()
            await asyncio.sleep(0.001)
    assert len(made.provider.got) == 1
    assert await made.states(alert) == {"accepted": 1, "expired": 29}
    [transmissions] = {row.transmissions for row in (await made.rows(alert, "transmissions"))[1:]}
    assert transmissions == 0


async def test_whoever_opts_out_after_the_approval_gets_nothing(desk: Furnish) -> None:
    made = desk()
    alert = await made.release()
    mark = lives.SEAL.mark("+31600000003", "sms")

    def opt_out(conn: Connection) -> None:
        from broadcaster.store import facts

        assert facts.opt_out(conn, "sms", mark, made.clock.now()) == 1

    await made.store.run(opt_out)
    async with made.at_work():
        await made.settled(alert)
    assert "+31600000003" not in {parcel.address for parcel in made.provider.got}
    rows = await made.rows(alert, "state, reason, transmissions")
    assert Counter(map(tuple, rows)) == {("accepted", None, 1): 19, ("failed", "opted-out", 0): 1}


async def test_an_alert_that_is_not_what_was_approved_sends_nothing_and_holds_up_no_other(
    desk: Furnish, owner: Any
) -> None:
    made = desk()
    forged, honest = await made.release(), await made.release()
    with owner.begin() as conn:
        conn.execute(text("DROP TRIGGER rendition_never_changes"))
        conn.execute(text("UPDATE rendition SET payload = :p WHERE alert_id = :a"), {"p": b"Ren!", "a": forged.id})
    async with made.at_work():
        await made.settled(honest, forged)
    assert made.provider.of(forged) == []
    assert len(made.provider.of(honest)) == 20
    rows = {tuple(row) for row in await made.rows(forged, "state, reason, owner, transmissions")}
    assert rows == {("failed", "not-approved", None, 0)}
    lines = await made.store.read(lambda conn: [*journal.lines(conn)])
    refused = [line["data"] for line in lines if line["kind"] == "DeliveriesRefused" and line["object"] == forged.id]
    assert sum(data["count"] for data in refused) == 20


# --- outcomes --------------------------------------------------------------------------------------


async def test_a_provider_that_is_busy_halts_the_account_and_burns_nothing(desk: Furnish) -> None:
    answers = iter([Failed(FailureKind.THROTTLED, "busy", retry_after=60.0)])
    made = desk(recipients=5, concurrency=1, answer=lambda _: next(answers, Accepted()))
    alert = await made.release()
    async with made.at_work():
        await made.until(lambda: len(made.provider.got) >= 2)
        assert made.clock.monotonic() >= 60
        made.clock.advance(60)
        made.signals.hint(DUE)
        await made.settled(alert)
    assert {tuple(row) for row in await made.rows(alert, "state, attempts, transmissions")} == {("accepted", 1, 1)}


async def test_where_one_recipient_must_wait_the_account_goes_on(desk: Furnish) -> None:
    first = [Failed(FailureKind.THROTTLED, "this domain is busy", retry_after=600.0, whole_account=False)]
    made = desk(recipients=5, concurrency=1, answer=lambda _: first.pop() if first else Accepted())
    alert = await made.release()
    async with made.at_work():
        await made.until(lambda: len(made.provider.got) == 5)
        assert made.clock.monotonic() < 60
        made.clock.advance(600)
        made.signals.hint(DUE)
        await made.settled(alert)
    assert {tuple(row) for row in await made.rows(alert, "state, attempts, transmissions")} == {("accepted", 1, 1)}


async def test_a_doubtful_send_of_a_grave_alert_is_repeated_once_and_then_left_in_doubt(desk: Furnish) -> None:
    made = desk(recipients=3, answer=lambda _: Failed(FailureKind.UNCERTAIN, "timeout"))
    alert = await made.release()
    async with made.at_work():
        await made.until(lambda: len(made.provider.got) == 3)
        while not await made.store.read(deliveries.settled, alert.id):
            made.clock.advance(1)
            made.signals.hint(DUE)
            await asyncio.sleep(0.001)
    assert Counter(parcel.reference for parcel in made.provider.got) == {
        ids.reference(alert.id, n): 2 for n in (1, 2, 3)
    }
    assert {tuple(row) for row in await made.rows(alert, "state, transmissions")} == {("uncertain", 2)}


async def test_what_certainly_was_not_sent_waits_for_the_next_account(desk: Furnish) -> None:
    made = desk(recipients=3, next_account="sms.secondary", answer=lambda _: Failed(FailureKind.UNREACHABLE, "refused"))
    alert = await made.release()
    async with made.at_work():
        await made.until(lambda: len(made.provider.got) == 3)
        async with asyncio.timeout(20):
            while {row.account for row in await made.rows(alert, "account")} != {"sms.secondary"}:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
    assert {tuple(row) for row in await made.rows(alert, "state, transmissions, attempts")} == {("due", 0, 1)}


async def test_a_bad_address_costs_only_that_recipient(desk: Furnish) -> None:
    def answer(parcel: Parcel) -> Outcome:
        return Failed(FailureKind.BAD_ADDRESS, "no") if parcel.address.endswith("7") else Accepted()

    made = desk(recipients=20, batch=10, answer=answer)
    alert = await made.release()
    async with made.at_work():
        await made.settled(alert)
    assert await made.states(alert) == {"accepted": 18, "failed": 2}


async def test_an_outcome_that_comes_after_somebody_took_over_changes_nothing(desk: Furnish) -> None:
    made = desk(recipients=3, concurrency=3)
    alert = await made.release(severity="Minor")
    made.provider.open.clear()
    async with made.at_work():
        await made.until(lambda: made.provider.busy == 3)
        freed = await made.store.run(handover.free, made.owner, (), made.clock.now())
        before = await made.rows(alert, "state, epoch, transmissions")
        made.provider.open.set()
        await made.until(lambda: made.provider.busy == 0)
    assert freed == 3
    assert await made.rows(alert, "state, epoch, transmissions") == before
    assert await made.states(alert) == {"uncertain": 3}


async def test_told_to_stop_it_hands_back_what_it_did_not_start_at_no_cost(desk: Furnish) -> None:
    made = desk(recipients=100, concurrency=1, per_second=100, clock=HandClock(reading_in=0.01))
    alert = await made.release()
    made.provider.open.clear()
    async with made.at_work():
        await made.until(lambda: made.provider.busy == 1)
        assert (await made.states(alert))["started"] == 1
        made.dispatcher.stop()
        made.provider.open.set()
    states = await made.states(alert)
    assert states.keys() <= {"accepted", "due"}
    assert states["accepted"] == len(made.provider.got)
    unsent = [row for row in await made.rows(alert, "state, attempts, transmissions, owner") if row.state == "due"]
    assert unsent
    assert {(row.attempts, row.transmissions, row.owner) for row in unsent} == {(0, 0, None)}


async def test_told_to_stop_it_does_not_wait_for_a_provider_that_wants_nothing_for_hours(desk: Furnish) -> None:
    busy = Failed(FailureKind.THROTTLED, "busy", retry_after=7200.0)
    made = desk(recipients=50, concurrency=2, answer=lambda _: busy)
    alert = await made.release()
    made.clock.most_in = 1.0  # this clock stands still for whoever would sleep longer
    async with made.at_work():
        await made.until(lambda: bool(made.provider.got) and made.dispatcher.in_flight == 0)
        assert len(made.provider.got) <= 4
    rows = {tuple(row) for row in await made.rows(alert, "state, attempts, transmissions, owner")}
    assert rows == {("due", 0, 0, None)}


async def test_a_step_of_the_wall_clock_loses_and_doubles_nothing(desk: Furnish) -> None:
    made = desk(recipients=40, concurrency=1, per_second=20)
    alert = await made.release()
    made.provider.open.clear()
    async with made.at_work():
        for step in (timedelta(hours=1), timedelta(hours=-2), timedelta(hours=1)):
            await made.until(lambda: made.provider.busy == 1)
            made.clock.step(step)
            made.provider.open.set()
            await asyncio.sleep(0)
            made.provider.open.clear()
        made.provider.open.set()
        await made.settled(alert)
    assert Counter(parcel.reference for parcel in made.provider.got) == {
        ids.reference(alert.id, n): 1 for n in range(1, 41)
    }
    assert await made.states(alert) == {"accepted": 40}


# --- a database in trouble -------------------------------------------------------------------------

AWAY = OperationalError("SELECT 1", {}, OSError("gone"))
UNWRITABLE = IntegrityError("INSERT", {}, ValueError("refused"))


async def test_an_outcome_that_is_lost_and_a_database_that_goes_away_make_no_third_copy(desk: Furnish) -> None:
    made = desk(recipients=3, concurrency=3)
    alert = await made.release(severity="Extreme")
    upset = [False]

    def wrong(f: Any) -> Exception | None:
        if f is record_outcomes:
            upset[0] = True
            return UNWRITABLE
        if f is workers.claim and upset[0]:
            upset[0] = False
            return AWAY
        return None

    made.trouble.wrong = wrong
    async with made.at_work():
        await made.settled(alert)
    copies = Counter(parcel.reference for parcel in made.provider.got)
    assert max(copies.values()) == 2
    assert {tuple(row) for row in await made.rows(alert, "state, transmissions")} == {("uncertain", 2)}


async def test_a_start_that_nobody_confirmed_costs_nothing(desk: Furnish) -> None:
    """The database did it and could not say so: what it marked was certainly not sent."""
    made = desk(recipients=3, concurrency=3)
    alert = await made.release(severity="Minor")
    lost = [AWAY]
    real = made.trouble.run

    async def run(f: Any, *args: Any) -> Any:
        done = await real(f, *args)
        if f is queue.start and lost:
            raise lost.pop()
        return done

    made.trouble.run = run  # type: ignore[method-assign]
    async with made.at_work():
        await made.settled(alert)
    assert not lost
    assert {tuple(row) for row in await made.rows(alert, "state, attempts, transmissions")} == {("accepted", 1, 1)}
    assert len(made.provider.got) == 3


async def test_a_stop_does_not_wait_for_a_database_that_stays_away(
    desk: Furnish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher_module, "_DRAIN_IN", 0.05)
    made = desk(recipients=3)
    await made.release()
    made.trouble.wrong = lambda _f: AWAY
    async with asyncio.timeout(20):
        async with made.at_work():
            await made.until(lambda: 1.0 in made.clock.slept)
    assert made.provider.got == []


async def test_outcomes_that_nobody_will_take_do_not_hold_up_the_end(
    desk: Furnish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher_module, "_DRAIN_IN", 0.05)
    made = desk(recipients=3)
    alert = await made.release()
    made.trouble.wrong = lambda f: AWAY if f is record_outcomes else None
    async with asyncio.timeout(20):
        async with made.at_work():
            await made.until(lambda: len(made.provider.got) == 3)
    assert await made.states(alert) == {"started": 3}  # in doubt, and so the next process finds them


async def test_a_stop_cuts_off_a_provider_that_never_answers(desk: Furnish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher_module, "_DRAIN_IN", 0.05)
    made = desk(recipients=9, concurrency=2)
    alert = await made.release(severity="Minor")
    made.provider.open.clear()
    async with asyncio.timeout(20):
        async with made.at_work():
            await made.until(lambda: made.provider.busy == 2)
    rows = Counter(tuple(row) for row in await made.rows(alert, "state, transmissions"))
    assert rows == {("uncertain", 1): 2, ("due", 0): 7}


# --- the link, and what else a provider says -------------------------------------------------------


async def test_an_account_that_nobody_heard_of_for_long_is_probed(desk: Furnish) -> None:
    made = desk(recipients=1, probes_in=180.0)
    async with made.at_work():
        for probes in (1, 2):
            await asyncio.sleep(0.01)
            assert made.provider.probes == probes - 1
            made.clock.advance(180)
            made.signals.hint(DUE)
            await made.until(lambda probes=probes: made.provider.probes == probes)  # type: ignore[misc]
    assert made.dispatcher.standing().proven_at == made.clock.now()


async def test_a_stop_does_not_wait_for_a_probe(desk: Furnish) -> None:
    made = desk(recipients=1, probes_in=180.0)
    begun = asyncio.Event()

    async def probe() -> None:
        begun.set()
        await asyncio.Event().wait()

    made.provider.probe = probe  # type: ignore[method-assign]
    made.clock.advance(180)
    async with asyncio.timeout(20):
        async with made.at_work():
            await begun.wait()


async def test_what_a_provider_says_besides_its_outcome_is_handed_on(desk: Furnish) -> None:
    said = Inbound(b"the chat moved", {}, {})

    def answer(parcel: Parcel) -> Outcome:
        return Failed(FailureKind.BAD_ADDRESS, "moved", said=said) if parcel.address.endswith("3") else Accepted()

    made = desk(recipients=5, answer=answer)
    alert = await made.release()
    async with made.at_work():
        await made.settled(alert)
    assert made.told == [(ACCOUNT, said)]
