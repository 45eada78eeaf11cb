"""Room on the disk that the database is on: what is kept aside for the worst hour, and whether anything new may begin.

Beside a SQLite file lies its ballast, a file that only takes up room. When a write finds the disk full the ballast is
given up and the write is made once more: outcomes, receipts and the journal have somewhere to go, while new alerts are
refused long before that, as Postfix refuses new mail (`queue_minfree`) and goes on with what it has. A smaller piece
beside it is given up for a stop alone: whatever ate the first may eat that too, but not before somebody stopped.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import structlog

log = structlog.get_logger()
MEGABYTE = 1024**2
STOPPING = frozenset({"halt", "sign_in"})
"""The store functions that the last piece is for: to stop an alert, and to be let in to do it."""
_LAST = MEGABYTE
"""With so few bytes left the ballast goes before a write fails: files beside the database need room too."""


class Room:
    """folder: whose disk is looked at. keep_free: bytes; with less nothing new begins. ballast: its file; None where
    the database is not a file of ours, and then room for it is not ours to judge either."""

    def __init__(self, folder: Path, keep_free: int, ballast: Path | None = None) -> None:
        self._folder, self.keep_free = folder, keep_free
        self._pieces = (
            {}
            if ballast is None
            else {ballast: keep_free // 4, ballast.with_name(f"{ballast.name}-stop"): keep_free // 16}
        )

    @property
    def free(self) -> int:
        """Bytes that are left."""
        return shutil.disk_usage(self._folder).free

    @property
    def is_low(self) -> bool:
        """Whether less is left than is kept free."""
        return self.free < self.keep_free

    @property
    def is_spent(self) -> bool:
        """Whether a piece of the ballast is not there."""
        return not all(piece.exists() for piece in self._pieces)

    def is_short(self) -> bool:
        """Whether nothing new may begin."""
        return bool(self._pieces) and (self.is_spent or self.is_low)

    def make_room(self, names: Sequence[str] = ()) -> bool:
        """Give a piece of the ballast up for store functions of these names; whether there was any. From any thread,
        and any process on this database."""
        for piece, found in zip(self._pieces, (True, not STOPPING.isdisjoint(names)), strict=False):
            if found and _gone(piece):
                log.critical("the disk is full: ballast was given up", piece=piece.name, free=self.free)
                return True
        return False

    def look(self) -> None:
        """Lay ballast in when there is room for it beside what is kept free, and give it up with the last megabyte."""
        if not self._pieces:
            return
        missing = {piece: size for piece, size in self._pieces.items() if not piece.exists()}
        if missing and self.free >= self.keep_free + sum(missing.values()):
            for piece, size in missing.items():
                _lay_in(piece, size)
        elif self.free < _LAST:
            self.make_room()


def _gone(piece: Path) -> bool:
    try:
        piece.unlink()
    except OSError:
        return False
    return True


def _lay_in(piece: Path, size: int) -> None:
    """Blocks that are really taken, under its name only once all are: half a ballast must not pass for one."""
    made = piece.with_name(f"{piece.name}.{os.getpid()}")
    try:
        with made.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
        made.replace(piece)
    except OSError as error:
        log.warning("no ballast can be laid in", error=error.strerror)
    finally:
        _gone(made)
