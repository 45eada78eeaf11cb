"""Who fetched which board of late, kept in memory for less than a minute and then written down as a set.

The hot path of a display that waits pays one entry in a dictionary; what is written costs the same however often
somebody asked. See docs/decisions/0066.
"""

from broadcaster.clock import Clock
from broadcaster.model.board import Mode
from broadcaster.model.people import Caller
from broadcaster.store import sightings
from broadcaster.store.database import Database
from broadcaster.store.sightings import Seen

WRITTEN_EVERY = 40.0
"""Seconds. With a display that waits 30 for news, what the database knows is at most 70 old."""
_AT_ONCE = 500
OTHER = 0
"""The number of a board that is not the current one: which, the asker does not say."""
Place = tuple[str, str, Mode]


class Sightings:
    """Who was seen. Belongs to one event loop."""

    def __init__(self, store: Database, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._seen: dict[Place, Seen] = {}

    def saw(self, caller: Caller, point: str, mode: Mode, seq: int | None) -> None:
        """A device asked, and had board `seq`, OTHER, or none."""
        if caller.point_id is not None:
            seen = Seen(caller.token_id, point, mode, self._clock.now(), seq)
            self._seen[caller.token_id, point, mode] = seen

    async def write(self) -> None:
        """Write down who was seen since the last time."""
        seen, self._seen = list(self._seen.values()), {}
        for first in range(0, len(seen), _AT_ONCE):  # in slices, so that sending goes on between them
            await self._store.run(sightings.note, seen[first : first + _AT_ONCE])
