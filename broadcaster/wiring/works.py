"""The parts of a hub, each made once and told of the others that it needs; nothing runs here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from joserfc.jwk import RSAKey

from broadcaster.boards.heartbeat import Heart
from broadcaster.boards.publisher import Publisher
from broadcaster.boards.serving import Boards
from broadcaster.boards.signing import key_set
from broadcaster.channel import Inbound
from broadcaster.clock import Clock
from broadcaster.model.board import Mode
from broadcaster.model.cap import Lane
from broadcaster.render.limited import LimitedRenderer
from broadcaster.seal import BoardSigner, CapSigner, Seal, load_client_key, load_seal, load_signer
from broadcaster.settings import Settings
from broadcaster.signals import Signals
from broadcaster.store.database import Database
from broadcaster.store.hints import Hints
from broadcaster.store.room import Room
from broadcaster.store.sqlite import SqliteDatabase
from broadcaster.web.app import Parts
from broadcaster.web.front import Front
from broadcaster.web.sightings import Sightings
from broadcaster.wiring import stores
from broadcaster.wiring.accounts import Wired, accounts, house_of
from broadcaster.wiring.child import DrillChild
from broadcaster.wiring.engines import LiveEngine, live_engine
from broadcaster.wiring.gate import Gate
from broadcaster.wiring.journal_head import HeadKeeper
from broadcaster.wiring.listening import Listening
from broadcaster.wiring.process import HINTS, listening_for
from broadcaster.wiring.proofs import Proofs
from broadcaster.workflow import receiving
from broadcaster.workflow.house import House


@dataclass(frozen=True, slots=True)
class Ground:
    """What a hub stands on before it opens its database: the configuration, and the keys of its folder."""

    settings: Settings
    clock: Clock
    signals: Signals
    boards: Boards
    wired: list[Wired]
    room: Room
    house: House
    seal: Seal
    signers: Mapping[Mode, BoardSigner]
    cap_signers: Mapping[Lane, CapSigner]
    client_key: RSAKey | None
    heart: Heart


def ground(settings: Settings, clock: Clock) -> Ground:
    """Read all of that."""
    wired, room, boards, keys = accounts(settings), stores.room(settings), Boards(), settings.keys_folder
    signers = {mode: load_signer(keys, mode.value) for mode in Mode}
    return Ground(
        settings=settings,
        clock=clock,
        signals=Signals(),
        boards=boards,
        wired=wired,
        room=room,
        house=replace(house_of(settings, wired), is_short=room.is_short),
        seal=load_seal(keys),
        signers=signers,
        cap_signers=stores.cap_signers(settings),
        client_key=load_client_key(settings.oidc.key) if settings.oidc else None,
        heart=Heart(signers.__getitem__, boards),
    )


@dataclass(frozen=True, slots=True)
class Works:
    """One life of a hub, on its ground and its database."""

    ground: Ground
    store: Database
    head: HeadKeeper
    publisher: Publisher
    gate: Gate
    front: Front
    renderer: LimitedRenderer
    live: LiveEngine
    hints: Hints
    listening: Listening
    child: DrillChild
    proofs: Proofs
    sightings: Sightings


def works(on: Ground, store: Database, environ: Mapping[str, str]) -> Works:
    """Make the parts."""
    settings, house, clock, signals = on.settings, on.house, on.clock, on.signals
    live = live_engine(settings, store, clock, signals, on.seal, on.wired, shared=is_shared(store))
    front = Front(store, house, clock)
    live.engine.expander.before = front.refresh
    receipts = {kind for kind, spec in house.specs.items() if spec.receipts}
    return Works(
        ground=on,
        store=store,
        head=HeadKeeper(store, stores.head_file(settings)),
        publisher=Publisher(store, house, on.signers, on.boards, clock),
        gate=Gate(store),
        front=front,
        renderer=LimitedRenderer(own=settings.hub.scenarios),
        live=live,
        hints=Hints(store, signals, clock, HINTS),
        listening=listening_for(settings, on.seal, live, clock),
        child=DrillChild(settings.path, environ, clock),
        proofs=Proofs(store, clock, receipts, live.engine.standing),
        sightings=Sightings(store, clock),
    )


def is_shared(store: Database) -> bool:
    """Whether other processes may dispatch from the same database."""
    return not isinstance(store, SqliteDatabase)


def parts_of(hub: Works, ready: Callable[[], Awaitable[list[str]]]) -> Parts:
    """What the web of a hub is given. ready: see `Parts`."""
    on, live = hub.ground, hub.live

    async def hook(account: str, key: str, inbound: Inbound) -> bool:
        if account not in live.outlets or not receiving.is_hook_key(on.seal, account, key):
            return False
        await live.keep(account, inbound)
        hub.listening.heard(account, inbound)
        return True

    return Parts(
        store=hub.store,
        house=on.house,
        renderer=hub.renderer,
        clock=on.clock,
        signals=on.signals,
        boards=on.boards,
        key_set=lambda: key_set(on.signers.values(), on.cap_signers.values()),
        ready=ready,
        hook=hook,
        seal=on.seal,
        page=hub.front.page,
        cap_signers=on.cap_signers,
        accounts=hub.proofs.standing,
        stuck=lambda: live.engine.stuck,
        disk=lambda: on.room.free,
        signers=on.signers,
        client_key=on.client_key,
        beat=on.heart.of,
        sightings=hub.sightings,
    )
