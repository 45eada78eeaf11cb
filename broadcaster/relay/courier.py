"""Reports up, and receipts down, by the best source that answers."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import structlog
from pydantic import ValidationError

from broadcaster.boards.bundle import Receipt
from broadcaster.relay.clock import RelayClock
from broadcaster.relay.lines import Lines, Reply
from broadcaster.relay.outbox import Kept, Outbox, Receipts
from broadcaster.relay.pace import USUAL, Pace

log = structlog.get_logger()
BATCH = 50
"""Reports a call, as a hub takes them."""
AGAIN_IN = 300.0
"""Seconds after which a report that a relay above took is handed in again, as long as the hub has not answered for
it: that relay may never have had a line."""
AGAIN_TOLD_IN = 6 * 3600.0
"""The same, when somebody said that the hub has it."""
_LATER = "too-many"  # the hub took enough of that device today


class Courier:
    """Carries until stopped."""

    def __init__(self, lines: Lines, outbox: Outbox, clock: RelayClock, pace: Pace = USUAL) -> None:
        self._lines, self._outbox, self._clock, self._pace = lines, outbox, clock, pace
        self._handed_in: dict[str, float] = {}  # when, by the report's name
        self._asked_at: float | None = None

    async def run(self) -> None:
        """Carry for ever."""
        while True:
            try:
                await self.carry()
            except OSError as error:  # a full disk: what waits, waits
                log.warning("what the hub told cannot be kept", error=error.strerror)
            await asyncio.sleep(self._pace.carry)

    async def carry(self) -> None:
        """Hand in what waits, and ask now and then what became of it."""
        self._outbox.forget(self._clock.now())
        now = self._clock.monotonic()
        waiting = [kept for kept in self._outbox.waiting() if self._is_due(kept, now)]
        for n in range(0, len(waiting), BATCH):
            if not await self._hand_in(waiting[n : n + BATCH]):
                break
        if self._asked_at is None or now - self._asked_at >= self._pace.ask:
            self._asked_at = now
            await self._ask()

    def _is_due(self, kept: Kept, now: float) -> bool:
        last = self._handed_in.get(kept.name)
        return last is None or now - last >= (AGAIN_TOLD_IN if self._outbox.is_told(kept) else AGAIN_IN)

    async def _hand_in(self, batch: list[Kept]) -> bool:
        """Whether somebody above took them."""
        for url in self._lines.urls:
            reply = await self._lines.ask(url, "/v1/reports", {"reports": [kept.token for kept in batch]})
            items = _items(reply)
            if items is None or len(items) != len(batch):
                continue
            now = self._clock.monotonic()
            self._handed_in |= {kept.name: now for kept in batch}
            answers = _answers(batch, items)
            if self._lines.is_hub(url):
                self._outbox.answered(pair for pair in answers if _is_final(pair[1]))
            else:
                self._outbox.told(receipt for _, receipt in answers)
            return True
        return False

    async def _ask(self) -> None:
        for url in self._lines.urls:
            reply = await self._lines.ask(url, "/v1/reports/receipts")
            if reply is None or reply.status_code != 200:
                continue
            try:
                self._outbox.told(Receipts.validate_python(_items(reply)))
            except ValidationError:
                continue
            return


def _items(reply: Reply | None) -> list[Any] | None:
    if reply is None or reply.status_code != 200:
        return None
    try:
        found = json.loads(reply.body)["items"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _answers(batch: list[Kept], items: list[Any]) -> list[tuple[Kept, Receipt]]:
    """What was said of each, in the order in which they were handed in."""
    found = []
    for kept, item in zip(batch, items, strict=True):
        with suppress(ValidationError, TypeError):
            found.append((kept, Receipt.model_validate(item | {"id": kept.report.id})))
    return found


def _is_final(receipt: Receipt) -> bool:
    """The hub has it, or never wants it."""
    return receipt.received_at is not None or receipt.refused not in (None, _LATER)
