"""The boards as they are handed out, in memory, and those who wait for the next one.

Belongs to one event loop. A waiter costs one future, and no timer and no task of its own: 10,000 displays hang
on one hub.
"""

import asyncio
import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from broadcaster.model.board import Mode

Place = tuple[str, Mode]
SLICE = 200
"""Waiters seen to in one turn of the loop: a few milliseconds, so that sending goes on between them."""
_LOOK_IN = 0.1
"""Seconds between two looks at whose time is over: so late may somebody be told that there is nothing new."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed board: what goes out, byte for byte, and how it is known."""

    jws: str
    seq: int
    etag: str


def signed(jws: str, seq: int) -> Signed:
    """A signed board with its entity tag."""
    return Signed(jws, seq, etag_of(jws))


def etag_of(jws: str) -> str:
    """The strong entity tag (RFC 9110 section 8.8.3) of a board, quotes included: the same at hub and relay."""
    return f'"{hashlib.sha256(jws.encode()).hexdigest()[:32]}"'


Hand = Callable[[Signed], bool]
"""Gives somebody the board at once, before what waits for it goes on; False when it could not."""


class Wait(asyncio.Future[bool]):
    """Somebody who waits: ends when there is another board or its time is over; True when it was handed the board."""

    __slots__ = ("hand", "handed", "until")

    def __init__(self, until: float, hand: Hand | None) -> None:
        super().__init__()
        self.until, self.hand, self.handed = until, hand, False

    def give(self, board: Signed) -> None:
        """Hand it the board, if it is still there."""
        self.handed = self.hand is not None and not self.done() and self.hand(board)

    def end(self) -> None:
        """It waits no longer."""
        if not self.done():
            self.set_result(self.handed)


def tags_in(if_none_match: Iterable[str]) -> list[str]:
    """The entity tags in If-None-Match; compared weakly (RFC 9110 section 13.1.2)."""
    given = ",".join(if_none_match)
    return [tag.strip().removeprefix("W/") for tag in given.split(",")] if given else []


def is_known(board: Signed | None, tags: Sequence[str], after: int | None) -> bool:
    """Whether somebody who has these, or without a tag this number, has the board; any number when there is none."""
    if board is None:
        return after is not None
    if tags:
        return board.etag in tags or "*" in tags
    return board.seq == after


class Boards:
    """The current board of every point and mode."""

    def __init__(self) -> None:
        self._current: dict[Place, Signed] = {}
        self._waiting: defaultdict[Place, set[Wait]] = defaultdict(set)
        self._look_at = math.inf
        self._look: asyncio.TimerHandle | None = None

    def current(self, point: str, mode: Mode) -> Signed | None:
        """The board of `point`, or None when there is none yet."""
        return self._current.get((point, mode))

    def publish(self, point: str, mode: Mode, board: Signed) -> None:
        """Replace the board of `point`, and give it to everyone who waits for it."""
        if self._current.get((point, mode)) == board:
            return
        self._current[point, mode] = board
        waits = list(self._waiting.pop((point, mode), ()))
        # Whoever is last in a crowd has it sooner by what finishing the others takes: half of all.
        _in_slices([partial(wait.give, board) for wait in waits if wait.hand] + [wait.end for wait in waits])

    async def wait(
        self, point: str, mode: Mode, after: int, timeout_in: float, etag: str | None = None
    ) -> Signed | None:
        """The board as soon as it is another than number `after` (and than `etag`, when given), or
        whatever there is after `timeout_in` seconds.

        Also when the number is lower: whoever was told a number that never was must learn the real one.
        """
        if not self._is_news(self.current(point, mode), after, etag):
            wait = self.next(point, mode, timeout_in)
            try:
                await wait
            finally:
                self._leave((point, mode), wait)
        return self.current(point, mode)

    def next(self, point: str, mode: Mode, timeout_in: float, hand: Hand | None = None) -> Wait:
        """Ends with the next board of `point`, or after `timeout_in` seconds."""
        wait = Wait(asyncio.get_running_loop().time() + timeout_in, hand)
        self._waiting[point, mode].add(wait)
        self._look_by(wait.until)
        return wait

    async def asked(
        self, point: str, mode: Mode, tags: Sequence[str], after: int | None, wait_in: float
    ) -> tuple[Signed | None, bool]:
        """The board, and whether the asker has it: by its tag, or without a tag by its number. Who has it may wait
        `wait_in` seconds for another."""
        board = self.current(point, mode)
        known = is_known(board, tags, after)
        if known and wait_in:
            board = await self.wait(point, mode, board.seq if board else 0, wait_in, board.etag if board else None)
            known = is_known(board, tags, after)
        return board, known

    @staticmethod
    def _is_news(board: Signed | None, after: int, etag: str | None) -> bool:
        return board is not None and (board.seq != after or etag not in (None, board.etag))

    def _leave(self, place: Place, wait: Wait) -> None:
        others = self._waiting.get(place)
        if others is not None:
            others.discard(wait)
            if not others:
                del self._waiting[place]

    def _look_by(self, at: float) -> None:
        """One timer for all who wait: one each would be a tenth of what each holds."""
        if at < self._look_at:
            if self._look is not None:
                self._look.cancel()
            self._look_at = at
            self._look = asyncio.get_running_loop().call_at(at, self._end_those_over)

    def _end_those_over(self) -> None:
        now = asyncio.get_running_loop().time()
        self._look_at, self._look = math.inf, None
        for place, waits in list(self._waiting.items()):
            for wait in [wait for wait in waits if wait.until <= now or wait.done()]:
                wait.end()
                self._leave(place, wait)
        if left := [wait.until for waits in self._waiting.values() for wait in waits]:
            self._look_by(max(min(left), now + _LOOK_IN))

    def let_go(self) -> None:
        """Answer everyone who waits with what there is: the hub stops."""
        for waits in self._waiting.values():
            for wait in waits:
                wait.end()

    def waiting(self) -> int:
        """How many wait at this moment."""
        return sum(not wait.done() for waits in self._waiting.values() for wait in waits)


def _in_slices(acts: Sequence[Callable[[], None]], first: int = 0) -> None:
    for act in acts[first : first + SLICE]:
        act()
    if first + SLICE < len(acts):
        asyncio.get_running_loop().call_soon(_in_slices, acts, first + SLICE)
