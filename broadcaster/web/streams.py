"""One reader of the events: what waits for it, and each event as it is written (WHATWG HTML section 9.2)."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

from broadcaster.store.freezing import Far
from broadcaster.web.shapes import Counts

MOST_WAITING = 5_000
"""Events that may wait for one reader."""


class Stream:
    """One reader's place: what waits for it. draft: the one that is open on the reader's page."""

    def __init__(self, actor: str, draft: str | None = None) -> None:
        self.actor, self.draft = actor, draft
        self.ended = False
        self._waiting: list[bytes] = []
        self._news = asyncio.Event()

    def put(self, lines: Iterable[bytes]) -> None:
        """More to send; a reader that lets too much wait is let go."""
        self._waiting += lines
        if len(self._waiting) > MOST_WAITING:
            self.end()
        self._news.set()

    def end(self) -> None:
        """Nothing more comes, and what waits is forgotten."""
        self.ended = True
        self._waiting.clear()
        self._news.set()

    async def take(self, timeout_in: float) -> bytes:
        """All that waits, once there is something; nothing after `timeout_in` seconds, or at the end."""
        try:
            async with asyncio.timeout(timeout_in):
                await self._news.wait()
        except TimeoutError:
            return b""
        taken = b"".join(self._waiting)
        self._waiting.clear()
        if not self.ended:
            self._news.clear()
        return taken


def text(kind: str, content: Mapping[str, Any], seq: int | None = None) -> bytes:
    """An event; with a number when it is of the journal."""
    head = f"event: {kind}\n" if seq is None else f"id: {seq}\nevent: {kind}\n"
    return f"{head}data: {json.dumps(content, separators=(',', ':'))}\n\n".encode()


def progress(alert_id: str, counts: Counts) -> bytes:
    """The counts of an alert."""
    return text("progress", {"alert": alert_id, "counts": counts})


def beside(draft: str | None, actor: str) -> bytes:
    """Somebody else opened a draft, or left it."""
    return text("beside", {"object": draft, "actor": actor})


def freezing(draft_id: str, far: Far | None) -> bytes:
    """How far the freezing of a draft is; None when it is over."""
    if far is None:
        return text("freezing", {"draft": draft_id, "step": "over"})
    return text("freezing", {"draft": draft_id, "step": far.step.name.lower(), "done": far.done, "of": far.of})
