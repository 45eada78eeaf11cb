"""What the pages and calls of a relay are given to work with."""

from dataclasses import dataclass

from aiohttp import web

from broadcaster.boards.serving import Boards
from broadcaster.clock import Clock
from broadcaster.relay.device import Device
from broadcaster.relay.outbox import Outbox
from broadcaster.relay.shelf import Shelf
from broadcaster.settings.relay import RelaySettings


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one relay."""

    settings: RelaySettings
    device: Device
    boards: Boards
    shelf: Shelf
    outbox: Outbox
    clock: Clock


PARTS = web.AppKey("parts", Parts)
