"""The one reader that looks into the database for all streams of events, and only while there is one."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from broadcaster.clock import Clock
from broadcaster.signals import Signals
from broadcaster.store import deliveries, freezing, journal
from broadcaster.store.database import AWAY, Database
from broadcaster.store.freezing import Far
from broadcaster.web import shapes, streams
from broadcaster.web.freezings import Freezings
from broadcaster.web.problems import Problem
from broadcaster.web.shapes import Counts
from broadcaster.web.streams import Stream
from broadcaster.web.writes import WRITTEN

log = structlog.get_logger()
MOST_STREAMS = 12
"""Streams of one person at once: some windows on some machines."""
MOST_MISSED = 1_000
"""Events that are sent after; who missed more begins anew."""
_STRAIN = 10  # counting deliveries may take a tenth of the time


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. poll_in: between two looks at the journal, when nobody hints. count_in: between two counts of
    deliveries; quiet_in: when nothing seems to happen. beat_in: between signs of life. ask_in: between two looks
    whether the reader still may; with the time a caller is remembered, below 5. patience_in: how long a reader may
    take nothing."""

    poll_in: float = 0.5
    count_in: float = 1.0
    quiet_in: float = 15.0
    beat_in: float = 15.0
    ask_in: float = 1.5
    patience_in: float = 10.0


@dataclass(slots=True)
class _Seen:
    """How far the one reader is: the last line it told, and the counts and freezings it told last."""

    seq: int
    freezings: dict[str, Far] = field(default_factory=dict)
    counts: dict[str, Counts] = field(default_factory=dict)
    count_at: float = 0.0


class Feed:
    """The one reader, and the streams it feeds. Belongs to one event loop."""

    def __init__(
        self,
        store: Database,
        signals: Signals,
        clock: Clock,
        zone: ZoneInfo,
        pace: Pace,
        freezings: Freezings,
    ) -> None:
        self._store, self._signals, self._clock, self._zone, self.pace = store, signals, clock, zone, pace
        self._freezings = freezings
        self._streams: set[Stream] = set()
        self._fed: set[Stream] = set()  # those that had their beginning
        self._seen: _Seen | None = None
        self._turn = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None
        self._counted_at = 0.0
        self._closed = False

    @asynccontextmanager
    async def place(self, actor: str, since: int | None, draft: str | None = None) -> AsyncIterator[Stream]:
        """A stream that begins after event `since`, or now; as long as it lasts, its reader has `draft` open. Problem
        when its reader has too many."""
        if self._closed or sum(stream.actor == actor for stream in self._streams) >= MOST_STREAMS:
            raise Problem("too-many", headers={"Retry-After": "5"})
        stream = Stream(actor, draft)
        self._streams.add(stream)
        try:
            await self._join(stream, since)
            stream.put(streams.beside(stream.draft, other) for other in self.beside(stream.draft) - {actor})
            self._tell_beside(stream)
            yield stream
        finally:
            self._streams.discard(stream)
            self._fed.discard(stream)
            self._tell_beside(stream)

    def beside(self, draft: str | None) -> set[str]:
        """Who has a draft open, here: another process knows its own readers."""
        return {stream.actor for stream in self._fed if stream.draft == draft} if draft is not None else set()

    def _tell_beside(self, about: Stream) -> None:
        """Tell those who have the same draft open that somebody came or went."""
        for stream in self._fed:
            if about.draft is not None and stream.draft == about.draft and stream.actor != about.actor:
                stream.put([streams.beside(about.draft, about.actor)])

    async def _join(self, stream: Stream, since: int | None) -> None:
        async with self._turn:  # between two looks: what comes after the next one is told to this stream too
            if self._seen is None:
                self._seen = _Seen((await self._store.read(journal.head)).seq)
            seen = self._seen
            missed = None if since is None else await self._store.read(_missed, since, seen.seq)
            stream.put(self._beginning(seen, missed, known=since is not None))
            self._fed.add(stream)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())

    def _beginning(self, seen: _Seen, missed: list[dict[str, Any]] | None, *, known: bool) -> Iterable[bytes]:
        if missed is not None:
            yield from map(self._event, missed)
        else:
            yield streams.text("reset" if known else "ready", {"seq": seen.seq}, seen.seq)
        for alert_id, counts in seen.counts.items():
            yield streams.progress(alert_id, counts)
        for draft_id, far in seen.freezings.items():
            yield streams.freezing(draft_id, far)

    def close(self) -> None:
        """End every stream: the hub stops."""
        self._closed = True
        for stream in self._streams:
            stream.end()
        self._signals.hint(WRITTEN)

    async def aclose(self) -> None:
        """Wait until nothing is read any more."""
        if self._reading is not None:
            await self._reading

    # --- the one reader ----------------------------------------------------------------------------

    async def _read(self) -> None:
        """Look and tell, as long as somebody listens."""
        try:
            while self._streams and not self._closed:
                try:
                    async with self._turn:
                        await self._look()
                except AWAY as error:
                    log.warning("the events wait for the database", error=type(error).__name__)
                await self._signals.wait(WRITTEN, self.pace.poll_in)
        finally:
            self._reading = self._seen = None
            for stream in self._streams:  # none, but when this broke down: they come back, and begin anew
                stream.end()

    async def _look(self) -> None:
        seen, now = self._seen, self._clock.monotonic()
        assert seen is not None
        lines, elsewhere = await self._store.read(_news, seen.seq)
        self._freeze(seen, self._freezings.with_those(elsewhere))
        if lines:
            seen.seq = lines[-1]["seq"]
            seen.count_at = min(seen.count_at, self._counted_at + self.pace.count_in)
            self._tell([self._event(line) for line in lines])
        if now >= seen.count_at:
            await self._count(seen, now)

    def _freeze(self, seen: _Seen, found: dict[str, Far]) -> None:
        """Tell how far what is being frozen has come, and what no longer is."""
        self._tell(
            [streams.freezing(draft_id, far) for draft_id, far in found.items() if seen.freezings.get(draft_id) != far]
        )
        self._tell([streams.freezing(draft_id, None) for draft_id in seen.freezings.keys() - found.keys()])
        seen.freezings = found

    async def _count(self, seen: _Seen, now: float) -> None:
        """Tell the counts that changed. The longer it takes, the less often it is done."""
        found = await self._store.read(deliveries.progress, list(seen.counts), self._clock.now())
        changed = [item for item in found if seen.counts.get(item.alert_id) != item.counts]
        self._tell([streams.progress(item.alert_id, item.counts) for item in changed])
        seen.counts = {item.alert_id: item.counts for item in found if not item.over}
        ended = self._clock.monotonic()
        usual_in = self.pace.count_in if changed else self.pace.quiet_in
        self._counted_at = ended + _STRAIN * (ended - now)
        seen.count_at = self._counted_at + usual_in

    def _tell(self, lines: list[bytes]) -> None:
        if lines:
            for stream in self._fed:
                stream.put(lines)

    def _event(self, line: Mapping[str, Any]) -> bytes:
        content = {
            "seq": line["seq"],
            "at": shapes.moment(line["at"], self._zone),
            "object": line["object"],
            "actor": line["actor"],
        }
        return streams.text(line["kind"], content, line["seq"])


def _news(conn: Connection, since: int) -> tuple[list[dict[str, Any]], dict[str, Far]]:
    """Lines after `since`, and what is being frozen in any process that shows it."""
    elsewhere = freezing.everywhere(conn)  # first: whoever is told that one is over finds its alert
    return _lines(conn, since, MOST_MISSED), elsewhere


def _lines(conn: Connection, since: int, most: int) -> list[dict[str, Any]]:
    return list(islice(journal.lines(conn, since), most))


def _missed(conn: Connection, since: int, until: int) -> list[dict[str, Any]] | None:
    """The lines after `since` up to `until`; None when they are too many, or `since` is not of this journal."""
    return _lines(conn, since, until - since) if 0 <= until - since <= MOST_MISSED else None
