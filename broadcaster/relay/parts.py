"""What the pages and calls of a relay are given to work with."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from broadcaster.boards.serving import Boards
from broadcaster.model.board import Mode
from broadcaster.relay.clock import RelayClock
from broadcaster.relay.device import Device, Place
from broadcaster.relay.lines import Lines
from broadcaster.relay.local import LocalLines
from broadcaster.relay.outbox import Outbox
from broadcaster.relay.screens import Screens
from broadcaster.relay.shelf import Shelf
from broadcaster.settings.relay import RelaySettings


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one relay. `lines` says whether the hub is heard; `local`: what hosts wrote on screens."""

    settings: RelaySettings
    device: Device
    boards: Boards
    shelf: Shelf
    outbox: Outbox
    screens: Screens
    local: LocalLines
    lines: Lines
    clock: RelayClock

    def confirmed_at(self, point: str) -> datetime | None:
        """When the hub last said that the board of a point is the newest."""
        return self.shelf.confirmed_at((point, Mode.LIVE))

    def place(self, point: str) -> Place | None:
        """A point of this relay, by the name that its board gives it."""
        found = self.device.point(point)
        board = self.shelf.ratchets[point, Mode.LIVE].held if found else None
        if found is None or board is None:
            return found
        payload = board.payload
        return Place(id=point, name=payload.name or found.name, languages=payload.spoken or found.languages)


PARTS = web.AppKey("parts", Parts)
