"""Live accounts that count what is handed to them, wired as real ones are, and engines run until all is at rest."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import Connection, text

from broadcaster.channel import Accepted, ChannelModule, Fact, Failed, FailureKind, Inbound, Outcome, Parcel
from broadcaster.clock import Clock
from broadcaster.dispatch.engine import Engine
from broadcaster.settings import Settings
from broadcaster.store.database import Database
from broadcaster.store.tables import OPEN
from broadcaster.wiring.accounts import Wired, accounts
from tests.databases import Store


@dataclass
class Counted:
    """What left the house: bytes by alert, copies by reference; `connected` names the accounts."""

    sent: Counter[str] = field(default_factory=Counter)
    copies: Counter[str] = field(default_factory=Counter)
    connected: list[str] = field(default_factory=list)
    refuse_every: int = 0

    def wired(self, settings: Settings) -> list[Wired]:
        """The configured accounts, with a provider behind each that only counts."""
        return [replace(item, module=cast(ChannelModule, _Module(item.module, self))) for item in accounts(settings)]

    def take(self, parcel: Parcel) -> Outcome:
        """Count first: a byte that is refused has left the house all the same."""
        self.sent[parcel.reference[:26]] += len(parcel.rendition.payload) + len(parcel.address)
        if self.refuse_every and sum(self.copies.values()) % self.refuse_every == 1:
            self.copies["refused"] += 1
            return Failed(FailureKind.UNREACHABLE, "the line is down")
        self.copies[parcel.reference] += 1
        return Accepted()


@dataclass(frozen=True, slots=True)
class _Module:
    module: Any
    counted: Counted

    def connect(self, name: str, settings: Any, secrets: Mapping[str, str], clock: Clock) -> "_Account":
        self.counted.connected.append(name)
        return _Account(self.counted)


@dataclass(frozen=True, slots=True)
class _Account:
    counted: Counted

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        await asyncio.sleep(0)
        return [self.counted.take(parcel) for parcel in parcels]

    async def probe(self) -> Failed | None:
        return None

    def facts(self, inbound: Inbound) -> list[Fact]:
        return []

    async def aclose(self) -> None:
        return


def configured(store: Store, configuration: str) -> str:
    """A configuration on the database of a test."""
    return configuration.replace("sqlite:///omroeper.db", store.url)


async def until_at_rest(store: Database, *engines: Engine[Any], after: Coroutine[Any, Any, None] | None = None) -> None:
    """Let engines work until, after `after`, nothing of any alert will happen by itself any more."""
    running = [asyncio.create_task(engine.run()) for engine in engines]
    if after is not None:
        await after
    await until(store, *running)
    for engine in engines:
        engine.stop()
    await asyncio.gather(*running)


async def until(store: Database, *running: "asyncio.Task[None]") -> None:
    """Wait until all is at rest, or one of those that work on it has ended."""
    while not any(task.done() for task in running) and await store.read(unfinished) > 0:  # noqa: ASYNC110 - of a database
        await asyncio.sleep(0.05)


def unfinished(conn: Connection) -> int:
    """Expansions and deliveries that are not at rest."""
    query = (
        f"SELECT (SELECT count(*) FROM expansion WHERE done_at IS NULL) + (SELECT count(*) FROM delivery WHERE {OPEN})"
    )
    return int(conn.scalar(text(query)) or 0)
