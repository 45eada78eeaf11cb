"""A clock that every process of the story shares, and that the story moves on: three days pass in a minute."""

import mmap
import struct
from datetime import datetime, timedelta
from pathlib import Path

from broadcaster.clock import SystemClock

_SKIPPED = struct.Struct("<d")


class TravellingClock(SystemClock):
    """The system's clock, and how many seconds further the story is: eight bytes in a file that all processes map."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        if not file.exists():
            file.write_bytes(bytes(mmap.PAGESIZE))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), mmap.PAGESIZE)

    @property
    def ahead_in(self) -> float:
        """Seconds that were skipped."""
        return float(_SKIPPED.unpack_from(self._shared)[0])

    def now(self) -> datetime:
        """The instant of the story."""
        return super().now() + timedelta(seconds=self.ahead_in)

    def monotonic(self) -> float:
        """The same for whoever measures."""
        return super().monotonic() + self.ahead_in

    def skip(self, seconds: float) -> None:
        """Let time pass, in every process at once."""
        _SKIPPED.pack_into(self._shared, 0, self.ahead_in + seconds)
