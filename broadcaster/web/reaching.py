"""Who has each alert, read once for everybody who looks: the longer reading takes, the longer it is believed."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from broadcaster.clock import Clock
from broadcaster.store import dialect, journal, reached
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.store.reached import Reached
from broadcaster.web.alerts import released, unmade
from broadcaster.workflow import approving

_STRAIN = 10
"""Reading takes a tenth of the time."""
_MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Far:
    """An alert and how far it is, of one moment. release: the state of its release."""

    row: AlertRow
    release: str | None
    reached: Reached


class Reaching:
    """How far the alerts of one hub are. Belongs to one event loop."""

    def __init__(self, store: Database, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._kept: dict[str, tuple[tuple[object, ...], Far, float]] = {}
        self._turn = asyncio.Lock()

    async def of(self, alert_id: str) -> Far:
        """How far it is; Refused when there is no such alert. What was decided about it is never old: only what its
        deliveries did may be, by ten times as long as it takes to read."""
        async with self._turn:
            row, release = await self._store.read(_standing, alert_id)
            standing = (row, release)
            kept = self._kept.get(alert_id)
            began = self._clock.monotonic()
            if kept is not None and kept[0] == standing and began < kept[2]:
                return kept[1]
            found = await self._store.read(read, alert_id, self._clock.now())
            while len(self._kept) >= _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            ended = self._clock.monotonic()
            self._kept[alert_id] = (standing, found, ended + _STRAIN * (ended - began))
            return found


def _standing(conn: Connection, alert_id: str) -> tuple[AlertRow, str | None]:
    row = approving.alert_of(conn, alert_id)
    return row, released(conn, row)


def read(conn: Connection, alert_id: str, now: datetime) -> Far:
    """How far an alert is, in one reading of the database; the first thing in a transaction."""
    dialect.one_reading(conn)
    row, release = _standing(conn, alert_id)
    return Far(row, release, reached.read(conn, row.id, unmade(row, release), now))


def began(conn: Connection, row: AlertRow) -> datetime:
    """When the release of an alert began."""
    released = journal.about(conn, [row.id], ["AlertReleased"])
    return released[0]["at"] if released else row.sent_at


REACHING = web.AppKey("reaching", Reaching)
