"""How the hub hears what readers say, and answers them: only with live accounts, and never in a drill.

A provider is told our hook, or asked when nothing can reach us. Either way what it says is stored before anything else
happens: before it is confirmed, and before somebody gets an answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from broadcaster.channel import Announcing, Conversing, Failed, Fetching, Inbound
from broadcaster.clock import Clock
from broadcaster.store.database import AWAY

log = structlog.get_logger()
Keep = Callable[[str, Inbound], Awaitable[object]]
"""Stores what came for an account."""

_AGAIN_IN = 5.0
_LONGEST_IN = 300.0
_REST_IN = 0.5
_MOST_WAITING = 1000


def _all(_account: str) -> bool:
    return True


class Listening:
    """Listens for the accounts whose readers talk back. hook_of: the address of an account's hook. drives: whether an
    account is this process's to drive; a provider that is asked by two at once refuses them by turns."""

    def __init__(
        self,
        channels: Mapping[str, object],
        keep: Keep,
        hook_of: Callable[[str], str],
        clock: Clock,
        drives: Callable[[str], bool] = _all,
    ) -> None:
        self._channels, self._keep, self._hook_of, self._clock = channels, keep, hook_of, clock
        self._drives = drives
        self._unanswered: asyncio.Queue[tuple[Conversing, Inbound]] = asyncio.Queue(_MOST_WAITING)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._tasks = [
            asyncio.create_task(self._lasting(account, channel))
            for account, channel in self._channels.items()
            if isinstance(channel, Announcing)
        ]
        self._tasks.append(asyncio.create_task(self._answering()))

    async def stop(self) -> None:
        """Hear and answer no more. What was not stored was not confirmed, so a provider still has it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def heard(self, account: str, inbound: Inbound) -> None:
        """Something was stored: whoever said it gets an answer, as far as there is room for one."""
        channel = self._channels.get(account)
        if isinstance(channel, Conversing) and not self._unanswered.full():
            self._unanswered.put_nowait((channel, inbound))

    async def _answering(self) -> None:
        """One after another, and slowly: answers never take the place of alerts."""
        while True:
            channel, inbound = await self._unanswered.get()
            try:
                await channel.acknowledge(inbound)
            except ValueError:
                continue  # not of this provider
            except Exception as error:  # noqa: BLE001 - one that cannot be answered must not cost the others theirs
                log.warning("a reader got no answer", error=type(error).__name__)
            await self._clock.sleep(_REST_IN)

    async def _lasting(self, account: str, channel: Announcing) -> None:
        """Whatever goes wrong here costs no alert, and is tried again."""
        while True:
            try:
                await self._listen(account, channel)
                return
            except Exception as error:  # noqa: BLE001 - a defect in an adapter must not silence readers for good
                log.error("listening to readers broke off", account=account, error=type(error).__name__)  # noqa: TRY400
                await self._clock.sleep(_LONGEST_IN)

    async def _listen(self, account: str, channel: Announcing) -> None:
        wait = _AGAIN_IN
        await self._turn(account)
        while (failed := await channel.announce(self._hook_of(account))) is not None:
            self._complain("the provider does not take our hook", account, failed)
            await self._clock.sleep(max(wait, failed.retry_after or 0.0))
            wait = min(2 * wait, _LONGEST_IN)
        if isinstance(channel, Fetching):
            await self._fetching(account, channel)

    async def _fetching(self, account: str, channel: Fetching) -> None:
        after = 0
        while True:
            await self._turn(account)
            found = await channel.fetch(after)
            if isinstance(found, Failed):
                self._complain("the provider does not say what readers said", account, found)
                await self._clock.sleep(max(_AGAIN_IN, found.retry_after or 0.0))
                continue
            if await self._kept(account, found.inbound):
                after = found.last
            if not found.inbound:
                await self._clock.sleep(_REST_IN)

    async def _turn(self, account: str) -> None:
        while not self._drives(account):
            await self._clock.sleep(_REST_IN)

    async def _kept(self, account: str, inbound: tuple[Inbound, ...]) -> bool:
        """Store all of it; False when that did not work, so that it is asked for again."""
        for item in inbound:
            try:
                await self._keep(account, item)
            except AWAY as error:
                log.warning("what readers said waits for the database", account=account, error=type(error).__name__)
                await self._clock.sleep(_AGAIN_IN)
                return False
            self.heard(account, item)
        return True

    def _complain(self, what: str, account: str, failed: Failed) -> None:
        log.warning(what, account=account, kind=failed.kind.value, code=failed.provider_code)
