"""From the sources to the shelf: each board, and the hub's word on it, from the best source that answers."""

import asyncio
import json
from collections.abc import Sequence
from random import Random

import structlog
from yarl import URL

from broadcaster.boards.client import POLL_IN, Answer, Reader, Source, Unavailable, backoff
from broadcaster.boards.refusals import Refusal, Refused
from broadcaster.boards.serving import Place
from broadcaster.boards.verifying import Board, Unchanged
from broadcaster.relay.pace import USUAL, Pace
from broadcaster.relay.parts import Parts

log = structlog.get_logger()
_KEYS = {Refusal.UNKNOWN_KEY, Refusal.UNCERTIFIED_KEY, Refusal.KEY_EXPIRED}


class Puller:
    """Follows every board of the shelf."""

    def __init__(self, parts: Parts, rng: Random, pace: Pace = USUAL) -> None:
        self._lines, self._device, self._shelf, self._clock = parts.lines, parts.device, parts.shelf, parts.clock
        self._rng, self._pace = rng, pace
        self._refused: dict[tuple[Place, int], str | None] = {}

    async def run(self) -> None:
        """Pull for ever."""
        async with asyncio.TaskGroup() as group:
            for place in self._shelf.ratchets if self._lines.urls else ():
                group.create_task(self._follow(place, [self._reader(url, place) for url in self._lines.urls]))
                group.create_task(self._listen(place))

    def _reader(self, url: str, place: Place) -> Reader:
        point, mode = place
        source = Source(URL(url), point, mode, self._lines.token_for(url))
        ratchet = self._shelf.ratchets[place]
        return Reader(self._lines.session, source, ratchet, self._clock, root=self._device.roots[mode])

    async def _follow(self, place: Place, readers: Sequence[Reader]) -> None:
        failures = 0
        while True:
            began = self._clock.monotonic()
            answer = await self._round(place, readers)
            failures = 0 if answer is not None else failures + 1
            if failures:
                await self._clock.sleep(backoff(failures, self._rng))
            elif isinstance(answer, Unchanged) and self._clock.monotonic() - began < 1.0:
                await self._clock.sleep(POLL_IN * self._rng.uniform(0.5, 1.0))  # a source that does not hold answers

    async def _round(self, place: Place, readers: Sequence[Reader]) -> Board | Unchanged | None:
        """Ask the sources in order until one has a good answer."""
        for n, reader in enumerate(readers):
            # Only while the best one answers: from another we look again soon whether it is back.
            wait_in = (self._pace.hold if n == 0 else self._pace.hold / 6) if reader.held else 0.0
            answer = await reader.fetch(wait_in)
            self._note(place, n, answer)
            if not isinstance(answer, Refused | Unavailable):
                return answer
        return None

    def _note(self, place: Place, source: int, answer: Answer) -> None:
        """Log what is news: the same refusal again, every few seconds for days, would fill the card."""
        about = {"point": place[0], "mode": place[1], "source": source}
        if isinstance(answer, Board):
            log.info("a board came in", seq=answer.payload.seq, **about)
        reason = answer.reason.value if isinstance(answer, Refused) else None
        if reason is not None and self._refused.get((place, source)) != reason:
            log.warning("a board was refused", reason=reason, **about)
        self._refused[place, source] = reason

    async def _listen(self, place: Place) -> None:
        while True:
            for url in self._lines.urls:
                if await self._hear(place, url):
                    break
            await self._clock.sleep(self._pace.hear * self._rng.uniform(0.9, 1.1))

    async def _hear(self, place: Place, url: str) -> bool:
        """Whether this source had news of the hub."""
        point, mode = place
        reply = await self._lines.ask(url, f"/v1/heartbeats/{point}?mode={mode}")
        if reply is None or reply.status_code != 200:
            return False
        token = reply.body.decode("ascii", "replace")
        verdict = self._shelf.offer_beat(token, self._shelf.key_set())
        if isinstance(verdict, Refused) and verdict.reason in {*_KEYS, Refusal.WRONG_ROOT}:
            verdict = self._shelf.offer_beat(token, await self._keys(url))
        if isinstance(verdict, Refused):
            if verdict.reason is not Refusal.OLDER:
                log.warning("a heartbeat was refused", point=point, mode=mode, reason=verdict.reason.value)
            return False
        self._lines.heard(url, verdict.at, reply.date)
        return True

    async def _keys(self, url: str) -> object:
        reply = await self._lines.ask(url, "/v1/keys")
        try:
            return json.loads(reply.body) if reply else None
        except ValueError:
            return None
