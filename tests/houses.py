"""A whole house for tests: a configuration, people with tokens, a sealed audience, on the database of the test.

    async with house(store_url) as h:
        alert = await h.submit("anna", h.content(channels=["sms"]))
        await h.approve("bert", alert.alert)

`h.callers["anna"]` is who anna is to the workflow, `h.tokens["anna"]` what she sends over HTTP. `h.parts()`
is what the web application takes. Everything is real but the providers, to which nothing connects.
"""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import argon2
from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.boards.serving import Boards
from broadcaster.channel import Inbound
from broadcaster.clock import Clock, SystemClock
from broadcaster.model.audience import Recipient
from broadcaster.model.board import Mode
from broadcaster.model.cap import Lane
from broadcaster.model.finding import to_accept
from broadcaster.model.people import Caller, Role
from broadcaster.render.limited import InlineRenderer, Renderer
from broadcaster.seal import MODES, BoardSigner, CapSigner, Seal
from broadcaster.seal.cap_key import new_cap_key, read_cap_key
from broadcaster.seal.passwords import Passwords
from broadcaster.settings import load
from broadcaster.signals import Signals
from broadcaster.store import alerts, intake, people, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.store.drafts import DraftRow
from broadcaster.store.opening import open_database
from broadcaster.web.app import Parts
from broadcaster.web.freezings import Freezings
from broadcaster.web.front import Front
from broadcaster.web.sightings import Sightings
from broadcaster.wiring.accounts import Wired, accounts, house_of
from broadcaster.workflow import approving, drafting, importing, submitting
from broadcaster.workflow import tasks as by_hand
from broadcaster.workflow.house import House
from broadcaster.workflow.submitting import Submitted
from tests.mint import make_signer

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
[[area]]
id = "zuid"
name = "Zuid"
circle = "52.05,5.12 3.0"
[channel."sms.primary"]
module = "channels.sms_cm"
base_url = "http://127.0.0.1:1"
from = "Voorbeeld"
[channel."email.main"]
module = "channels.email_smtp"
host = "127.0.0.1"
port = 1
tls = "none"
from = "crisis@voorbeeldstad.example"
[[point]]
id = "wijkhuis-noord"
name = "Wijkhuis Noord"
kind = "local"
areas = ["noord"]
languages = ["nl", "en"]
[[point]]
id = "buurthuis-zuid"
name = "Buurthuis Zuid"
kind = "local"
areas = ["zuid"]
languages = ["nl", "en"]
[[contact]]
kind = "phone"
value = "14 030"
label = "Gemeente Voorbeeldstad"
[[contact]]
kind = "url"
value = "https://voorbeeldstad.example"
label = "Gemeente Voorbeeldstad"
[[contact]]
kind = "address"
value = "Kerkstraat 1"
label = "Wijkhuis Noord"
"""
ORGANISATION = "voorbeeldstad"
SECRET = "a-product-token-that-nobody-may-ever-see"
SECRETS = {"sms.primary.token": SECRET}
STAFF: Mapping[str, frozenset[Role]] = {
    "anna": frozenset({Role.AUTHOR, Role.APPROVER}),
    "bert": frozenset({Role.AUTHOR, Role.APPROVER}),
    "carla": frozenset({Role.AUTHOR}),
    "dirk": frozenset({Role.APPROVER}),
    "vera": frozenset({Role.VIEWER}),
    "beheer": frozenset({Role.ADMIN}),
}
DISPLAYS = {"scherm-noord": "wijkhuis-noord", "scherm-zuid": "buurthuis-zuid"}
CHEAP = Passwords(argon2.profiles.CHEAPEST)
"""Compares passwords a hundred times as fast as a hub does."""
RECIPIENTS = tuple(
    Recipient(name, language, groups, areas, addresses)
    for name, language, groups, areas, addresses in (
        ("J. Visser", "nl", ("bewoners",), ("noord",), (("sms", "+31612345001"), ("email", "visser@example.org"))),
        ("M. Smit", "nl", ("bewoners",), ("noord", "zuid"), (("sms", "+31612345002"),)),
        ("A. Brown", "en", ("bewoners",), ("noord",), (("sms", "+31612345003"), ("email", "brown@example.org"))),
        ("L. Haddad", "ar", ("bewoners",), ("noord",), (("sms", "+31612345004"),)),
        (
            "P. Dekker",
            "nl",
            ("bewoners", "artsen"),
            ("zuid",),
            (("sms", "+31612345005"), ("email", "dekker@example.org")),
        ),
        ("Apotheek Zuid", "nl", ("artsen",), ("zuid",), (("email", "apotheek@example.org"),)),
    )
)
HIDDEN = [
    SECRET,
    *(item.name for item in RECIPIENTS),
    *(address.removeprefix("+31") for item in RECIPIENTS for _, address in item.addresses),
]
"""What no answer and no log may ever hold: names, addresses, secrets."""
INFOS = {
    "nl": {
        "headline": "Stroomuitval in Noord",
        "description": "Er is geen stroom in Noord.",
        "impact": "Liften en verlichting doen het niet.",
        "instruction": "Blijf thuis als dat kan. Gebruik een zaklamp.",
        "short": "Geen stroom in Noord. Blijf thuis.",
    },
    "en": {
        "headline": "Power cut in Noord",
        "description": "There is no power in Noord.",
        "impact": "Lifts and lights do not work.",
        "instruction": "Stay at home if you can. Use a torch.",
        "short": "No power in Noord. Stay at home.",
    },
}


@dataclass(frozen=True, slots=True)
class TestHouse:
    """A house that is open; see the module."""

    __test__ = False  # pytest: this is no test
    folder: Path
    store: Database
    house: House
    wired: list[Wired]
    clock: Clock
    seal: Seal
    renderer: Renderer
    signals: Signals
    boards: Boards
    callers: Mapping[str, Caller]
    tokens: Mapping[str, str] = field(repr=False)

    def parts(self, **changed: Any) -> Parts:
        """What the web application takes; it is ready, has no keys, and takes no receipts."""

        async def ready() -> list[str]:
            return []

        async def hook(_account: str, _key: str, _inbound: Inbound) -> bool:
            return False

        own = Parts(
            store=self.store,
            house=self.house,
            renderer=self.renderer,
            clock=self.clock,
            signals=self.signals,
            boards=self.boards,
            key_set=lambda: {"keys": [], "roots": []},
            ready=ready,
            hook=hook,
            passwords=CHEAP,
            seal=self.seal,
            page=Front(self.store, self.house, self.clock).page,
            cap_signers=cap_signers(),
            signers=board_signers(),
            sightings=Sightings(self.store, self.clock),
        )
        return replace(own, **changed)

    def content(self, **changed: Any) -> dict[str, Any]:
        """A draft that is complete, as the API takes it; a field changed to None is left out."""
        whole = complete_content(self.clock.now()) | changed
        return {name: value for name, value in whole.items() if value is not None}

    async def draft(self, who: str, content: dict[str, Any]) -> DraftRow:
        """Store a draft."""
        parsed = drafting.parse(content)
        return await self.store.run(drafting.create, self.house, self.callers[who], parsed, self.clock.now())

    async def submit(self, who: str, content: dict[str, Any] | None = None, draft_id: str | None = None) -> Submitted:
        """Submit a stored draft, or a new one."""
        caller = self.callers[who]
        draft_id = draft_id or (await self.draft(who, content or self.content())).id
        prepared = await submitting.prepare(self.store, self.house, self.renderer, caller, draft_id, self.clock)
        with Freezings().of(draft_id) as telling:
            return await self.store.run(submitting.freeze, self.house, caller, *prepared, self.clock.now(), telling)

    async def approve(self, who: str, alert: AlertRow, accepts: list[str] | None = None) -> AlertRow:
        """Approve an alert as it stands, accepting whatever is to be accepted unless `accepts` says what."""
        if accepts is None:
            accepts = to_accept(await self.store.read(alerts.findings, alert.id))
        wanted = (alert.id, alert.digest, accepts, alert.addressees.count)
        return await self.store.run(approving.approve, self.house, self.callers[who], *wanted, self.clock.now())

    async def released(self, content: dict[str, Any] | None = None) -> AlertRow:
        """An alert that anna wrote and bert approved."""
        return await self.approve("bert", (await self.submit("anna", content)).alert)


def complete_content(now: datetime) -> dict[str, Any]:
    """A complete draft at `now`: real, in two languages, for everyone in Noord."""
    now = now.replace(microsecond=0)
    return {
        "status": "Actual",
        "event": "Stroomuitval",
        "category": "Infra",
        "severity": "Severe",
        "urgency": "Immediate",
        "certainty": "Observed",
        "source": "Veiligheidsregio Voorbeeld",
        "as_of": (now - timedelta(minutes=5)).isoformat(),
        "expires": (now + timedelta(hours=6)).isoformat(),
        "next_update": (now + timedelta(hours=2)).isoformat(),
        "areas": ["noord"],
        "audience": {"groups": ["bewoners"], "areas": ["noord"], "expected": 6},
        "channels": ["sms", "email", "display"],
        "infos": INFOS,
    }


@asynccontextmanager
async def house(
    store_url: str,
    *,
    clock: Clock | None = None,
    renderer: Renderer | None = None,
    recipients: tuple[Recipient, ...] = RECIPIENTS,
    configuration: str = CONFIGURATION,
    secrets: Mapping[str, str] = SECRETS,
) -> AsyncIterator[TestHouse]:
    """A house over a migrated database that nobody else has. secrets: by the name of their file."""
    clock = clock or SystemClock()
    with tempfile.TemporaryDirectory(prefix="omroeper-house-") as folder:
        settings = load(_configured(Path(folder), configuration, secrets), {})
        wired = accounts(settings)
        own, seal = house_of(settings, wired), Seal(bytes(range(32)))
        store = open_database(store_url, home=Path(folder))
        try:
            await store.run(_fill_organisations, own, clock.now())
            sealed = [importing.sealed(seal, item) for item in recipients]
            await store.run(intake.put, ORGANISATION, sealed, clock.now())
            tokens = await store.run(_fill_staff, clock.now())
            callers = {name: await store.read(people.caller, secret) for name, secret in tokens.items()}
            known = {name: caller for name, caller in callers.items() if caller is not None}
            yield TestHouse(
                Path(folder),
                store,
                own,
                wired,
                clock,
                seal,
                renderer or _renderer(),
                Signals(),
                Boards(),
                known,
                tokens,
            )
        finally:
            store.close()


@cache
def cap_signers() -> Mapping[Lane, CapSigner]:
    """Who signs the CAP documents of all tests of a process."""
    now = SystemClock().now()
    return {lane: read_cap_key(mode, new_cap_key(mode, now)) for lane, mode in zip(Lane, MODES, strict=True)}


@cache
def board_signers() -> Mapping[Mode, BoardSigner]:
    """The online keys of all tests of a process."""
    until = SystemClock().now() + timedelta(days=400)
    return {mode: make_signer(mode.value, not_after=until) for mode in Mode}


@cache
def _renderer() -> InlineRenderer:
    return InlineRenderer()  # reads the templates, once for all tests of a process


def _configured(folder: Path, configuration: str, secrets: Mapping[str, str]) -> Path:
    file = folder / "omroeper.toml"
    file.write_text(configuration, encoding="utf-8")
    (folder / "secrets").mkdir()
    for name, secret in secrets.items():
        (folder / "secrets" / name).write_text(secret, encoding="ascii")
    return file


def _fill_organisations(conn: Connection, own: House, now: datetime) -> None:
    alerts.sync_organisations(conn, [(item.id, item.name, item.sender) for item in own.settings.organisations])
    tasks.sync(conn, by_hand.channels(own), now)


def _fill_staff(conn: Connection, now: datetime) -> dict[str, str]:
    """People, a machine that may only draft, and displays; the token of each, by name."""
    tokens = {}
    for name, roles in STAFF.items():
        person_id = ids.new_id(now)
        people.add(conn, person_id, name, roles, None, now)
        tokens[name] = _token(conn, now, person_id=person_id)
    tokens["machine"] = _token(conn, now)
    for name, point in DISPLAYS.items():
        tokens[name] = _token(conn, now, point_id=point)
    return tokens


def _token(conn: Connection, now: datetime, **owner: str) -> str:
    secret = ids.new_secret()
    people.add_token(conn, ids.new_id(now), secret, now, **owner)
    return secret
