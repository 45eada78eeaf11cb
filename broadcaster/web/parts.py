"""What the HTTP surface is given to work with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from joserfc.jwk import RSAKey

from broadcaster.boards.serving import Boards
from broadcaster.channel import Inbound
from broadcaster.clock import Clock
from broadcaster.dispatch.standing import AccountStanding
from broadcaster.model.board import Mode
from broadcaster.model.cap import Lane
from broadcaster.render.limited import Renderer
from broadcaster.seal import BoardSigner, CapSigner, Seal
from broadcaster.seal.passwords import Passwords
from broadcaster.signals import Signals
from broadcaster.store.database import Database
from broadcaster.web.freezings import Freezings
from broadcaster.web.sightings import Sightings
from broadcaster.workflow.house import House

Hook = Callable[[str, str, Inbound], Awaitable[bool]]
"""Keeps what came for (account, key); False when there is no such account, or it has another key."""


def _no_accounts() -> Sequence[AccountStanding]:
    return ()


def _no_alerts() -> Sequence[str]:
    return ()


def _no_disk() -> int:
    return 0


def _no_beat(_point: str, _mode: Mode) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Page:
    """The public page as it goes out."""

    html: str = field(repr=False)
    etag: str


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one hub. `key_set`: the JWK set that boards and CAP documents are checked with. `ready`: reasons
    for not being ready, none when all is well. `hook`: keeps what a provider sent. `accounts`: how each that is on
    stands right now. `stuck`: alerts whose deliveries cannot be made. `page`: the public page as it is at this moment.
    `cap_signers`: who signs CAP documents, by lane. `signers`: the online key of each mode. `client_key`: ours at the
    provider of [oidc], where there is one. `disk`: bytes free where the database is. `beat`: the hub's word of this
    minute that a board is the newest. `sightings`: notes who fetches which board. `freezings`: what is being
    offered right now."""

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
    page: Callable[[], Page]
    cap_signers: Mapping[Lane, CapSigner]
    signers: Mapping[Mode, BoardSigner]
    sightings: Sightings
    accounts: Callable[[], Sequence[AccountStanding]] = _no_accounts
    stuck: Callable[[], Sequence[str]] = _no_alerts
    disk: Callable[[], int] = _no_disk
    beat: Callable[[str, Mode], str | None] = _no_beat
    passwords: Passwords = field(default_factory=Passwords)
    freezings: Freezings = field(default_factory=Freezings)
    client_key: RSAKey | None = field(default=None, repr=False)


PARTS = web.AppKey("parts", Parts)
