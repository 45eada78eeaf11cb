"""A relay from start to end."""

import asyncio
import fcntl
import os
import ssl
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random, SystemRandom

import structlog
from aiohttp import web

from broadcaster.boards.serving import Boards
from broadcaster.clock import Clock
from broadcaster.relay import device
from broadcaster.relay.app import make_app, make_runner
from broadcaster.relay.certifying import CERTIFICATE, KEY
from broadcaster.relay.clock import RelayClock
from broadcaster.relay.courier import Courier
from broadcaster.relay.lines import Lines
from broadcaster.relay.local import LocalLines
from broadcaster.relay.outbox import Outbox
from broadcaster.relay.pace import USUAL, Pace
from broadcaster.relay.parts import Parts
from broadcaster.relay.pulling import Puller
from broadcaster.relay.screens import Screens
from broadcaster.relay.shelf import Shelf
from broadcaster.relay.sticks import Sticks
from broadcaster.settings.relay import RelaySettings

Work = Callable[[], Coroutine[None, None, None]]
Ready = Callable[[int], None]
"""Told the port once the relay answers."""
_AGAIN_IN = 5.0
log = structlog.get_logger()


class CannotRun(Exception):
    """The relay cannot start; the message says what to do."""


def parts_of(settings: RelaySettings, clock: RelayClock, pace: Pace = USUAL) -> Parts:
    """What a relay is made of, from its folder. NotEnrolled when it belongs to no hub."""
    folder = settings.relay.folder
    own = device.load(folder)
    clock.at_least(device.FILE, own.since)
    boards = Boards()
    shelf = Shelf(folder / "boards", own, boards, clock)
    outbox = Outbox(folder / "reports", own.key)
    lines = Lines(settings.relay.sources, own, clock, settings.relay.trust)
    local = LocalLines(folder / "local")
    return Parts(settings, own, boards, shelf, outbox, Screens(outbox, clock, pace), local, lines, clock)


async def run(
    settings: RelaySettings,
    stop: asyncio.Event,
    ready: Ready,
    clock: Clock | None = None,
    pace: Pace = USUAL,
) -> None:
    """Serve and carry until `stop`. clock: the one of a story, which is believed; else that of this box, if it is."""
    with alone(settings.relay.folder):
        own = RelayClock.over(clock) if clock else RelayClock(battery=settings.relay.clock)
        parts = parts_of(settings, own, pace)
        runner = make_runner(make_app(parts))
        try:
            await runner.setup()
            await _listen(runner, settings.relay.listen)
            if settings.relay.listen_tls:
                await _listen(runner, settings.relay.listen_tls, tls(settings.relay.folder))
            ready(int(runner.addresses[0][1]))
            async with parts.lines:
                await _until(stop, *work_of(parts, SystemRandom(), pace))
        finally:
            await runner.cleanup()


def work_of(parts: Parts, rng: Random, pace: Pace = USUAL) -> Sequence[Coroutine[None, None, None]]:
    """What a relay does all the time, beside answering. One that breaks off is begun anew: the others go on."""
    puller = Puller(parts, rng, pace)
    courier = Courier(parts.lines, parts.outbox, parts.clock, pace)
    relay = parts.settings.relay
    inbox = Sticks(parts, inbox_of(relay.folder), pace, ours=True)
    sticks = [inbox, *([Sticks(parts, relay.usb, pace)] if relay.usb else [])]
    look = partial(_look, parts, pace.clock)
    all_: list[Work] = [puller.run, courier.run, parts.screens.run, look, *(one.run for one in sticks)]
    return [_lasting(work) for work in all_]


def inbox_of(folder: Path) -> Path:
    """Where 'board import' puts a bundle while the relay runs."""
    inbox = folder / "inbox"
    inbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    return inbox


async def _lasting(work: Work) -> None:
    while True:
        try:
            await work()
            return
        except Exception:
            log.exception("something a relay does all the time broke off, it begins anew")
        await asyncio.sleep(_AGAIN_IN)


async def _look(parts: Parts, every: float) -> None:
    while True:
        parts.clock.look()
        parts.lines.look()
        await asyncio.sleep(every)


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


async def _listen(runner: web.AppRunner, where: str, secured: ssl.SSLContext | None = None) -> None:
    host, _, port = where.rpartition(":")
    try:
        await web.TCPSite(runner, host.strip("[]"), int(port), ssl_context=secured).start()
    except OSError as error:
        raise CannotRun(f"The relay cannot listen on {where}: change it in [relay], or stop what uses it.") from error


def tls(folder: Path) -> ssl.SSLContext:
    """What https is served with. CannotRun when there is no certificate yet."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    except OSError as error:  # ssl's own errors are such
        raise CannotRun("The relay has no certificate for https yet: run 'omroeper relay ca NAME…' first.") from error
    return made


async def _until(stop: asyncio.Event, *work: Coroutine[None, None, None]) -> None:
    tasks = [asyncio.create_task(one) for one in work]
    ended = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in (ended, *tasks):
        task.cancel()
    await asyncio.gather(ended, *tasks, return_exceptions=True)
    for task in done - {ended}:
        task.result()
