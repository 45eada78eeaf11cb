"""What the page asks of the relay that it is part of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from broadcaster.boards.verifying import Board
from broadcaster.clock import Clock
from broadcaster.model.board import Mode
from broadcaster.model.report import Report


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the hub told of a report. read_at: when an officer saw it; None when nobody has."""

    received_at: datetime
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Whether the municipality can be reached. since: from when on it is as it is; None when it never was."""

    up: bool
    since: datetime | None = None


class Relay(Protocol):
    """The relay of one point, to its host."""

    @property
    def point(self) -> str:
        """The id of the point."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def zone(self) -> ZoneInfo:
        """Where its clocks stand."""

    @property
    def clock(self) -> Clock:
        """The clock of the relay."""

    def clock_known(self) -> bool:
        """Whether `clock` can be trusted."""

    def board(self, mode: Mode) -> Board | None:
        """What is held for the screens of this point."""

    def line(self) -> Line:
        """How the line to the municipality stands."""

    def receipts(self) -> Mapping[str, Receipt]:
        """What the hub told, by report id."""

    def put(self, report: Report) -> None:
        """Sign and keep a report until it is delivered; the same one again changes nothing. OSError when it cannot
        be kept."""
