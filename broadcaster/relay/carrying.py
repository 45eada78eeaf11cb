"""What a relay takes from a bundle, and what it gives along in one."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from broadcaster.boards.bundle import Bundle
from broadcaster.boards.refusals import Refused
from broadcaster.boards.verifying import Board
from broadcaster.relay.outbox import NoReport, NoRoom
from broadcaster.relay.parts import Parts

_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Taken:
    """How much of a bundle was news. refused: boards that did not pass; those held already, or older, are no news."""

    boards: int = 0
    refused: int = 0
    reports: int = 0

    def __bool__(self) -> bool:
        return bool(self.boards or self.refused or self.reports)


async def take(parts: Parts, bundle: Bundle) -> Taken:
    """Take in a bundle from anyone. OSError when there is no room to keep it."""
    verdicts = []
    for token in bundle.boards:
        verdicts.append(parts.shelf.offer(token, bundle.keys))
        await asyncio.sleep(0)  # each is brought to disk: displays get their turn between them
    for token in bundle.heartbeats:
        parts.shelf.offer_beat(token, bundle.keys)
    before = len(parts.outbox.waiting())
    for token in bundle.reports:
        with suppress(NoReport, NoRoom):
            parts.outbox.take(token)
        await asyncio.sleep(0)
    parts.outbox.told(bundle.receipts)
    strange = [verdict for verdict in verdicts if isinstance(verdict, Refused) and not verdict.reason.is_usual]
    news = [verdict for verdict in verdicts if isinstance(verdict, Board)]
    return Taken(len(news), len(strange), len(parts.outbox.waiting()) - before)


def given(parts: Parts, points: Collection[str] | None = None) -> Bundle:
    """All that this relay holds for others, below it and above it; of some points, or of all."""
    return Bundle(
        keys=parts.shelf.key_set(),
        boards=[board.token for board in parts.shelf.held() if points is None or board.payload.point in points],
        heartbeats=list(parts.shelf.beats()),
        reports=[kept.token for kept in parts.outbox.waiting()][:_MOST],
        receipts=list(parts.outbox.receipts().values())[-_MOST:],
    )
