"""Status reports as gateways send them: late, twice, in any order, before their own answer, and now and then never."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

import aiohttp

from broadcaster.demo.simulators.faults import Faults

_LONGEST_IN = 2.0
_AGAIN_IN = 0.5
_WORKERS = 4
_NEVER, _NOT_DELIVERED, _EARLY, _TWICE, _UNDER_WAY = 0.02, 0.03, 0.05, 0.1, 0.2
"""The part of the messages that is never reported on, does not arrive, is reported on before the answer, twice, and
as under way at some moment of its own, which may come after the end."""


class Fate(StrEnum):
    """What a report says of a message."""

    UNDER_WAY = "under way"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not delivered"


@dataclass(frozen=True, slots=True)
class Report:
    """One report, before a provider spells it."""

    reference: str
    recipient: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Spelt:
    """A report as its provider sends it."""

    method: str = "POST"
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Reporter:
    """Reports to one customer, again until it is answered with success. Belongs to one event loop.

    hook: where to; nothing is reported before it is known. ends: what was reported of each message in the end, by
    our reference; of several copies one that arrived is enough. waiting: reports that are still to be answered.
    """

    def __init__(self, faults: Faults, spell: Callable[[Report], Spelt]) -> None:
        self.hook: str | None = None
        self.ends: dict[str, bool] = {}
        self.waiting = self.sent = 0
        self._faults, self._spell = faults, spell
        self._copies: Counter[str] = Counter()
        self._due: asyncio.Queue[Report] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []

    def took(self, reference: str, recipient: str) -> None:
        """A message was taken: its reports will come."""
        if self.hook is None:
            return
        self._copies[recipient] += 1
        for report, late_in in self._planned(reference, recipient, partial(self._chance, recipient)):
            self.waiting += 1
            asyncio.get_running_loop().call_later(late_in, self._due.put_nowait, report)
        if not self._workers:
            self._workers = [asyncio.create_task(self._work()) for _ in range(_WORKERS)]

    def _chance(self, recipient: str, what: str) -> float:
        return self._faults.chance(what, recipient, self._copies[recipient])

    def _planned(self, reference: str, recipient: str, chance: Callable[[str], float]) -> list[tuple[Report, float]]:
        """The reports of one message, each with the seconds until it is sent."""
        if chance("never reported") < _NEVER:
            return []
        arrived = chance("not delivered") >= _NOT_DELIVERED
        self.ends[reference] = self.ends.get(reference, False) or arrived
        end = Report(reference, recipient, Fate.DELIVERED if arrived else Fate.NOT_DELIVERED)
        late_in = 0.0 if chance("early") < _EARLY else chance("late") * _LONGEST_IN
        planned = [(end, late_in)]
        if chance("twice") < _TWICE:
            planned.append((end, chance("second") * _LONGEST_IN))
        if chance("under way") < _UNDER_WAY:
            planned.append((Report(reference, recipient, Fate.UNDER_WAY), chance("middle") * _LONGEST_IN))
        return planned

    async def _work(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while True:
                report = await self._due.get()
                if await self._answered(session, self._spell(report)):
                    self.waiting -= 1
                    self.sent += 1
                else:
                    asyncio.get_running_loop().call_later(_AGAIN_IN, self._due.put_nowait, report)

    async def _answered(self, session: aiohttp.ClientSession, spelt: Spelt) -> bool:
        assert self.hook is not None  # nothing is due before it is known
        try:
            async with session.request(
                spelt.method, self.hook, params=dict(spelt.query), data=spelt.body or None,
                headers={"Content-Type": "application/json"} if spelt.body else None,
            ) as response:  # fmt: skip
                return response.status < 300
        except (aiohttp.ClientError, OSError):
            return False

    async def aclose(self) -> None:
        """Report no more."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
