"""A hub that reminds colleagues over a gateway and a mail server on loopback, on a clock that a test turns by hand."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from broadcaster.demo.simulators.sms_cm import CmGateway
from broadcaster.demo.simulators.smtp import MailServer
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.settings import load
from broadcaster.signals import Signals
from broadcaster.store.database import Database
from broadcaster.wiring.accounts import accounts, house_of
from broadcaster.wiring.engines import connect
from broadcaster.wiring.reminders import Reminders
from broadcaster.workflow import reminding
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON, HandClock

NUMBERS = {"anna": "+31611111111", "bert": "+31622222222", "cara": "+31633333333"}
"""Anna writes, Bert approves, Cara is the deputy."""
MAILBOXES = {"anna": "anna@voorbeeldstad.example", "bert": "bert@voorbeeldstad.example"}
ROUTE = """
[reminders]
approvers = 3
deputies_from = 8
repeat = 5
deputies = ["cara"]
"""


@dataclass
class Alarm:
    """The house and its colleagues. `letters` holds what came to the gateway, `mails` what came to the mail server,
    byte for byte."""

    database: Database
    house: House
    clock: HandClock
    outlets: dict[str, LiveOutlet]
    mail: MailServer
    letters: list[bytes] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        return self.database.engine

    def hub(self) -> Reminders:
        """A process that looks at the clock."""
        return Reminders(self.database, self.house, self.outlets, lives.SEAL, self.clock, Signals())

    async def after(self, minutes: float, *hubs: Reminders) -> list[tuple[str, str]]:
        """What these hubs (or a new one) send when the clock stands so many minutes after noon: (who, text)."""
        self.clock.step(NOON + timedelta(minutes=minutes) - self.clock.now())
        before = len(self.letters)
        for hub in hubs or (self.hub(),):
            await hub.tick()
        return sorted(one for letter in self.letters[before:] for one in _read(letter))


def _read(letter: bytes) -> list[tuple[str, str]]:
    names = {number.replace("+", "00"): name for name, number in NUMBERS.items()}
    messages: list[dict[str, Any]] = json.loads(letter)["messages"]["msg"]
    return [(names[message["to"][0]["number"]], message["body"]["content"]) for message in messages]


@asynccontextmanager
async def alarm(
    database: Database, folder: Path, *, reached: tuple[str, ...] = tuple(NUMBERS), mailed: tuple[str, ...] = ()
) -> AsyncIterator[Alarm]:
    """A house that is furnished, and colleagues who can be reached by SMS, or by mail."""
    letters, mails = list[bytes](), list[bytes]()
    async with CmGateway(token="token", letters=letters) as gateway, MailServer(letters=mails) as mail:
        configuration = lives.CONFIGURATION.replace("127.0.0.1:1", f"127.0.0.1:{gateway.port}") + ROUTE
        configuration = configuration.replace("port = 1\n", f"port = {mail.port}\n")
        lives.house_in(folder, configuration)
        settings = load(folder / "omroeper.toml", {})
        wired = accounts(settings)
        house, clock = house_of(settings, wired), HandClock()
        outlets = {item.name: connect(settings, item, clock, lives.SEAL) for item in wired if item.on}
        with database.engine.begin() as conn:
            lives.furnish(conn, house)
            for name in reached:
                reminding.set_contact(conn, lives.SEAL, name, "sms", NUMBERS[name], name, NOON)
            for name in mailed:
                reminding.set_contact(conn, lives.SEAL, name, "email", MAILBOXES[name], name, NOON)
        try:
            yield Alarm(database, house, clock, outlets, mail, letters, mails)
        finally:
            for outlet in outlets.values():
                await outlet.aclose()
