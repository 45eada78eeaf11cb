"""One account's dispatcher: claim a group, mark a slice started, send it through a sliding window.

The window slides across groups: nobody waits for the end of a group. A slice is what about half a
second of the observed speed needs, so a crash leaves few deliveries in doubt and a halt bites soon.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic

import structlog

from broadcaster.channel import Failed, FailureKind, Inbound, Outcome
from broadcaster.clock import Clock
from broadcaster.dispatch.approved import Approvals, refuse
from broadcaster.dispatch.breaker import Breaker, BreakerState
from broadcaster.dispatch.lanes import Delivery, L
from broadcaster.dispatch.outcomes import OutcomeWriter
from broadcaster.dispatch.outlet import Outlet
from broadcaster.dispatch.pace import Pace
from broadcaster.dispatch.packing import OpenAddress, approved_of, pack
from broadcaster.dispatch.results import result_of, withheld
from broadcaster.dispatch.sharing import Holdings
from broadcaster.dispatch.standing import AccountStanding
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store import handover, queue, workers
from broadcaster.store.database import AWAY, Database
from broadcaster.store.queue import Claimed, Result

log = structlog.get_logger()
GROUP = 500
_POLL_IN = 0.5
_SLICE_IN = 0.5
_TRIAL_IN = 0.05
_DRAIN_IN = 12.0
"""How long a stop waits for a provider, a little longer than an HTTP account does (10 s); what is then not answered is
uncertain. For the database it waits as long."""
DUE = "deliveries due"
OPENED = "account opened"


@dataclass(slots=True)
class Stopped:
    """The alerts that must send nothing any more, renewed several times a second."""

    alerts: frozenset[str] = frozenset()


def _nowhere() -> None:
    return None


def _surely() -> bool:
    return True


def _untold(_account: str, _inbound: Inbound) -> None:
    """A rehearsed provider says nothing that is a fact."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the dispatchers of one process share. `repeating`: the accounts whose provider drops duplicates.
    `unsubscribe`: from a reference to its reader's own link. `tell`: takes what a provider said besides an outcome.
    `probes_in`: seconds without a word from a provider after which its link is probed; None for never.
    `holdings`: which accounts are this process's to drive; `is_sure`: whether they are at this moment, too."""

    store: Database
    clock: Clock
    signals: Signals
    approvals: Approvals
    outcomes: OutcomeWriter
    stopped: Stopped
    owner: str
    lane: Lane
    repeating: Sequence[str] = ()
    unsubscribe: Callable[[str], str] = lambda _reference: ""
    tell: Callable[[str, Inbound], None] = _untold
    probes_in: float | None = None
    holdings: Holdings = field(default_factory=lambda: Holdings("", None))
    is_sure: Callable[[], bool] = _surely


class Dispatcher(Generic[L]):
    """Drives one account until told to stop. `next_account`: which one takes what this one cannot send, now."""

    def __init__(
        self,
        bench: Bench,
        account: str,
        outlet: Outlet[L],
        open_address: OpenAddress,
        breaker: Breaker,
        next_account: Callable[[], str | None] = _nowhere,
    ) -> None:
        self._bench = bench
        self.account = account
        self._outlet: Outlet[L] = outlet
        self._open = open_address
        self._breaker = breaker
        self._next_account = next_account
        self._pace = Pace(outlet.spec.per_second, bench.clock)
        self._window = asyncio.Semaphore(outlet.spec.concurrency)
        self._stopping = asyncio.Event()
        self._is_late = False
        self._speed = 0.0  # recipients per second whose calls end
        self._ended = 0
        self._measured = 0, bench.clock.monotonic()  # what had ended, and when that was looked at
        self._turn = ""  # the last of equals that had a full share of what was claimed
        self._heard_at = bench.clock.monotonic()
        self._probe: asyncio.Task[None] | None = None
        self._cutting: asyncio.TimerHandle | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._doubted: list[int] = []  # asked to start, without an answer from the database: certainly not sent
        self.in_flight = 0
        self._rests = True  # nothing is claimed here

    def stop(self) -> None:
        """Claim nothing more; `run` ends when what is under way has its outcome."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._cutting = asyncio.get_running_loop().call_later(_DRAIN_IN, self._cut_off)
        self._bench.signals.hint(DUE)

    def _cut_off(self) -> None:
        """The stop has waited long enough: what is under way is in doubt, and the next process takes over the rest."""
        self._is_late = True
        for call in self._calls:
            call.cancel()

    def standing(self) -> AccountStanding:
        """How the account stands right now."""
        return AccountStanding(
            self.account,
            self._outlet.spec.kind,
            self._breaker.state,
            self.in_flight,
            self._pace.per_second,
            self._pace.held_in(),
            self._breaker.proven_at,
            self._breaker.failing_since,
        )

    @property
    def is_idle(self) -> bool:
        """Whether nothing of the account is claimed, under way or unwritten here."""
        return self._rests and not self.in_flight and not self._bench.outcomes.has(self.account)

    async def run(self) -> None:
        """Claim and send until stopped, while the account is ours to drive."""
        holdings = self._bench.holdings
        async with asyncio.TaskGroup() as tasks:
            while not self._stopping.is_set():
                self._rests = not holdings.drives(self.account)
                if self._rests:
                    await self._bench.signals.wait(DUE, _POLL_IN)
                    continue
                self._look_at_link(tasks)
                if rest_in := self._rest_in():  # what nobody may send is not claimed, so no stop waits for it
                    await self._bench.clock.sleep(min(rest_in, _POLL_IN))
                    continue
                try:
                    claimed = await self._claim()
                    await self._send_all(claimed, tasks)
                except AWAY as error:
                    log.warning("dispatch waits for the database", account=self.account, error=type(error).__name__)
                    await self._recover()
                    continue
                if not claimed:
                    await self._bench.signals.wait(DUE, _POLL_IN)
                    self._measured = self._ended, self._bench.clock.monotonic()  # idle is not slow
            if self._probe is not None:
                self._probe.cancel()
            self._rests = True
        if self._cutting is not None:
            self._cutting.cancel()

    def _rest_in(self) -> float:
        """Seconds in which nothing is to be claimed; 0 when something is."""
        if self._breaker.is_open:
            return max(self._breaker.probe_in(), _TRIAL_IN)
        if self._breaker.state is BreakerState.HALF_OPEN and self.in_flight:
            return _TRIAL_IN  # one message tries it out
        return self._pace.held_in()

    async def _recover(self) -> None:
        """After a database error nobody knows what was committed. Once nothing of this account is under way and
        every outcome is written, what was claimed, or started without a word from the database, was certainly
        not sent: it is due again."""
        bench = self._bench
        while not self._is_late:
            await bench.clock.sleep(1.0)
            if self.in_flight or bench.outcomes.has(self.account):
                continue
            given = (bench.owner, self.account, self._doubted, bench.repeating, bench.clock.now())
            try:
                await bench.store.run(handover.disown, *given)
            except AWAY:
                continue
            self._doubted = []
            return

    def _look_at_link(self, tasks: asyncio.TaskGroup) -> None:
        """Probe an account that is open, or that nobody has heard of for long. What was under way when it opened
        comes first: it is no word on how things are now."""
        if self._probe is not None or self.in_flight:
            return
        probes_in = self._bench.probes_in
        is_quiet = probes_in is not None and self._bench.clock.monotonic() - self._heard_at >= probes_in
        if is_quiet or (self._breaker.is_open and not self._breaker.probe_in()):
            self._probe = tasks.create_task(self._try_link())

    async def _try_link(self) -> None:
        before = self._breaker.state
        try:
            self._breaker.probed(await self._outlet.probe())
            self._note(before)
        finally:
            self._heard_at = self._bench.clock.monotonic()
            self._probe = None

    def _note(self, before: BreakerState) -> None:
        """Say when the breaker moved."""
        after = self._breaker.state
        if after is not before:
            say = log.warning if after is BreakerState.OPEN else log.info
            say("the breaker of an account moved", account=self.account, before=before.value, after=after.value)
            self._bench.signals.hint(OPENED)

    async def _claim(self) -> list[Claimed]:
        """A slice and no more: what is in hand goes before whatever is more severe and comes now."""
        bench = self._bench
        limit = 1 if self._breaker.state is BreakerState.HALF_OPEN else self._slice_size()
        given = (bench.lane, self.account, bench.owner, limit, bench.clock.now(), self._turn)
        claimed = await bench.store.run(workers.claim_leased if bench.holdings.shared else workers.claim, *given)
        self._turn = queue.turn(claimed) or self._turn
        return claimed

    def _slice_size(self) -> int:
        """As many as go out in half a second at the speed seen, at least one round of the window, and never
        more than the pace lets through in that time."""
        spec = self._outlet.spec
        wanted = max(int(self._speed * _SLICE_IN), spec.batch, spec.concurrency)
        return max(1, min(GROUP, wanted, int(self._pace.per_second * _SLICE_IN)))

    async def _send_all(self, claimed: list[Claimed], tasks: asyncio.TaskGroup) -> None:
        while claimed and self._may_go_on():
            size = self._slice_size()
            await self._send_slice(claimed[:size], tasks)
            claimed = claimed[size:]
        if claimed:
            await self._bench.store.run(queue.give_back, [(c.id, c.epoch) for c in claimed], self._bench.clock.now())

    def _may_go_on(self) -> bool:
        return not self._stopping.is_set() and not self._breaker.is_open and self._bench.holdings.drives(self.account)

    async def _send_slice(self, claimed: list[Claimed], tasks: asyncio.TaskGroup) -> None:
        bench = self._bench
        deliveries = await self._prepare(claimed)
        async with self._window:  # not before there is room: what is started must soon go out
            pass
        self._measure()
        self._doubted = [delivery.id for delivery in deliveries]
        started = await bench.store.run(queue.start, [(d.id, d.epoch) for d in deliveries], bench.clock.now())
        self._doubted = []
        ready = [delivery for delivery in deliveries if delivery.id in started]
        for i in range(0, len(ready), self._outlet.spec.batch):
            await self._admit(ready[i : i + self._outlet.spec.batch], tasks)

    def _measure(self) -> None:
        """Follow the speed at which calls end, half old, half new. (That at which they begin says nothing: an empty
        window takes its first calls at once from the slowest of providers.)"""
        (ended, at), now = self._measured, self._bench.clock.monotonic()
        if self._ended > ended:
            self._speed = 0.5 * self._speed + 0.5 * (self._ended - ended) / max(now - at, 1e-6)
            self._measured = self._ended, now

    async def _prepare(self, claimed: list[Claimed]) -> list[Delivery[L]]:
        approved = await approved_of(self._bench.approvals, claimed)
        if refused := [claim for claim in claimed if claim.alert_id not in approved]:
            await self._bench.store.run(refuse, refused, self._bench.clock.now())
        open_address, link_of = self._open, self._bench.unsubscribe
        return [pack(one, approved[one.alert_id], open_address, link_of) for one in claimed if one.alert_id in approved]

    async def _admit(self, batch: list[Delivery[L]], tasks: asyncio.TaskGroup) -> None:
        await self._window.acquire()
        # The last things to wait for and to look at: the account may stop till then.
        if not await self._pace.take(len(batch)) or self._breaker.is_open or self._is_late:
            self._window.release()
            await self._bench.outcomes.put([self._withheld(delivery) for delivery in batch])
            return
        self.in_flight += len(batch)
        call = tasks.create_task(self._send(batch))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _send(self, batch: list[Delivery[L]]) -> None:
        """One call to the provider. Never raises: one bad batch must not end its siblings."""
        try:
            now = self._bench.clock.now()
            halted = self._bench.stopped.alerts
            is_ours = self._bench.is_sure()
            unsent = [d for d in batch if not is_ours or d.alert_id in halted or d.parcel.expires_at <= now]
            going = [d for d in batch if d not in unsent] if unsent else batch
            results = [self._withheld(delivery) for delivery in unsent]
            outcomes = await self._call(going) if going else []
            results += self._results(going, outcomes)
            await self._bench.outcomes.put(results)
            for outcome in outcomes:
                if isinstance(outcome, Failed) and outcome.said is not None:
                    self._bench.tell(self.account, outcome.said)
        finally:
            self.in_flight -= len(batch)
            self._ended += len(batch)
            self._window.release()

    async def _call(self, going: list[Delivery[L]]) -> Sequence[Outcome]:
        began = self._bench.clock.monotonic()
        try:
            outcomes = await self._outlet.send(going)
        except asyncio.CancelledError:
            if not self._stopping.is_set():
                raise
            outcomes = [Failed(FailureKind.UNCERTAIN, "cut off by a stop")] * len(going)
        self._heed(outcomes, began)
        return outcomes

    def _heed(self, outcomes: Sequence[Outcome], began: float) -> None:
        """A throttled account halts as a whole; where one recipient must wait, only its delivery does."""
        throttled = [o for o in outcomes if isinstance(o, Failed) and o.kind is FailureKind.THROTTLED]
        waits = [o.retry_after or 1.0 for o in throttled if o.whole_account]
        if waits and len(throttled) == len(outcomes):
            self._pace.halt(max(waits))
        before = self._breaker.state
        self._breaker.heard(outcomes, began)
        self._note(before)
        self._heard_at = self._bench.clock.monotonic()

    def _withheld(self, delivery: Delivery[L]) -> Result:
        return withheld(delivery, self.account, self._bench.clock.now())

    def _results(self, batch: list[Delivery[L]], outcomes: Sequence[Outcome]) -> list[Result]:
        account, now, elsewhere = self.account, self._bench.clock.now(), self._next_account
        repeats_safely = self._outlet.spec.deduplicates
        return [
            result_of(delivery, outcome, account, now, elsewhere, repeats_safely=repeats_safely)
            for delivery, outcome in zip(batch, outcomes, strict=True)
        ]
