"""What the contract suite needs to know of a provider, and the parcels it sends there."""

import asyncio
import importlib
import pkgutil
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

from broadcaster.channel import Channel, FailureKind, Outcome, Parcel, Spec, Texts
from broadcaster.clock import SystemClock
from broadcaster.ids import new_id, reference
from broadcaster.model.rendition import Rendition

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NL = Texts(
    "nl", "Brand aan de Kade 1.\nSluit ramen en deuren. Nr 3.", NOW, "Brand aan de Kade", "<p>Brand aan de Kade.</p>"
)
AR = Texts("ar", "حريق في الشارع. أغلق النوافذ.", NOW, "حريق في الشارع", "<p>حريق</p>")


@dataclass(frozen=True)
class Case:
    """simulator: the provider, taking `script`, `faults` and `letters`. settings: for a port, with patience for
    a slow machine. impatient: the settings for when no answer will come. address: the nth recipient's. wire: an
    address as the provider sees it. mark: what the provider counts a parcel under. echo: a scripted answer that refuses
    a recipient and says its address and our secrets. hidden: of an address, what nobody may read.
    """

    name: str
    module: ModuleType
    simulator: Callable[..., AbstractAsyncContextManager[Any]]
    settings: Callable[[int], dict[str, Any]]
    impatient: dict[str, Any]
    address: Callable[[int], str]
    wire: Callable[[str], str]
    echo: Callable[[str], Any]
    hidden: Callable[[str], Sequence[str]]
    secrets: dict[str, str] = field(default_factory=dict)
    mark: Callable[[Parcel], str] = lambda parcel: parcel.reference

    def spec(self) -> Spec:
        return self.module.spec(self.module.Settings(**self.settings(1)))

    def account(self, port: int, **changed: Any) -> Channel:
        settings = self.module.Settings(**(self.settings(port) | changed))
        return self.module.connect(f"{self.spec().kind}.test", settings, self.secrets, SystemClock())

    def counted(self, parcel: Parcel) -> tuple[str, str]:
        """A parcel as the provider's counts name it."""
        return self.mark(parcel), self.wire(parcel.address)

    def rendition(self, texts: Texts = NL) -> Rendition:
        spec = self.spec()
        fitted = spec.fit(texts)
        return Rendition(
            new_id(NOW), spec.kind, texts.language, fitted.text, fitted.payload, texts.subject, texts.html,
            fitted.holes, fitted.encoding, fitted.segments,
        )  # fmt: skip

    def parcels(self, count: int = 1, texts: Texts = NL) -> list[Parcel]:
        alert, rendition = new_id(NOW), self.rendition(texts)
        expires_at = datetime.now(UTC) + timedelta(hours=2)
        return [
            Parcel(reference(alert, n), self.address(n), rendition, expires_at, f"https://stad.example/uit/{n:048}")
            for n in range(count)
        ]

    @asynccontextmanager
    async def live(self, *, changed: dict[str, Any] | None = None, **options: Any):
        """A provider and an account at it."""
        async with self.simulator(**options) as provider:
            account = self.account(provider.port, **(changed or {}))
            try:
                yield provider, account
            finally:
                await account.aclose()


def by_status(code: int) -> FailureKind:
    """What a bare HTTP status code means: RFC 9110, section 15, as the table in the architecture reads it."""
    exact = {
        408: FailureKind.UNCERTAIN,
        409: FailureKind.UNCERTAIN,
        425: FailureKind.UNREACHABLE,
        429: FailureKind.THROTTLED,
    }
    if code in exact:
        return exact[code]
    ours = code in (301, 302, 307, 308) or 400 <= code <= 451
    return FailureKind.BAD_CONFIG if ours else FailureKind.UNCERTAIN


async def send(account: Channel, parcels: Sequence[Parcel], batch: int) -> list[Outcome]:
    """All of them, in batches, as the dispatcher would."""
    groups = [parcels[at : at + batch] for at in range(0, len(parcels), batch)]
    return [outcome for group in groups for outcome in await account.send(group)]


@asynccontextmanager
async def listening(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]):
    """A bare server on loopback; gives its port."""
    talks: set[asyncio.Task[Any]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.ensure_future(_closing(talk(reader, writer), writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for talk_ in talks:
            talk_.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def _closing(talk: Any, writer: asyncio.StreamWriter) -> None:
    try:
        await talk
    finally:
        writer.close()


def all_cases() -> list[Case]:
    """Every provider with a file in `cases/`."""
    import tests.contract.cases as folder

    return [
        importlib.import_module(f"{folder.__name__}.{found.name}").CASE
        for found in pkgutil.iter_modules(folder.__path__)
    ]
