"""A relay from start to end."""

import asyncio
import fcntl
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom

from aiohttp import web

from broadcaster.boards.serving import Boards
from broadcaster.clock import Clock, SystemClock
from broadcaster.relay import device
from broadcaster.relay.app import make_app, make_runner
from broadcaster.relay.outbox import Outbox
from broadcaster.relay.parts import Parts
from broadcaster.relay.pulling import Puller
from broadcaster.relay.shelf import Shelf
from broadcaster.settings.relay import RelaySettings

Ready = Callable[[int], None]
"""Told the port once the relay answers."""


class CannotRun(Exception):
    """The relay cannot start; the message says what to do."""


def parts_of(settings: RelaySettings, clock: Clock) -> Parts:
    """What a relay is made of, from its folder. NotEnrolled when it belongs to no hub."""
    folder = settings.relay.folder
    own = device.load(folder)
    boards = Boards()
    shelf = Shelf(folder / "boards", own, boards, clock)
    return Parts(settings, own, boards, shelf, Outbox(folder / "reports", own.key), clock)


async def run(settings: RelaySettings, stop: asyncio.Event, ready: Ready, clock: Clock | None = None) -> None:
    """Serve and pull until `stop`."""
    with alone(settings.relay.folder):
        parts = parts_of(settings, clock or SystemClock())
        runner = make_runner(make_app(parts))
        puller = Puller(settings.relay.sources, parts.device, parts.shelf, parts.clock, SystemRandom())
        try:
            await runner.setup()
            await _listen(runner, settings)
            ready(int(runner.addresses[0][1]))
            await _until(stop, puller.run())
        finally:
            await runner.cleanup()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """The folder, for this process alone. CannotRun when another has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise CannotRun(f"Another relay runs on {folder}: stop it first.") from error
    finally:
        os.close(descriptor)  # lets go of the lock, as does the death of the process


async def _listen(runner: web.AppRunner, settings: RelaySettings) -> None:
    host, _, port = settings.relay.listen.rpartition(":")
    try:
        await web.TCPSite(runner, host.strip("[]"), int(port)).start()
    except OSError as error:
        remedy = "change [relay] listen, or stop what uses it"
        raise CannotRun(f"The relay cannot listen on {settings.relay.listen}: {remedy}.") from error


async def _until(stop: asyncio.Event, *work: Coroutine[None, None, None]) -> None:
    tasks = [asyncio.create_task(one) for one in work]
    ended = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in (ended, *tasks):
        task.cancel()
    await asyncio.gather(ended, *tasks, return_exceptions=True)
    for task in done - {ended}:
        task.result()
