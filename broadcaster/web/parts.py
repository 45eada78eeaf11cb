"""What the HTTP surface is given to work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from broadcaster.boards.serving import Boards
from broadcaster.channel import Inbound
from broadcaster.clock import Clock
from broadcaster.render.limited import Renderer
from broadcaster.seal import Seal
from broadcaster.signals import Signals
from broadcaster.store.database import Database
from broadcaster.workflow.house import House

Hook = Callable[[str, str, Inbound], Awaitable[bool]]
"""Keeps what came for (account, key); False when there is no such account, or it has another key."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one hub. `key_set`: the JWK set that boards are checked with. `ready`: reasons for
    not being ready, none when all is well. `hook`: keeps what a provider sent."""

    store: Database
    house: House
    renderer: Renderer
    clock: Clock
    signals: Signals
    boards: Boards
    key_set: Callable[[], dict[str, Any]]
    ready: Callable[[], Awaitable[list[str]]]
    hook: Hook
    seal: Seal


PARTS = web.AppKey("parts", Parts)
