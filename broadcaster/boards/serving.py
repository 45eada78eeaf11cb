"""The boards as they are handed out, in memory, and those who wait for the next one.

Belongs to one event loop. A waiter costs one future and one timer and no task of its own,
and leaves in constant time: 10,000 displays hang on one hub.
"""

import asyncio
import hashlib
from collections import defaultdict
from dataclasses import dataclass

from broadcaster.model.board import Mode

Place = tuple[str, Mode]
SLICE = 200
"""Waiters answered in one turn of the loop: about 20 ms of answers, so that sending goes on between them."""


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


class Boards:
    """The current board of every point and mode."""

    def __init__(self) -> None:
        self._current: dict[Place, Signed] = {}
        self._waiting: defaultdict[Place, set[asyncio.Future[None]]] = defaultdict(set)

    def current(self, point: str, mode: Mode) -> Signed | None:
        """The board of `point`, or None when there is none yet."""
        return self._current.get((point, mode))

    def publish(self, point: str, mode: Mode, board: Signed) -> None:
        """Replace the board of `point`, and wake everyone who waits for it."""
        if self._current.get((point, mode)) == board:
            return
        self._current[point, mode] = board
        _wake_in_slices(list(self._waiting.pop((point, mode), ())))

    async def wait(
        self, point: str, mode: Mode, after: int, timeout_in: float, etag: str | None = None
    ) -> Signed | None:
        """The board as soon as it is another than number `after` (and than `etag`, when given), or
        whatever there is after `timeout_in` seconds.

        Also when the number is lower: whoever was told a number that never was must learn the real one.
        """
        if not self._is_news(self.current(point, mode), after, etag):
            await self._next((point, mode), timeout_in)
        return self.current(point, mode)

    @staticmethod
    def _is_news(board: Signed | None, after: int, etag: str | None) -> bool:
        return board is not None and (board.seq != after or etag not in (None, board.etag))

    async def _next(self, place: Place, timeout_in: float) -> None:
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        timer = loop.call_later(timeout_in, _wake, waiter)
        self._waiting[place].add(waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._leave(place, waiter)

    def _leave(self, place: Place, waiter: "asyncio.Future[None]") -> None:
        others = self._waiting.get(place)
        if others is not None:
            others.discard(waiter)
            if not others:
                del self._waiting[place]

    def let_go(self) -> None:
        """Answer everyone who waits with what there is: the hub stops."""
        for waiters in self._waiting.values():
            for waiter in waiters:
                _wake(waiter)

    def waiting(self) -> int:
        """How many wait at this moment."""
        return sum(len(waiters) for waiters in self._waiting.values())


def _wake_in_slices(waiters: "list[asyncio.Future[None]]") -> None:
    for waiter in waiters[:SLICE]:
        _wake(waiter)
    if rest := waiters[SLICE:]:
        rest[0].get_loop().call_soon(_wake_in_slices, rest)


def _wake(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
