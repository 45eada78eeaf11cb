"""Writing outcomes: in groups, with the journal's summary in the same transaction, soon."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from broadcaster.clock import Clock
from broadcaster.model.events import SYSTEM, Event
from broadcaster.store import journal, queue
from broadcaster.store.database import AWAY, Database
from broadcaster.store.queue import Result

log = structlog.get_logger()
GROUP = 500
_LINGER_IN = 0.05
_MOST_WAITING = 5_000
_GIVE_UP_IN = 10.0
"""How long the end of a process waits for a database that is away. What is then not written was started, so the
next process finds it in doubt: a bounded duplicate, and nobody lost."""


def record_outcomes(conn: Connection, results: Sequence[Result], now: datetime) -> int:
    """Write results and one journal event per alert; how many were stale."""
    took = queue.record(conn, results, now)
    journal.append(conn, _summaries(took), now)
    return len(results) - len(took)


def _summaries(took: Sequence[Result]) -> list[Event]:
    """One event per alert: how many attempts had which outcome at which account."""
    counts = Counter([(result.alert_id, result.account, result.outcome) for result in took])
    by_alert: dict[str, dict[str, int]] = {}
    for (alert_id, account, outcome), count in sorted(counts.items()):
        by_alert.setdefault(alert_id, {})[f"{account} {outcome}"] = count
    return [Event("DeliveriesAttempted", SYSTEM, alert_id, data) for alert_id, data in by_alert.items()]


class OutcomeWriter:
    """Takes results from every account and writes them within `_LINGER_IN` or by the group.

    Results outlive a database that is away: they wait here, and senders wait with them.
    """

    def __init__(self, store: Database, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._waiting: list[Result] = []
        self._arrived, self._room = asyncio.Event(), asyncio.Condition()
        self._away = False
        self._closed_at: float | None = None

    async def put(self, results: Sequence[Result]) -> None:
        """Take results over; waits while too many are unwritten."""
        if len(self._waiting) >= _MOST_WAITING:
            async with self._room:
                await self._room.wait_for(lambda: len(self._waiting) < _MOST_WAITING)
        self._waiting += results
        self._arrived.set()

    def has(self, account: str) -> bool:
        """Whether a result of an account is not written yet."""
        return any(result.account == account for result in self._waiting)

    def close(self) -> None:
        """Write what there is, then let `run` end."""
        self._closed_at = self._clock.monotonic()
        self._arrived.set()

    async def run(self) -> None:
        """Write until closed and empty, or closed and the database stays away."""
        while (self._waiting or self._closed_at is None) and not self._gave_up():
            await self._arrived.wait()
            if len(self._waiting) < GROUP and self._closed_at is None:
                await self._clock.sleep(_LINGER_IN)
            await self._flush()

    def _gave_up(self) -> bool:
        if self._closed_at is None or self._clock.monotonic() - self._closed_at < _GIVE_UP_IN or not self._away:
            return False
        log.critical("outcomes are lost: the database is away at the end", count=len(self._waiting))
        return True

    async def _flush(self) -> None:
        group = self._waiting[:GROUP]
        if group:
            try:
                await self._write(group)
                self._away = False
            except AWAY as error:
                self._away = True
                log.warning("outcomes wait for the database", waiting=len(self._waiting), error=type(error).__name__)
                await self._clock.sleep(1.0)
                return
            async with self._room:
                del self._waiting[: len(group)]
                self._room.notify_all()
        if not self._waiting and self._closed_at is None:
            self._arrived.clear()

    async def _write(self, group: list[Result]) -> None:
        try:
            stale = await self._store.run(record_outcomes, group, self._clock.now())
        except (IntegrityError, DataError) as error:
            await self._write_apart(group, error)
            return
        if stale:
            log.warning("stale outcomes discarded", count=stale)

    async def _write_apart(self, group: list[Result], error: DBAPIError) -> None:
        """One result that cannot be written must not hold up the others. Without the provider's words it nearly
        always can (PostgreSQL refuses a NUL in them); else it stays in doubt, and is named."""
        if len(group) > 1:
            for result in group:
                await self._write([result])
            return
        log.critical("an outcome cannot be written", delivery=group[0].id, error=type(error.orig).__name__)
        bare = group[0]._replace(provider_ref=None, provider_code=None, detail=None)
        if bare != group[0]:
            await self._write([bare])
