"""What a hub does by the clock."""

import asyncio
from functools import partial

from broadcaster.boards.folder import Kept, said, shipped
from broadcaster.boards.heartbeat import BEAT_IN
from broadcaster.boards.signing import key_set
from broadcaster.dispatch.engine import RELEASED
from broadcaster.schedule import Tick, Ticker
from broadcaster.store import answers, journal, sessions
from broadcaster.web.sightings import WRITTEN_EVERY
from broadcaster.wiring.bundling import screens_of
from broadcaster.wiring.reminders import Reminders
from broadcaster.wiring.works import Ground, Works
from broadcaster.workflow import publishing, receiving, unsubscribing
from broadcaster.workflow.capping import Press


def ticker_of(hub: Works, haste: float = 1.0) -> Ticker:
    """The rounds of a hub. haste: for stories, how many times as often they are made."""
    hasty = {name: (max(every / haste, min(every, 0.5)), tick) for name, (every, tick) in _rounds(hub).items()}
    return Ticker(hasty, hub.ground.clock)


def _rounds(hub: Works) -> dict[str, tuple[float, Tick]]:
    """Seconds between two rounds, and what each does."""
    on, store, behind = hub.ground, hub.store, hub.gate.behind
    reminders = Reminders(store, on.house, hub.live.outlets, on.seal, on.clock, on.signals)
    return {
        "gate": (1.0, hub.gate.tick),
        "release": (1.0, behind(lambda: _release_and_expire(hub))),
        "boards": (0.5, behind(hub.publisher.tick)),
        "public page": (0.5, hub.front.refresh),
        "heartbeat": (BEAT_IN, behind(lambda: beat(hub))),
        "renew boards": (60.0, behind(hub.publisher.renew)),
        "CAP documents": (0.5, Press(store, on.house, on.cap_signers, on.clock).tick),
        **_export(on),
        "journal head": (1.0, hub.head.tick),
        "room": (1.0, lambda: asyncio.to_thread(on.room.look)),
        "old answers": (3600.0, lambda: _forget(hub)),
        "check messages": (30.0, hub.proofs.tick),
        "sightings": (WRITTEN_EVERY, hub.sightings.write),
        "reminders": (2.0, behind(reminders.tick)),
        "facts": (0.5, lambda: _apply_facts(hub)),
    }


def _export(on: Ground) -> dict[str, tuple[float, Tick]]:
    """What keeps the folder of [hub] export in step."""
    folder = on.settings.hub.export
    if folder is None:
        return {}
    keys, points = key_set(on.signers.values()), [point.id for point in on.settings.points]
    pages, signed = partial(shipped, screens_of(on.settings)), partial(said, points, on.boards, keys, on.heart)
    return {"boards as files": (0.5, Kept(folder, pages, signed).tick)}


async def beat(hub: Works) -> None:
    """Say that what we serve is the newest: only who has just read it from the database can."""
    at = hub.ground.clock.now()
    head = await hub.store.read(journal.head)
    await hub.publisher.tick()
    hub.ground.heart.beat(at, head.hash)


async def _release_and_expire(hub: Works) -> None:
    on = hub.ground
    if await hub.store.run(publishing.release_due, on.house, on.clock.now()):
        on.signals.hint(RELEASED)
    await hub.store.run(publishing.expire, on.house, on.clock.now())


async def _forget(hub: Works) -> None:
    now = hub.ground.clock.now()
    await hub.store.run(answers.forget, now)
    await hub.store.run(sessions.forget, now)


async def _apply_facts(hub: Works) -> None:
    """Every fact that waits, batch by batch; those that come early are looked at again next time."""
    on = hub.ground
    readers: dict[str, receiving.Reader] = {name: outlet.read_facts for name, outlet in hub.live.outlets.items()}
    readers[unsubscribing.ACCOUNT] = unsubscribing.reader(on.seal)
    last: int | None = 0
    while last is not None:
        last = await hub.store.run(receiving.apply_waiting, on.seal, readers, last, on.clock.now(), on.house)
