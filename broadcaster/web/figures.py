"""The figures of the store, looked up seldom enough: counting takes a twentieth of the time, however much there is."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiohttp import web

from broadcaster.clock import Clock
from broadcaster.model.delivery import State
from broadcaster.store import figures
from broadcaster.store.database import Database
from broadcaster.store.figures import Pile, Totals

_BELIEVED_IN = 2.0
_STRAIN = 20
_COUNTED_IN = 60.0
WAITING = frozenset({State.DUE, State.CLAIMED, State.STARTED})
"""States in which a delivery has nowhere arrived yet."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was found, and how fast each kind came to rest since the time before, in deliveries per second."""

    piles: tuple[Pile, ...]
    totals: Totals
    speeds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the deliveries of one kind are."""

    count: int
    rested: int

    def missing(self, share: float = 0.95) -> int:
        """How many must still come to rest before this share has."""
        return max(0, -int(-self.count * share // 1) - self.rested)


def progress(piles: Iterable[Pile]) -> dict[str, Progress]:
    """Each kind's deliveries: all, and those that came to rest."""
    found: dict[str, Progress] = {}
    for pile in piles:
        before = found.get(pile.kind, Progress(0, 0))
        rested = 0 if pile.state in WAITING else pile.count
        found[pile.kind] = Progress(before.count + pile.count, before.rested + rested)
    return found


def expected_in(far: Progress, speed: float | None, contracted: float) -> float | None:
    """Seconds until 95 % came to rest, at the speed of just now, or else at the contracted one; None when nothing
    moves: then nobody can say."""
    missing = far.missing()
    if not missing:
        return 0.0
    pace = speed or contracted
    return missing / pace if pace > 0 else None


class Figures:
    """The figures of one hub. Belongs to one event loop."""

    def __init__(self, store: Database, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._turn = asyncio.Lock()
        self._last: Snapshot | None = None
        self._at = self._again_at = self._counted_again_at = 0.0
        self._addresses: Mapping[str, int] | None = None

    async def now(self) -> Snapshot:
        """The figures, a few seconds old at most; older while so much is under way that counting is dear."""
        async with self._turn:
            began = self._clock.monotonic()
            if self._last is not None and began < self._again_at:
                return self._last
            piles = tuple(await self._store.read(figures.piles))
            ended = self._clock.monotonic()
            totals = await self._store.read(figures.totals)
            self._last = Snapshot(piles, totals, self._speeds(piles, began - self._at))
            self._at, self._again_at = began, ended + max(_BELIEVED_IN, _STRAIN * (ended - began))
            return self._last

    async def addresses(self) -> Mapping[str, int]:
        """How many addresses there are of each kind, about a minute old at most: nobody counts a million for a page."""
        async with self._turn:
            if self._addresses is None or self._clock.monotonic() >= self._counted_again_at:
                self._addresses = await self._store.read(figures.addresses)
                self._counted_again_at = self._clock.monotonic() + _COUNTED_IN
            return self._addresses

    def _speeds(self, piles: tuple[Pile, ...], passed: float) -> dict[str, float]:
        if self._last is None or passed <= 0:
            return {}
        before = progress(self._last.piles)
        moved = {kind: far.rested - before[kind].rested for kind, far in progress(piles).items() if kind in before}
        return {kind: count / passed for kind, count in moved.items() if count > 0}


FIGURES = web.AppKey("figures", Figures)
