"""Boards as files, for any web server or object store to show: ten thousand displays then do not ask the hub.

Files stand where a hub has its answers, so that a display, a relay and `board fetch` read them with no other address
than that of the server. Those of exercises stand below `exercise/`: such a server passes `?mode=` by. What is signed
stays signed; who may write there can keep an old board up, which displays see within the hour, and no more.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from broadcaster.boards import screen
from broadcaster.boards.heartbeat import Heart
from broadcaster.boards.screen import Screen
from broadcaster.boards.serving import Boards
from broadcaster.model.board import Mode
from broadcaster.pages.assets import ASSETS
from broadcaster.pages.folder import write

Files = Iterator[tuple[str, bytes]]


def shipped(screens: Iterable[Screen]) -> Files:
    """The display pages and all they need, by path, in the order to write them: a page comes last."""
    shown = list(screens)
    yield from ((f"assets/{name}", content) for name, content in ASSETS.all().items())
    for place in shown:
        yield f"display/{place.point}/worker.js", screen.worker(place).body.encode()
        yield f"display/{place.point}/index.html", screen.page(place).body.encode()


def said(points: Iterable[str], boards: Boards, keys: Mapping[str, Any], heart: Heart) -> Files:
    """What is signed, by path: keys before the boards that they are needed for."""
    named = list(points)
    for mode, below in ((Mode.LIVE, ""), (Mode.EXERCISE, "exercise/")):
        yield f"{below}v1/keys", json.dumps(keys).encode()
        for point in named:
            yield from _signed(point, mode, below, boards, heart)


def _signed(point: str, mode: Mode, below: str, boards: Boards, heart: Heart) -> Files:
    board, beat = boards.current(point, mode), heart.of(point, mode)
    if board is not None:
        yield f"{below}v1/boards/{point}", board.jws.encode()
    if beat is not None:
        yield f"{below}v1/heartbeats/{point}", beat.encode()


class Kept:
    """A folder that is kept in step with what a hub serves. once: what changes with a new version only."""

    def __init__(self, folder: Path, once: Callable[[], Files], always: Callable[[], Files]) -> None:
        self._folder, self._once, self._always = folder, once, always
        self._written: dict[str, bytes] = {}

    async def tick(self) -> None:
        """Write what is another than the last time. OSError when it cannot be written."""
        if not self._written:
            await asyncio.to_thread(lambda: [write(self._folder, *file) for file in self._once()])
        news = [(name, content) for name, content in self._always() if self._written.get(name) != content]
        if news:
            await asyncio.to_thread(self._write, news)

    def _write(self, news: list[tuple[str, bytes]]) -> None:
        for name, content in news:
            write(self._folder, name, content)
            self._written[name] = content
