"""From the sources to the shelf: each board is followed at the best source that answers."""

import asyncio
from collections.abc import Sequence
from random import Random

import aiohttp
import structlog
from yarl import URL

from broadcaster.boards.client import WAIT_IN, Reader, Source, Unavailable, backoff
from broadcaster.boards.refusals import Refused
from broadcaster.boards.serving import Place
from broadcaster.boards.verifying import Board
from broadcaster.clock import Clock
from broadcaster.relay.device import Device
from broadcaster.relay.shelf import Shelf

log = structlog.get_logger()


class Puller:
    """Follows every board of the shelf."""

    def __init__(self, sources: Sequence[str], device: Device, shelf: Shelf, clock: Clock, rng: Random) -> None:
        self._sources, self._device, self._shelf, self._clock, self._rng = sources, device, shelf, clock, rng

    async def run(self) -> None:
        """Pull for ever."""
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
            for place in self._shelf.ratchets:
                readers = [self._reader(session, url, place) for url in self._sources]
                if readers:
                    group.create_task(self._follow(place, readers))

    def _reader(self, session: aiohttp.ClientSession, url: str, place: Place) -> Reader:
        point, mode = place
        token = self._device.token if url == self._device.hub else None  # nobody else's business
        source = Source(URL(url), point, mode, token)
        ratchet = self._shelf.ratchets[place]
        return Reader(session, source, ratchet, self._clock, root=self._device.roots[mode])

    async def _follow(self, place: Place, readers: Sequence[Reader]) -> None:
        failures = 0
        while True:
            began = self._clock.monotonic()
            good = await self._round(place, readers)
            failures = 0 if good else failures + 1
            if failures:
                await self._clock.sleep(backoff(failures, self._rng))
            elif self._clock.monotonic() - began < 1.0:
                await self._clock.sleep(self._rng.uniform(0.5, 1.0))  # a source that does not hold its answers

    async def _round(self, place: Place, readers: Sequence[Reader]) -> bool:
        """Ask the sources in order until one has a good answer."""
        for n, reader in enumerate(readers):
            answer = await reader.fetch(WAIT_IN if reader.held else 0.0)
            if isinstance(answer, Board):
                log.info("a board came in", point=place[0], mode=place[1], seq=answer.payload.seq, source=n)
            if isinstance(answer, Refused):
                log.warning("a board was refused", point=place[0], mode=place[1], reason=answer.reason.value, source=n)
            if not isinstance(answer, Refused | Unavailable):
                return True
        return False
