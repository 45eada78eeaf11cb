"""One account's dispatcher: claim a group, mark a slice started, send it through a sliding window.

The window slides across groups: nobody waits for the end of a group. A slice is what about half a
second of the observed speed needs, so a crash leaves few deliveries in doubt and a halt bites soon.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic

import structlog

from broadcaster import ids
from broadcaster.channel import Accepted, Failed, FailureKind, Outcome, Parcel
from broadcaster.clock import Clock
from broadcaster.dispatch import policy
from broadcaster.dispatch.approved import Approvals, NotApproved
from broadcaster.dispatch.lanes import Delivery, L
from broadcaster.dispatch.outcomes import OutcomeWriter
from broadcaster.dispatch.outlet import Outlet
from broadcaster.dispatch.pace import Pace
from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.signals import Signals
from broadcaster.store import queue
from broadcaster.store.database import AWAY, Database
from broadcaster.store.queue import Claimed, Result

log = structlog.get_logger()
GROUP = 500
_POLL_IN = 0.5
_SLICE_IN = 0.5
DUE = "deliveries due"

OpenAddress = Callable[[bytes], str]
"""From a sealed address to the address; a drill's knows none."""


@dataclass(slots=True)
class Stopped:
    """The alerts that must send nothing any more, renewed several times a second."""

    alerts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Bench:
    """What the dispatchers of one process share."""

    store: Database
    clock: Clock
    signals: Signals
    approvals: Approvals
    outcomes: OutcomeWriter
    stopped: Stopped
    owner: str
    lane: Lane


class Dispatcher(Generic[L]):
    """Drives one account until told to stop."""

    def __init__(
        self, bench: Bench, account: str, outlet: Outlet[L], open_address: OpenAddress, next_account: str | None = None
    ) -> None:
        self._bench = bench
        self.account = account
        self._outlet: Outlet[L] = outlet
        self._open = open_address
        self._next_account = next_account
        self._pace = Pace(outlet.spec.per_second, bench.clock)
        self._window = asyncio.Semaphore(outlet.spec.concurrency)
        self._stopping = asyncio.Event()
        self._speed = 0.0
        self.in_flight = 0

    def stop(self) -> None:
        """Claim nothing more; `run` ends when what is under way has its outcome."""
        self._stopping.set()
        self._bench.signals.hint(DUE)

    async def run(self) -> None:
        """Claim and send until stopped."""
        async with asyncio.TaskGroup() as tasks:
            while not self._stopping.is_set():
                if held_in := self._pace.held_in():  # what nobody may send is not claimed, so no stop waits for it
                    await self._bench.clock.sleep(min(held_in, _POLL_IN))
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

    async def _recover(self) -> None:
        """After a database error nobody knows what was committed. Once nothing of this account is under way
        and every outcome is written, whatever it still owns was certainly not sent: it is due again."""
        bench = self._bench
        while True:
            await bench.clock.sleep(1.0)
            if self.in_flight or bench.outcomes.waiting:
                continue
            try:
                await bench.store.run(queue.disown, bench.owner, self.account, bench.clock.now())
            except AWAY:
                continue
            return

    async def _claim(self) -> list[Claimed]:
        bench = self._bench
        limit = min(GROUP, max(self._slice_size(), int(self._pace.per_second)))
        return await bench.store.run(queue.claim, bench.lane, self.account, bench.owner, limit, bench.clock.now())

    def _slice_size(self) -> int:
        """As many as go out in half a second at the speed seen, at least one round of the window, and never
        more than the pace lets through in a second."""
        spec = self._outlet.spec
        wanted = max(int(self._speed * _SLICE_IN), spec.batch, spec.concurrency)
        return max(1, min(GROUP, wanted, int(self._pace.per_second)))

    async def _send_all(self, claimed: list[Claimed], tasks: asyncio.TaskGroup) -> None:
        while claimed and not self._stopping.is_set():
            size = self._slice_size()
            await self._send_slice(claimed[:size], tasks)
            claimed = claimed[size:]
        if claimed:
            await self._bench.store.run(queue.give_back, [(c.id, c.epoch) for c in claimed], self._bench.clock.now())

    async def _send_slice(self, claimed: list[Claimed], tasks: asyncio.TaskGroup) -> None:
        bench = self._bench
        deliveries = await self._prepare(claimed)
        async with self._window:  # not before there is room: what is started must soon go out
            pass
        began = bench.clock.monotonic()
        started = await bench.store.run(queue.start, [(d.id, d.epoch) for d in deliveries], bench.clock.now())
        ready = [delivery for delivery in deliveries if delivery.id in started]
        for i in range(0, len(ready), self._outlet.spec.batch):
            await self._admit(ready[i : i + self._outlet.spec.batch], tasks)
        self._learn(len(ready), bench.clock.monotonic() - began)

    def _learn(self, recipients: int, took: float) -> None:
        """Follow the speed at which slices go out, half old, half new."""
        if recipients:
            self._speed = 0.5 * self._speed + 0.5 * recipients / max(took, 1e-6)

    async def _prepare(self, claimed: list[Claimed]) -> list[Delivery[L]]:
        deliveries: list[Delivery[L]] = []
        for claim in claimed:
            try:
                approved = await self._bench.approvals.of(claim.alert_id)
            except NotApproved:
                log.critical("an alert is not what was approved, nothing of it is sent", alert=claim.alert_id)
                continue
            parcel = Parcel(
                ids.reference(claim.alert_id, claim.n),
                self._open(claim.sealed),
                approved.renditions[claim.rendition],
                approved.expires_at,
            )
            deliveries.append(
                Delivery(claim.id, claim.epoch, claim.alert_id, claim.rank, claim.attempts, claim.transmissions, parcel)
            )
        return deliveries

    async def _admit(self, batch: list[Delivery[L]], tasks: asyncio.TaskGroup) -> None:
        await self._window.acquire()
        if not await self._pace.take(len(batch)):  # the last thing to wait for: the provider may halt us till then
            self._window.release()
            await self._bench.outcomes.put([self._withheld(delivery) for delivery in batch])
            return
        self.in_flight += len(batch)
        tasks.create_task(self._send(batch))

    async def _send(self, batch: list[Delivery[L]]) -> None:
        """One call to the provider. Never raises: one bad batch must not end its siblings."""
        try:
            now = self._bench.clock.now()
            unsent = [d for d in batch if d.alert_id in self._bench.stopped.alerts or d.parcel.expires_at <= now]
            going = [d for d in batch if d not in unsent] if unsent else batch
            results = [self._withheld(delivery) for delivery in unsent]
            if going:
                outcomes = await self._outlet.send(going)
                results += [self._result(d, outcome) for d, outcome in zip(going, outcomes, strict=True)]
                self._heed(outcomes)
            await self._bench.outcomes.put(results)
        finally:
            self.in_flight -= len(batch)
            self._window.release()

    def _heed(self, outcomes: Sequence[Outcome]) -> None:
        """A throttled account halts as a whole; where one recipient must wait, only its delivery does."""
        throttled = [o for o in outcomes if isinstance(o, Failed) and o.kind is FailureKind.THROTTLED]
        waits = [o.retry_after or 1.0 for o in throttled if o.whole_account]
        if waits and len(throttled) == len(outcomes):
            self._pace.halt(max(waits))

    def _withheld(self, delivery: Delivery[L]) -> Result:
        """Started, but its alert or the account stopped before a byte went out: due again."""
        return self._made(delivery, State.DUE, "withheld", sent=False, burned=False, due_at=self._bench.clock.now())

    def _result(self, delivery: Delivery[L], outcome: Outcome) -> Result:
        now = self._bench.clock.now()
        standing = policy.Standing(
            delivery.rank,
            delivery.attempts + 1,
            delivery.transmissions + 1,
            delivery.parcel.expires_at,
            self._outlet.spec.deduplicates,
            self._next_account,
        )
        decision = policy.decide(outcome, standing, now)
        made = partial(
            self._made, delivery, decision.state, sent=decision.sent, burned=decision.burned, due_at=decision.due_at,
            next_account=decision.account, reason=decision.reason,
        )  # fmt: skip
        if isinstance(outcome, Accepted):
            return made(outcome="accepted", provider_ref=outcome.ref)
        return made(outcome=outcome.kind.value, provider_code=outcome.provider_code, detail=outcome.detail)

    def _made(self, delivery: Delivery[L], state: State, outcome: str, **more: object) -> Result:
        return Result(delivery.id, delivery.epoch, delivery.alert_id, state, self.account, outcome, **more)  # type: ignore[arg-type]
