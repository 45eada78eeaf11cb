"""The two engines: one that sends, and one that cannot."""

from collections.abc import Mapping
from dataclasses import dataclass

from broadcaster.channel import Inbound
from broadcaster.clock import Clock
from broadcaster.dispatch.engine import Engine
from broadcaster.dispatch.lanes import Drill, Live
from broadcaster.dispatch.outlet import DrillOutlet, LiveOutlet
from broadcaster.dispatch.packing import OpenAddress
from broadcaster.dispatch.telling import Keep
from broadcaster.model.cap import Lane
from broadcaster.seal import Seal, SealError
from broadcaster.settings import ConfigurationError, Problem, Settings
from broadcaster.signals import Signals
from broadcaster.store.database import Database
from broadcaster.wiring.accounts import Wired
from broadcaster.workflow import receiving, unsubscribing
from broadcaster.workflow.house import House

_PROBES_IN = 180.0
"""A link that nobody used for three minutes is tested, as emergency-alerts-api of alphagov tests its own."""


def _first_of_kind(names: Mapping[str, str]) -> dict[str, str]:
    """The first account of each kind, from kinds by account in configured order."""
    first: dict[str, str] = {}
    for account, kind in names.items():
        first.setdefault(kind, account)
    return first


def live_engine(
    settings: Settings,
    store: Database,
    clock: Clock,
    signals: Signals,
    seal: Seal,
    wired: list[Wired],
    *,
    shared: bool = False,
    expands: bool = True,
) -> "LiveEngine":
    """The engine that sends: every account that is on, connected. shared, expands: as an `Engine` has them."""
    on = [item for item in wired if item.on]
    outlets = {item.name: connect(settings, item, clock, seal) for item in on}
    kinds = {item.name: item.spec.kind for item in on}
    opening = {item.name: _opener(seal, item.spec.kind) for item in on}
    failover = {item.name: item.account.failover for item in wired if item.account.failover}

    async def keep(account: str, inbound: Inbound) -> None:
        await store.run(receiving.receive, seal, account, inbound, clock.now())

    engine: Engine[Live] = Engine(
        store,
        clock,
        signals,
        Lane.LIVE,
        outlets,
        _first_of_kind(kinds),
        opening,
        failover,
        [item.name for item in on if item.spec.deduplicates],
        unsubscribing.links(seal, settings.hub.url),
        keep,
        _PROBES_IN,
        shared=shared,
        still_in=settings.store.takeover,
        expands=expands,
    )
    return LiveEngine(engine, outlets, kinds, keep)


def connect(settings: Settings, item: Wired, clock: Clock, seal: Seal) -> LiveOutlet:
    """Connect one live account; nowhere else is one. ConfigurationError when its secrets cannot be used as they are."""
    secrets = {**settings.secrets_of(item.name), "house": seal.mark(item.spec.kind, "account").hex()}
    try:
        channel = item.module.connect(item.name, item.options, secrets, clock)
    except ValueError as error:
        problem = Problem(f"{settings.secrets_folder.name}/{item.name}.*", "", f"cannot be used, {error}", "mend it")
        raise ConfigurationError([problem]) from None
    return LiveOutlet(item.spec, channel)


def _opener(seal: Seal, kind: str) -> OpenAddress:
    """Opens addresses of a kind; one that was damaged, or sealed elsewhere, is empty and never sent to."""

    def opened(sealed: bytes) -> str:
        try:
            return seal.open(sealed, kind)
        except SealError:
            return ""

    return opened


@dataclass(frozen=True, slots=True)
class LiveEngine:
    """The engine with the accounts it must let go of at the end; `kinds` by account.
    `keep`: stores what a provider said, sealed, before anything is made of it."""

    engine: Engine[Live]
    outlets: Mapping[str, LiveOutlet]
    kinds: Mapping[str, str]
    keep: Keep

    async def aclose(self) -> None:
        """Let go of every account's connections."""
        for outlet in self.outlets.values():
            await outlet.aclose()


def drill_engine(
    house: House, store: Database, clock: Clock, signals: Signals, *, shared: bool = False
) -> Engine[Drill]:
    """The engine of exercises: made from specs alone, without an address, a secret or a connection."""
    first = house.starting(Lane.DRILL)
    outlets = {account: DrillOutlet(house.specs[kind]) for kind, account in first.items()}
    opening = dict.fromkeys(outlets, _no_address)
    return Engine(store, clock, signals, Lane.DRILL, outlets, first, opening, shared=shared)


def _no_address(_sealed: bytes) -> str:
    return ""
