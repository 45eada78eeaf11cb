"""Counted leases: an owner bumps a beat; whoever sees it stand still long enough takes over.

No two machines' clocks are compared: each watcher measures with its own monotonic clock. On SQLite
a lock on the file proves at start that no earlier process of this lane lives.
"""

import fcntl
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

import structlog
from sqlalchemy import Connection

from broadcaster.clock import Clock
from broadcaster.model.cap import Lane
from broadcaster.store import handover, workers
from broadcaster.store.database import Database

log = structlog.get_logger()
BEAT_IN = 5.0
STILL_IN = 20.0


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
    """Keeps this process's beat going and watches the others'."""

    def __init__(
        self,
        store: Database,
        clock: Clock,
        owner: str,
        lane: Lane,
        repeating: Sequence[str],
        still_in: float = STILL_IN,
    ) -> None:
        self._store, self._clock, self._owner, self._lane = store, clock, owner, lane
        self._repeating, self._still_in = repeating, still_in
        self._seen: dict[str, tuple[int, float]] = {}

    async def enter(self) -> None:
        """Make this process known before it claims anything."""
        recalled = await self._store.run(_enter, self._owner, self._lane, self._clock.now())
        if recalled:
            log.warning("a clock ran ahead: what it put off is due now", deliveries=recalled)

    async def leave(self) -> None:
        """Hand back what is still claimed, and be forgotten."""
        await self._store.run(_leave, self._owner, self._repeating, self._clock.now())

    async def tick(self) -> None:
        """Bump the own beat, and take over from owners whose beat stood still for `still_in` seconds."""
        beats = await self._store.run(workers.beat, self._owner, self._lane)
        for owner, beat in beats.items():
            if owner != self._owner and self._stands_still(owner, beat):
                freed = await self._store.run(_leave, owner, self._repeating, self._clock.now())
                log.warning("took over from a silent worker", worker=owner, deliveries=freed)
                del self._seen[owner]

    def _stands_still(self, owner: str, beat: int) -> bool:
        now = self._clock.monotonic()
        seen, since = self._seen.get(owner, (None, now))
        if seen != beat:
            self._seen[owner] = (beat, now)
            return False
        return now - since >= self._still_in


def _enter(conn: Connection, owner: str, lane: Lane, now: datetime) -> int:
    workers.enter(conn, owner, lane, now)
    return handover.recall(conn, lane, now)


def _leave(conn: Connection, owner: str, repeating: Sequence[str], now: datetime) -> int:
    freed = handover.free(conn, owner, repeating, now)
    workers.forget(conn, owner)
    return freed
