"""The relay, as the host of its own point knows it: of the points of a relay the first is its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from broadcaster.boards.bundle import Receipt
from broadcaster.boards.serving import Place
from broadcaster.boards.verifying import Board
from broadcaster.clock import Clock
from broadcaster.model.board import Mode
from broadcaster.model.report import Report
from broadcaster.relay.lines import Line
from broadcaster.relay.local import LocalLine
from broadcaster.relay.parts import Parts


@dataclass(frozen=True)
class Own:
    """The own point of a relay."""

    parts: Parts

    @cached_property
    def point(self) -> str:
        """Its id."""
        return self.parts.device.points[0].id

    @property
    def name(self) -> str:
        """What people call it: as its board says, or as it was enrolled."""
        place = self.parts.place(self.point)
        return place.name if place is not None else self.point

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where its clocks stand."""
        return ZoneInfo(self.parts.settings.relay.timezone)

    @property
    def clock(self) -> Clock:
        """The clock of the relay."""
        return self.parts.clock

    @property
    def clock_known(self) -> bool:
        """Whether the time is proven."""
        return self.parts.clock.is_known

    @property
    def line(self) -> Line:
        """Whether the hub is heard."""
        return self.parts.lines.standing()

    @property
    def receipts(self) -> Mapping[str, Receipt]:
        """What the hub told of reports, by their ids."""
        return self.parts.outbox.receipts()

    def board(self, mode: Mode) -> Board | None:
        """What is held for the screens of this point."""
        ratchet = self.parts.shelf.ratchets.get(self._place(mode))
        return ratchet.held if ratchet is not None else None

    def local(self, mode: Mode, now: datetime) -> LocalLine | None:
        """The host's own line on its screens."""
        return self.parts.local.of(self._place(mode), now)

    def put_local(self, mode: Mode, line: LocalLine | None) -> None:
        """Put a line on the screens, or take it off. OSError when it cannot be kept."""
        if line is None:
            self.parts.local.take(self._place(mode))
        else:
            self.parts.local.put(self._place(mode), line)

    def put(self, report: Report) -> None:
        """Sign and keep a report until the hub has it. OSError when it cannot be kept."""
        self.parts.outbox.put(report)

    def _place(self, mode: Mode) -> Place:
        return self.point, mode
