"""From frozen addressees to deliveries, a slice per transaction, so the first message leaves at once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from broadcaster.clock import Clock
from broadcaster.dispatch.aside import Aside
from broadcaster.dispatch.dispatcher import DUE, Stopped
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store import check_messages, deliveries
from broadcaster.store.database import Database


def expand(
    conn: Connection, alert_id: str, starts: Mapping[str, str], accounts: Mapping[str, Sequence[str]], now: datetime
) -> int:
    """The next slice of an alert's deliveries; how many. Those of a check message go to every account of their kind."""
    made = deliveries.expand(conn, alert_id, starts, now)
    if made and check_messages.is_one(conn, alert_id):
        check_messages.spread(conn, alert_id, accounts)
    return made


async def _nothing() -> None:
    pass


class Expander:
    """Makes the deliveries of one lane, and names those of stopped alerts. `starts`: the account that each channel
    kind starts with at this moment; `accounts`: all of each kind, for check messages."""

    def __init__(
        self,
        store: Database,
        clock: Clock,
        signals: Signals,
        lane: Lane,
        starts: Callable[[], Mapping[str, str]],
        stopped: Stopped,
        accounts: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._signals = signals
        self._lane = lane
        self._starts = starts
        self._stopped = stopped
        self._accounts = accounts or {}
        self.before: Callable[[], Awaitable[object]] = _nothing
        """Ends before the first message of an alert can leave."""
        self._begun: set[str] = set()
        self._unmade = Aside(clock, "the deliveries of an alert cannot be made")
        self._unnamed = Aside(clock, "what an alert that was stopped did not send cannot be named")

    @property
    def stuck(self) -> list[str]:
        """Alerts that may send, and whose deliveries cannot be made: somebody must look at them."""
        return [alert_id for alert_id in self._unmade.named() if alert_id not in self._stopped.alerts]

    async def expand(self) -> int:
        """A slice of the alert whose turn it is; how many alerts have addressees without a delivery and need not wait.
        Who is next is asked anew after each slice: a more severe alert waits for one at most, and nobody behind one
        that fails."""
        found = await self._store.read(deliveries.expanding, self._lane)
        if not self._begun.issuperset(found):
            await self.before()
        self._begun = set(found)
        ready = self._unmade.ready(found)
        if ready:
            await self._unmade.tried(ready[0], self._expand(ready[0]))
            self._signals.hint(DUE)
        return len(ready)

    async def _expand(self, alert_id: str) -> int:
        return await self._store.run(expand, alert_id, self._starts(), self._accounts, self._clock.now())

    async def sweep(self) -> int:
        """Renew what is stopped, and name a slice of each stopped alert's unsent deliveries; how many."""
        named = 0
        for alert_id in self._unnamed.ready(sorted(await self._look())):
            named += await self._unnamed.tried(alert_id, self._sweep(alert_id))
            await self._look()  # naming many must not keep a new stop waiting
        return named

    async def _sweep(self, alert_id: str) -> int:
        return await self._store.run(deliveries.sweep, alert_id, self._clock.now())

    async def _look(self) -> frozenset[str]:
        found = await self._store.read(deliveries.stopped_alerts, self._lane, self._clock.now())
        self._stopped.alerts = frozenset(found)
        return self._stopped.alerts
