"""The demo from its first process to its last count."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from broadcaster.clock import SystemClock
from broadcaster.demo import evidence, office, premises
from broadcaster.demo.displays import Displays
from broadcaster.demo.evidence import Evidence
from broadcaster.demo.failure import DemoFailure
from broadcaster.demo.office import Desk, Submitted
from broadcaster.demo.premises import Premises
from broadcaster.demo.processes import Server, Simulator, start_hub
from broadcaster.demo.report import Report, reported
from broadcaster.demo.screen import Screen
from broadcaster.model.board import Mode
from broadcaster.model.cap import Status
from broadcaster.model.delivery import AT_REST


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of the demo. port: what the configuration calls its port. account: ours there, where it reports.
    by_reference: it counts by our reference."""

    name: str
    port: str
    account: str
    by_reference: bool = True


PROVIDERS = (
    Provider("sms-cm", "sms_port", "sms.primary"),
    Provider("sms-spryng", "sms_second_port", "sms.secondary"),
    Provider("smtp", "mail_port", "email.main"),
    Provider("telegram", "bot_port", "telegram.main", by_reference=False),
)
FAILS = "sms-cm"
"""The one that is out of service for a while, once it has taken a part of what it is to take."""
_DOWN_AFTER, _DOWN_IN = 0.25, 6.0
_FEW = 300
"""Of fewer people than this nobody need be passed on. A hundred go out before the outage; the next hundred may find
out while being sent, are then in doubt, and wait for their own gateway. Only who comes after them moves."""
FAULT_RATE = 0.05
_LOOK_IN = 0.2
Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Options:
    """How to play it. port: of the hub, 0 for any. drill: as an exercise. once: end after the broadcast.
    outage: one provider is out of service for a while."""

    recipients: int = 2000
    seed: int = 1
    port: int = 0
    drill: bool = False
    once: bool = False
    outage: bool = True

    @property
    def status(self) -> Status:
        """CAP's word for what is sent."""
        return Status.EXERCISE if self.drill else Status.ACTUAL

    @property
    def mode(self) -> Mode:
        """Which boards the displays read."""
        return Mode.EXERCISE if self.drill else Mode.LIVE


async def play(options: Options, screen: Screen) -> Report:
    """Play it; a signal to stop ends every process in order, and raises CancelledError unless all was done."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    what = "an exercise" if options.drill else "an alert"
    screen.title(f"Omroeper: {what} for {options.recipients:,} people who do not exist")
    folder = Path(tempfile.mkdtemp(prefix="omroeper-demo-"))
    try:
        async with providers(options.seed, down=_outage(options)) as simulators:
            screen.step("providers", f"{', '.join(item.name for item in PROVIDERS)}; {_expected_of_them(options)}")
            made = await furnish(folder, simulators, options)
            report = await _play(options, screen, made, simulators)
    except DemoFailure as error:
        raise DemoFailure(f"{error} The demo's files are in {folder}.") from error
    except BaseException:
        shutil.rmtree(folder)
        raise
    if report.differences:
        screen.step("kept", f"the demo's files, to look into: {folder}")
    else:
        shutil.rmtree(folder)
    return report


def _expected_of_them(options: Options) -> str:
    if options.drill:
        return "nobody may call them"
    down = f", {FAILS} is out of service for {_DOWN_IN:g} seconds" if _outage(options) else ""
    return f"{FAULT_RATE:.0%} of the calls fail on purpose{down} (seed {options.seed})"


def _outage(options: Options) -> tuple[int, float] | None:
    if not options.outage or options.recipients < _FEW:
        return None
    return int(options.recipients * _DOWN_AFTER), _DOWN_IN


async def _play(options: Options, screen: Screen, made: Premises, simulators: Sequence[Simulator]) -> Report:
    async with Running.on(made, options, simulators) as running:
        screen.step("hub", f"{running.hub.url}, with {len(made.screens)} displays")
        broadcast = await _broadcast(running, screen)
        if not options.once:
            report = await concluded(running, broadcast)
            screen.report(report)
            screen.invite(running.hub.url, made, options.mode)
            with suppress(asyncio.CancelledError):
                await asyncio.get_running_loop().create_future()
            return report
    report = await concluded(running, broadcast)
    screen.report(report)
    return report


@asynccontextmanager
async def providers(
    seed: int, fault_rate: float = FAULT_RATE, down: tuple[int, float] | None = None, at: Sequence[str] = ()
) -> AsyncIterator[list[Simulator]]:
    """The providers, until the block ends. down: when the one that fails is out of service, and for how long. at: a
    command that starts another elsewhere."""
    names = [item.name for item in PROVIDERS]
    starting = [Simulator.start(name, seed, fault_rate, down if name == FAILS else None, at) for name in names]
    started = await asyncio.gather(*starting)
    try:
        yield started
    finally:
        await asyncio.gather(*(simulator.end() for simulator in started))


def ports_of(simulators: Sequence[Simulator]) -> dict[str, int]:
    """Where each provider listens, by what the configuration calls its port."""
    port_of = {simulator.name: simulator.port for simulator in simulators}
    return {item.port: port_of[item.name] for item in PROVIDERS}


async def furnish(folder: Path, simulators: Sequence[Simulator], options: Options) -> Premises:
    """Make the premises, with the simulators as their providers."""
    ports = {**ports_of(simulators), "hub_port": options.port}
    return await asyncio.to_thread(premises.make, folder, ports, options.recipients, options.seed)


@dataclass(frozen=True, slots=True)
class Running:
    """A hub at work, with everybody who talks to it."""

    options: Options
    premises: Premises
    hub: Server
    displays: Displays
    simulators: Sequence[Simulator]
    writer: Desk
    approver: Desk

    @classmethod
    @asynccontextmanager
    async def on(cls, made: Premises, options: Options, simulators: Sequence[Simulator]) -> AsyncIterator["Running"]:
        """Open for business until the block ends: the displays go home, then the hub drains."""
        hub = await start_hub(made.settings.path)
        accounts = {item.name: item.account for item in PROVIDERS}
        for simulator in simulators:
            simulator.report_to(hub.url + made.hooks[accounts[simulator.name]])
        try:
            async with (
                aiohttp.ClientSession() as session,
                Displays(session, hub.url, made, options.mode, options.seed) as displays,
            ):
                desks = [Desk(session, hub.url, officer) for officer in (made.writer, made.approver)]
                yield cls(options, made, hub, displays, simulators, *desks)
        finally:
            await hub.end()

    async def heard_everything(self) -> bool:
        """Whether every report came in, and was made something of."""
        seen = [await simulator.counted() for simulator in self.simulators]
        return not any(item.reports[1] for item in seen) and not await asyncio.to_thread(evidence.unread, self.premises)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What was seen of one broadcast while the hub ran: see `Evidence`."""

    submitted: Submitted
    refusals: list[int]
    seconds: float
    counts: Counts
    boards: Mapping[str, Mapping[str, object]]
    fooled: list[str]


async def _broadcast(running: Running, screen: Screen) -> Broadcast:
    writer, approver = running.premises.writer.name, running.premises.approver.name
    submitted = await write(running)
    languages = " and ".join(f"{count:,} in {language}" for language, count in submitted.languages.items())
    screen.step(writer, f"drafted No. {submitted.number}: {submitted.addressees:,} addresses, {languages}")
    refusals = await office.refused(running.writer, running.approver, submitted)
    await office.approve(running.approver, submitted)
    screen.step(approver, f"approved exactly {submitted.digest[:12]}")
    return await follow(running, submitted, refusals, screen)


async def write(running: Running) -> Submitted:
    """One officer drafts from the scenario and offers it."""
    return await office.submit(
        running.writer, office.draft_of(running.premises, running.options.status, SystemClock().now())
    )


async def follow(running: Running, submitted: Submitted, refusals: list[int], screen: Screen) -> Broadcast:
    """Watch until every delivery is at rest, every board shows the alert and every report was heard, or nobody would
    wait longer."""
    clock = SystemClock()
    began = clock.monotonic()
    patience_in = 60 + submitted.addressees / 50
    with screen.broadcast(submitted) as update:
        done = heard = False
        while True:
            heard = done and await running.heard_everything()  # before the last look, which then has it all
            alert = await running.writer.do("GET", f"/v1/alerts/{submitted.alert}")
            counts, boards = alert["counts"], running.displays.boards(submitted.alert)
            update(counts, boards)
            seconds = clock.monotonic() - began
            done = _at_rest(counts) and all(board["verified"] for board in boards.values())
            if (done and heard) or seconds > patience_in:
                return Broadcast(submitted, refusals, seconds, counts, boards, running.displays.fooled())
            await clock.sleep(_LOOK_IN)


def _at_rest(counts: Counts) -> bool:
    named = {state.value for state in AT_REST}
    return all(state in named for states in counts.values() for state in states)


async def concluded(running: Running, broadcast: Broadcast) -> Report:
    """Count everything once more, at the providers and in our own database, and judge."""
    options, made, submitted = running.options, running.premises, broadcast.submitted
    counted = {simulator.name: await simulator.counted() for simulator in running.simulators}
    nameless = {item.name for item in PROVIDERS if not item.by_reference}
    seen = {name: item.without_references() if name in nameless else item for name, item in counted.items()}
    found = Evidence(
        ours=await asyncio.to_thread(evidence.ours, made, submitted.alert),
        seen=seen,
        before=broadcast.counts,
        boards=broadcast.boards,
        fooled=broadcast.fooled,
        refusals=broadcast.refusals,
        digest=submitted.digest,
        recipients=options.recipients,
        names=(made.writer.name, made.approver.name),
        drill=options.drill,
        outage=_outage(options) is not None and not options.drill,
    )
    return reported(submitted, options.status, options.seed, broadcast.seconds, found)
