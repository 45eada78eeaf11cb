"""Sticks: whatever appears in the watched folder is looked through for bundles, and what this relay holds goes along.

Only a stick that carries a bundle already is written on: it was made for this ('omroeper board export'), and nobody
else's is touched. Which file system it has, and where on it the bundle lies, does not matter.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import structlog

from broadcaster.boards.bundle import MARK, MAX_BYTES, NoBundle, read, written
from broadcaster.boards.ratchet import write_durably
from broadcaster.relay.carrying import given, take
from broadcaster.relay.pace import USUAL, Pace
from broadcaster.relay.parts import Parts

log = structlog.get_logger()
MOST = 5_000
"""Files and folders that are looked at, at once."""
DEEP = 5
"""Folders below the watched one: /media/USER/STICK/… and a little more."""
Found = tuple[Path, tuple[int, int]]
"""A file, and when it was changed and how large it is."""


class Sticks:
    """Watches until stopped. ours: the folder is this relay's own, and a bundle in it is gone once it was taken."""

    def __init__(self, parts: Parts, folder: Path, pace: Pace = USUAL, *, ours: bool = False) -> None:
        self._parts, self._folder, self._pace, self._ours = parts, folder, pace, ours
        self._gave: dict[Path, str] = {}
        self._seen: dict[Path, tuple[int, int]] = {}
        self._bundles: set[Path] = set()
        self._own = f"omroeper-{parts.device.id}.json"

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            await self.look()
            await asyncio.sleep(self._pace.sticks)

    async def look(self) -> None:
        """Take what is new, and give what is new here. A stick that is pulled out meanwhile costs nothing."""
        found = await asyncio.to_thread(lambda: dict(_files(self._folder)))
        for path in [path for path in found if self._seen.get(path) != found[path]]:
            await self._take(path)
        self._seen = found
        self._bundles &= found.keys()
        self._gave = {path: text for path, text in self._gave.items() if path in found}
        for folder in {path.parent for path in self._bundles}:
            await self._give(folder / self._own)

    async def _take(self, path: Path) -> None:
        self._bundles.discard(path)
        try:
            content = await asyncio.to_thread(_content, path)
            if content is None or path.name == self._own:
                return
            taken = await take(self._parts, read(content))
        except NoBundle:
            log.warning("a file on a stick looks like a bundle and is none")
            return
        except OSError as error:
            log.warning("a stick cannot be read, or what it holds cannot be kept", error=error.strerror)
            return
        if self._ours:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        else:
            self._bundles.add(path)
        if taken:
            log.info("a stick was read", boards=taken.boards, refused=taken.refused, reports=taken.reports)

    async def _give(self, file: Path) -> None:
        text = written(given(self._parts))
        if self._gave.get(file) == text:
            return
        try:
            await asyncio.to_thread(write_durably, file, text)
        except OSError as error:
            log.warning("a stick cannot be written", error=error.strerror)
            return
        self._gave[file] = text
        log.info("what is held here was put on a stick")


def _files(folder: Path) -> Iterator[Found]:
    """Files that may be bundles; no link is followed, for a stick must not lead anywhere else."""
    waiting, left = [(folder, 0)], MOST
    while waiting and left > 0:
        here, depth = waiting.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    left -= 1
                    if left <= 0:
                        break
                    if entry.is_dir(follow_symlinks=False) and depth < DEEP:
                        waiting.append((Path(entry.path), depth + 1))
                    elif entry.is_file(follow_symlinks=False) and entry.name.endswith(".json"):
                        about = entry.stat(follow_symlinks=False)
                        if about.st_size <= MAX_BYTES:
                            yield Path(entry.path), (about.st_mtime_ns, about.st_size)
        except OSError:
            continue  # pulled out, or not for us


def _content(path: Path) -> bytes | None:
    """The bytes of a file that has the mark of a bundle."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        start = opened.read(64)
        return start + opened.read(MAX_BYTES) if MARK in start else None
