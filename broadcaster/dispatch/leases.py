"""Counted leases: an owner bumps a beat; whoever sees it stand still long enough takes over.

No two machines' clocks are compared: each watcher measures with its own monotonic clock. On SQLite
a lock on the file proves at start that no earlier process of this lane lives. Where several processes
share one database the lease of a process is what its accounts hang on: see `sharing`.
"""

import fcntl
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

import structlog
from sqlalchemy import Connection

from broadcaster.clock import Clock
from broadcaster.dispatch.sharing import Holdings
from broadcaster.model.cap import Lane
from broadcaster.store import handover, workers
from broadcaster.store.database import Database
from broadcaster.store.workers import View

log = structlog.get_logger()
BEAT_IN = 5.0
LOOK_IN = 1.0
"""How often a process beats and looks where several share the accounts."""
STILL_IN = 20.0
_SURE = 0.75
"""The part of `still_in` after its last beat in which a process may still send: two clocks that each run 10 % wrong
leave room."""


class AlreadyRunning(Exception):
    """Another process of this lane holds the lock."""


def hold_instance(database: Path, lane: Lane) -> IO[str]:
    """Lock a SQLite file for one process of a lane, until the handle is closed or the process ends."""
    handle = database.with_name(f"{database.name}.{lane.value}.lock").open("w", encoding="ascii")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise AlreadyRunning(f"Another {lane.value} process uses {database.name}: stop it first.") from error
    return handle


def free_all(conn: Connection, lane: Lane, repeating: Sequence[str], now: datetime) -> int:
    """Take over from every earlier owner of a lane: only under the instance lock."""
    return sum(_leave(conn, owner, repeating, now) for owner in workers.known(conn, lane))


class Leases:
    """Keeps this process's beat going, watches the others', and holds its share of the accounts.

    accounts: those this process can drive, where several share them out; None where it is the only one. still_in:
    how long a beat stands still before its owner is taken for gone.
    """

    def __init__(
        self,
        store: Database,
        clock: Clock,
        owner: str,
        lane: Lane,
        repeating: Sequence[str],
        still_in: float = STILL_IN,
        accounts: Collection[str] | None = None,
    ) -> None:
        self._store, self._clock, self._owner, self._lane = store, clock, owner, lane
        self._repeating, self._still_in = repeating, still_in
        self.holdings = Holdings(owner, accounts)
        self.look_in = BEAT_IN if accounts is None else min(LOOK_IN, still_in / 8)
        self._seen: dict[str, tuple[int, float]] = {}
        self._looked_at = clock.monotonic()
        self._beaten_at = clock.monotonic()
        self.ending = False
        """Set when this process will drive nothing more: its accounts go to others as they fall idle."""

    async def enter(self) -> None:
        """Make this process known before it claims anything."""
        began = self._clock.monotonic()
        accounts = self.holdings.accounts
        recalled = await self._store.run(_enter, self._owner, self._lane, self._clock.now(), accounts)
        self._beaten_at = began
        if recalled:
            log.warning("a clock ran ahead: what it put off is due now", deliveries=recalled)

    async def leave(self) -> None:
        """Hand back what is still claimed, and be forgotten."""
        self.holdings.lose()
        await self._store.run(_leave, self._owner, self._repeating, self._clock.now())

    def is_sure(self) -> bool:
        """Whether no other process can have taken over yet: its own count of our last beat is behind ours. A process
        that was suspended finds out here, before a byte goes out."""
        return not self.holdings.shared or self._clock.monotonic() - self._beaten_at < self._still_in * _SURE

    async def tick(self) -> int:
        """Bump the own beat, take over from owners whose beat stood still for `still_in` seconds, and take accounts
        that are free and ours to drive; how many."""
        began = self._clock.monotonic()
        able = () if self.ending else self.holdings.accounts
        view = await self._store.run(workers.beat, self._owner, self._lane, able)
        if self._owner not in view.workers:
            await self._come_back()
            return 0
        self._beaten_at = began
        gone = self._silent(view)
        for owner in gone:
            freed = await self._store.run(_leave, owner, self._repeating, self._clock.now())
            log.warning("took over from a silent worker", worker=owner, deliveries=freed)
            del self._seen[owner]
        if not self.holdings.shared:
            return 0
        return await self._share(view, [owner for owner in view.workers if owner not in gone])

    async def _come_back(self) -> None:
        """Others took us for gone, and what we held is theirs; from here on we are one of them again."""
        log.warning("was taken for gone: begins anew")
        self.holdings.lose()
        await self.enter()

    def _silent(self, view: View) -> list[str]:
        """Whose beat stood still for long enough. Only time in which we looked counts: after we were away, or the
        database was, everybody has as long as before to show a beat."""
        now = self._clock.monotonic()
        passed, self._looked_at = min(now - self._looked_at, 3 * self.look_in), now
        for owner in set(self._seen) - set(view.workers):
            del self._seen[owner]
        for owner, worker in view.workers.items():
            beat, still = self._seen.get(owner, (None, 0.0))
            self._seen[owner] = (worker.beat, still + passed if worker.beat == beat else 0.0)
        return [o for o, (_, still) in self._seen.items() if o != self._owner and still >= self._still_in]

    async def _share(self, view: View, living: Collection[str]) -> int:
        free = self.holdings.look(view, living)
        if not free:
            return 0
        took = await self._store.run(workers.take, self._lane, free, self._owner)
        self.holdings.took(took)
        log.info("drives more accounts", accounts=took)
        return len(took)

    async def give(self, accounts: Sequence[str]) -> None:
        """Let go of accounts of which nothing is under way."""
        await self._store.run(workers.give, self._lane, accounts, self._owner)
        self.holdings.gave(accounts)
        log.info("drives fewer accounts", accounts=accounts)

    async def tell_open(self, account: str, is_open: bool) -> None:
        """Let the others know whether the breaker of an account is open."""
        await self._store.run(workers.tell_open, self._lane, account, self._owner, is_open)


def _enter(conn: Connection, owner: str, lane: Lane, now: datetime, accounts: Collection[str]) -> int:
    workers.enter(conn, owner, lane, now, accounts)
    return handover.recall(conn, lane, now)


def _leave(conn: Connection, owner: str, repeating: Sequence[str], now: datetime) -> int:
    """Take over from a process, once, whoever else saw it stand still. First the locks: they wait for a claim of it
    that is under way, also one of a process that was killed and whose last words the database still works on."""
    if not workers.is_there(conn, owner):
        return 0
    workers.drop_leases(conn, owner)
    freed = handover.free(conn, owner, repeating, now)
    workers.forget(conn, owner)
    return freed
