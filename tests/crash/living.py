"""One life of a hub, from a draft to receipts, told step by step; and the next one, which goes on from there.

A life does what the officers and the provider ask of it, over the same code paths as a running hub. What
they were told before it ended is all that the next life is given: what it was doing, it finds in the
database. The same coroutine is the first life and every later one.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InternalError, OperationalError

from broadcaster import ids
from broadcaster.channel import ChannelModule, Inbound
from broadcaster.clock import SystemClock
from broadcaster.dispatch.engine import RELEASED
from broadcaster.dispatch.leases import Leases, free_all, hold_instance
from broadcaster.model.cap import Lane
from broadcaster.model.people import Caller, Role
from broadcaster.render.limited import InlineRenderer
from broadcaster.seal import Seal
from broadcaster.settings import load
from broadcaster.signals import Signals
from broadcaster.store import alerts, deliveries, people, workers
from broadcaster.store.database import Database
from broadcaster.store.opening import open_database
from broadcaster.wiring.accounts import Wired, accounts, house_of
from broadcaster.wiring.engines import LiveEngine, live_engine
from broadcaster.workflow import approving, drafting, importing, receiving, submitting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests.crash import standing
from tests.crash.gateway import ask
from tests.crash.traps import Trap, TrappedModule
from tests.houses import complete_content

ACCOUNT = "sms.primary"
CONFIGURATION = """
[hub]
listen = "127.0.0.1:0"
public_url = "https://crisis.voorbeeldstad.example"
languages = ["nl", "en"]
timezone = "Europe/Amsterdam"
[[organisation]]
id = "voorbeeldstad"
name = "Gemeente Voorbeeldstad"
sender = "voorbeeldstad.example"
[[area]]
id = "noord"
name = "Noord"
circle = "52.09,5.12 3.0"
[store]
url = "sqlite:///omroeper.db"
[channel."sms.primary"]
module = "channels.sms_cm"
base_url = "http://127.0.0.1:1"
from = "Voorbeeld"
per_second = 30
concurrency = 2
timeout = 30
[[point]]
id = "wijkhuis"
name = "Wijkhuis"
kind = "local"
areas = ["noord"]
languages = ["nl", "en"]
"""
BOTH = frozenset({Role.AUTHOR, Role.APPROVER})
ANNA, BERT = Caller("t1", BOTH, "anna", "anna"), Caller("t2", BOTH, "bert", "bert")
BATCH = 8
EXPANSION = 20
"""Rows of an expansion's slice here, so that a small audience has several."""
REPORTED = 12
"""Receipts in one request of the provider's."""
STILL_IN = 0.5
LONGEST_LIFE_IN = 150.0


class QuickClock(SystemClock):
    """Fifty seconds for each one that passes, so that the contracted pace of a small account is soon over."""

    SPEED = 50

    def __init__(self) -> None:
        super().__init__()
        self._from = monotonic()

    def monotonic(self) -> float:
        return self._from + (monotonic() - self._from) * self.SPEED

    def now(self) -> datetime:
        return self._wall + timedelta(seconds=self.monotonic() - self._from)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.SPEED)


@dataclass(slots=True)
class Told:
    """What officers and the provider were told: alerts as (id, digest), by the number of their draft."""

    drafts: dict[int, str] = field(default_factory=dict)
    alerts: dict[int, tuple[str, str]] = field(default_factory=dict)
    approved: list[int] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)

    def take(self, event: dict[str, Any]) -> None:
        """Something more was told."""
        match event["told"]:
            case "drafted":
                self.drafts[event["i"]] = event["draft"]
            case "submitted":
                self.alerts[event["i"]] = (event["alert"], event["digest"])
            case "approved":
                self.approved.append(event["i"])
            case "reported":
                self.reported += event["references"]


Tell = Callable[..., None]
"""Called with what was told to whoever asked: it outlives the process."""


@dataclass(frozen=True)
class Site:
    """What every life on this machine shares. `ports` of the gateways, by whether they know references."""

    folder: Path
    house: House
    wired: Sequence[Wired]
    seal: Seal
    clock: QuickClock
    ports: dict[bool, int]
    renderer: InlineRenderer = field(default_factory=InlineRenderer)

    def connected(self, trap: Trap, *, deduplicates: bool) -> list[Wired]:
        """The accounts, at the gateway asked for, each with its trap."""
        [account] = self.wired
        return [
            replace(
                account,
                module=cast(ChannelModule, TrappedModule(account.module, trap)),
                options=account.options.model_copy(update={"base_url": f"http://127.0.0.1:{self.ports[deduplicates]}"}),
                spec=replace(account.spec, batch=BATCH, deduplicates=deduplicates),
            )
        ]


def site(folder: Path, ports: dict[bool, int]) -> Site:
    """A configured house in `folder`."""
    (folder / "secrets").mkdir()
    (folder / "secrets" / f"{ACCOUNT}.token").write_text("token")
    (folder / "omroeper.toml").write_text(CONFIGURATION)
    settings = load(folder / "omroeper.toml", {})
    wired = accounts(settings)
    return Site(folder, house_of(settings, wired), wired, Seal(b"k" * 32), QuickClock(), ports)


def furnish(site: Site, url: str, recipients: int, severities: Sequence[str], tell: Tell) -> None:
    """Fill a migrated database with people, an audience, and submitted alerts of these severities."""
    store = open_database(url, home=site.folder)
    asyncio.run(_furnished(site, store, recipients, severities, tell))
    store.close()


async def _furnished(site: Site, store: Database, recipients: int, severities: Sequence[str], tell: Tell) -> None:
    await store.run(_furnish, site, recipients)
    officers = Officers(site, Patient(store), Told(), tell)
    for i, severity in enumerate(severities):
        await officers.draft(i, severity)
        await officers.submit(i)


def _furnish(conn: Connection, site: Site, recipients: int) -> None:
    now = site.clock.now()
    alerts.sync_organisations(conn, [(o.id, o.name, o.sender) for o in site.house.settings.organisations])
    for name in ("anna", "bert"):
        people.add(conn, name, name, BOTH, None, now)
    rows = ["name,language,groups,areas,sms,email,telegram"]
    rows += [f"R{i},{('nl', 'en')[i % 2]},bewoners,noord,+316{i:08d},," for i in range(1, recipients + 1)]
    found = importing.parse("\n".join(rows).encode(), {"noord"})
    importing.take(conn, "voorbeeldstad", [importing.sealed(site.seal, row) for row in found], "system", now)


@dataclass(frozen=True)
class Patient:
    """The store, to people: who gets the answer that it is away asks again."""

    store: Database

    async def run(self, f: Callable[..., Any], *args: Any) -> Any:
        """As Database.run."""
        return await self._again(self.store.run, f, *args)

    async def read(self, f: Callable[..., Any], *args: Any) -> Any:
        """As Database.read."""
        return await self._again(self.store.read, f, *args)

    async def _again(self, ask: Callable[..., Any], *args: Any) -> Any:
        while True:
            try:
                return await ask(*args)
            except (OperationalError, InternalError):  # the latter: the server ended our transaction
                await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Officers:
    """Anna writes, Bert approves; each does again what nobody answered."""

    site: Site
    store: Patient
    told: Told
    tell: Tell

    def _say(self, told: str, **event: Any) -> None:
        self.told.take({"told": told, **event})
        self.tell(told, **event)

    async def draft(self, i: int, severity: str) -> None:
        """Write draft number `i`."""
        content = drafting.parse(draft_of(severity, self.site.clock.now()))
        row = await self.store.run(drafting.create, self.site.house, ANNA, content, self.site.clock.now())
        self._say("drafted", i=i, draft=row.id)

    async def submit(self, i: int) -> None:
        """Submit it; a draft that an earlier life submitted, without an answer, has its alert."""
        site, store, draft = self.site, self.store, self.told.drafts[i]
        try:
            prepared = await submitting.prepare(
                cast(Database, store), site.house, site.renderer, ANNA, draft, site.clock
            )
            frozen = await store.run(submitting.freeze, site.house, ANNA, *prepared, site.clock.now())
            alert, digest = frozen.alert.id, frozen.alert.digest
        except Refused as refused:
            _only_a_conflict(refused)
            alert, digest = await store.read(standing.alert_of, draft)
        self._say("submitted", i=i, alert=alert, digest=digest)

    async def approve(self, i: int) -> None:
        """Approve its alert; a conflict says that an earlier life's approval stands."""
        alert, digest = self.told.alerts[i]
        try:
            now = self.site.clock.now()
            await self.store.run(approving.approve, self.site.house, BERT, alert, digest, [], None, now)
        except Refused as refused:
            _only_a_conflict(refused)
        self._say("approved", i=i)


def _only_a_conflict(refused: Refused) -> None:
    if refused.why is not Why.CONFLICT:
        raise refused


@dataclass(frozen=True)
class Life:
    """severities: of each alert. deduplicates: what the gateway does, and what we know of it. reports: whether
    it sends receipts. tell: called with what officers and the provider were told. stops_in: seconds after which it is
    told to stop; None for never."""

    site: Site
    url: str
    severities: Sequence[str]
    deduplicates: bool
    reports: bool
    trap: Trap
    told: Told
    tell: Tell
    stops_in: float | None = None

    async def run(self) -> None:
        """Live until everything is at rest, and say what is then in the database."""
        async with asyncio.timeout(LONGEST_LIFE_IN):
            await self._live()

    async def _live(self) -> None:
        sqlite = make_url(self.url).get_backend_name() == "sqlite"
        lock = hold_instance(Path(make_url(self.url).database or ""), Lane.LIVE) if sqlite else None
        store = open_database(self.url, home=self.site.folder, tracer=self.trap.tracer)
        self.trap.watch(store.engine)
        self.tell("found", started=await store.read(standing.started), held=await store.read(standing.held))
        await self._take_over(store, alone=lock is not None)
        async with self._running(store) as (live, signals):
            living = asyncio.create_task(self._work(Patient(store), live, signals))
            await asyncio.wait({living}, timeout=self.stops_in)
            stopped_at = None if living.done() else monotonic()
            living.cancel()  # as SIGTERM: no more requests, and what is under way is finished
        if stopped_at is not None:
            self.tell("drained", took=monotonic() - stopped_at)
        else:
            living.result()
            self.tell("rest", **await Patient(store).read(standing.everything, self._alerts()))
        store.close()

    async def _work(self, patient: Patient, live: LiveEngine, signals: Signals) -> None:
        await self._officers(patient, signals)
        await self._settled(patient, live)
        self.tell("settled", deliveries=await patient.read(standing.deliveries, self._alerts()))
        if self.reports:
            await self._provider(patient, live)

    def _alerts(self) -> list[str]:
        return [alert for alert, _ in self.told.alerts.values()]

    async def _take_over(self, store: Database, *, alone: bool) -> None:
        """From earlier lives: at once under the instance lock, and else by their beats, which stand still."""
        repeating, clock = [ACCOUNT] if self.deduplicates else [], self.site.clock
        if alone:
            await store.run(free_all, Lane.LIVE, repeating, clock.now())
            return
        watcher = ids.new_id(clock.now())
        leases = Leases(store, clock, watcher, Lane.LIVE, repeating, still_in=STILL_IN)
        await leases.enter()
        while set(await store.read(workers.known, Lane.LIVE)) != {watcher}:
            await leases.tick()
            await clock.sleep(STILL_IN)
        await leases.leave()

    @asynccontextmanager
    async def _running(self, store: Database) -> AsyncIterator[tuple[LiveEngine, Signals]]:
        site, signals = self.site, Signals()
        wired = site.connected(self.trap, deduplicates=self.deduplicates)
        live = live_engine(site.house.settings, store, site.clock, signals, site.seal, wired)
        engine = asyncio.create_task(live.engine.run())
        try:
            yield live, signals
        finally:
            live.engine.stop()
            await engine
            await live.aclose()

    async def _officers(self, store: Patient, signals: Signals) -> None:
        officers = Officers(self.site, store, self.told, self.tell)
        for i, severity in enumerate(self.severities):
            if i not in self.told.drafts:
                await officers.draft(i, severity)
            if i not in self.told.alerts:
                await officers.submit(i)
            if i not in self.told.approved:
                await officers.approve(i)
                signals.hint(RELEASED)

    async def _settled(self, store: Patient, live: LiveEngine) -> None:
        for alert, _ in self.told.alerts.values():
            while not await store.read(deliveries.settled, alert):
                assert live.engine.running, "the engine has ended by itself"
                await asyncio.sleep(0.005)

    async def _provider(self, store: Patient, live: LiveEngine) -> None:
        """The provider reports what it was told to deliver, a few at a time, until it is answered."""
        site, readers = self.site, {ACCOUNT: live.outlets[ACCOUNT].read_facts}
        taken = await asyncio.to_thread(ask, site.ports[self.deduplicates], "taken", alerts=self._alerts())
        references = [reference for reference, *_ in taken if reference not in self.told.reported]
        for at in range(0, len(references), REPORTED):
            told = references[at : at + REPORTED]
            await store.run(receiving.receive, site.seal, ACCOUNT, report_of(told), site.clock.now())
            self.tell("reported", references=told)
            await store.run(receiving.apply_waiting, site.seal, readers, 0, site.clock.now())
        while await store.run(receiving.apply_waiting, site.seal, readers, 0, site.clock.now()):
            await site.clock.sleep(1.0)


def draft_of(severity: str, now: datetime) -> dict[str, Any]:
    """A complete draft that outlasts a long run of a quick clock."""
    audience = {"groups": ["bewoners"], "areas": ["noord"]}
    changed = {"severity": severity, "channels": ["sms", "display"], "audience": audience}
    return complete_content(now) | changed | {"expires": (now + timedelta(days=30)).isoformat()}


def report_of(references: Sequence[str]) -> Inbound:
    """CM.com's status report (page `incoming-status-report`): each was delivered."""
    reports = [{"reference": reference, "status": {"code": 2}} for reference in references]
    return Inbound(json.dumps({"messages": {"msg": reports}}).encode(), {}, {})
