"""Several processes of one installation on one PostgreSQL, and a provider that knows who asked it what, and when.

    async with opened(store_url, accounts=4) as floor:
        await floor.start("worker", "w1")

Each account signs in at the provider with its own token, and each process sends under its own name (`from`), so the
provider can tell which process drove which account at each moment.
"""

import asyncio
import base64
import gc
import json
import os
import signal
import sys
import time
from asyncio import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from broadcaster import ids
from broadcaster.clock import SystemClock
from broadcaster.demo.simulators.faults import Fault
from broadcaster.demo.simulators.http import Reply, Request
from broadcaster.demo.simulators.sms_cm import CmGateway
from broadcaster.model.audience import Recipient
from broadcaster.seal import create_keys
from broadcaster.store import deliveries, journal
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import AWAY
from tests.houses import CONFIGURATION, TestHouse, house

_HEAD = CONFIGURATION[: CONFIGURATION.index("[channel.")]
_POINTS = CONFIGURATION[CONFIGURATION.index("[[point]]") :]
STARTED_IN = 180.0
SETTLED_IN = 60.0


class Sent(NamedTuple):
    """One transmission: when it came, for which account, from which process, to whom."""

    at: float
    account: str
    process: str
    reference: str


class Provider(CmGateway):
    """Takes everything, and remembers who sent it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sent] = []

    def reply(self, request: Request, fault: Fault | None) -> Reply:
        account, now = request.headers["x-cm-producttoken"], time.monotonic()
        for message in json.loads(request.body)["messages"]["msg"]:
            self.sent.append(Sent(now, account, message["from"], message["reference"]))
        return super().reply(request, fault)

    def copies(self) -> Counter[str]:
        """How often each message came."""
        return Counter(item.reference for item in self.sent)

    def of(self, process: str, since: float = 0.0) -> list[Sent]:
        """What one process sent from an instant on."""
        return [item for item in self.sent if item.process == process and item.at >= since]


@dataclass
class Machine:
    """One process."""

    name: str
    process: subprocess.Process
    log: Path

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Its exit status, once it has one."""
        async with asyncio.timeout(STARTED_IN):
            return await self.process.wait()

    async def end(self) -> None:
        """Kill it, if it still lives."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        assert self.process.stdin is not None
        self.process.stdin.close()


@dataclass
class Floor:
    """One installation with its processes."""

    house: TestHouse
    provider: Provider
    accounts: list[str]
    machines: dict[str, Machine] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The configuration."""
        return self.house.folder / "omroeper.toml"

    async def start(self, role: str, name: str, **environ: str) -> Machine:
        """Start a process; its sender at every account is its name."""
        own = {f"OMROEPER_CHANNEL__{account.upper().replace('.', '_')}__FROM": name for account in self.accounts}
        log = self.house.folder / f"{name}.log"
        arguments = [role, "--child", "--config", str(self.file)]
        arguments += ["--port-file", str(self._port_file(name))] if role == "serve" else []
        with log.open("ab") as file:
            process = await subprocess.create_subprocess_exec(
                sys.executable, "-m", "broadcaster", *arguments, stdin=subprocess.PIPE, stdout=file, stderr=file,
                env={**_clean(os.environ), **own, **environ}, process_group=0,
            )  # fmt: skip
        self.machines[name] = Machine(name, process, log)
        return self.machines[name]

    def _port_file(self, name: str) -> Path:
        return self.house.folder / f"{name}.port"

    async def url(self, name: str) -> str:
        """Where a hub answers, once it does."""
        file = self._port_file(name)
        await self.until(lambda: file.exists() and file.read_text().endswith("\n"), STARTED_IN)
        return f"http://127.0.0.1:{file.read_text().strip()}"

    async def until(self, is_so: Callable[[], bool], timeout_in: float = SETTLED_IN) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(timeout_in):
                while not is_so():  # noqa: ASYNC110 - another process makes it so
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(self.said()) from None

    def said(self) -> str:
        """The end of every process's log."""
        return "\n".join(f"--- {m.name}\n{m.log.read_text()[-1500:]}" for m in self.machines.values())

    async def asked(self, query: str, **given: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""

        def ask(conn: Connection) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in conn.execute(text(query), given)]

        return await self.house.store.read(ask)

    async def drivers(self) -> dict[str, str]:
        """Who drives each account, by the worker's id."""
        return dict(await self.asked("SELECT account, owner FROM lease WHERE lane = 'live' AND owner IS NOT NULL"))

    async def shared_out(self, *counts: int) -> dict[str, str]:
        """The drivers, once so many processes drive so many accounts each."""
        found: dict[str, str] = {}
        try:
            async with asyncio.timeout(STARTED_IN):
                while sorted(Counter(found.values()).values()) != sorted(counts):
                    await asyncio.sleep(0.05)
                    found = await self.drivers()
        except TimeoutError:
            raise AssertionError(f"{found}\n{self.said()}") from None
        return found

    async def queued(self, recipients: int, **changed: Any) -> AlertRow:
        """A released alert with all its deliveries, spread evenly over the accounts."""
        wanted = {"groups": ["bewoners"], "areas": ["noord"], "expected": recipients}
        content = self.house.content(channels=["sms"], audience=wanted, **changed)
        alert = (await self.house.submit("anna", content)).alert
        alert = await self.house.approve("bert", alert)
        await self.house.store.run(_expand, alert.id, self.accounts, self.house.clock.now())
        return alert

    async def settled(self, *alerts: AlertRow, timeout_in: float = SETTLED_IN) -> None:
        """Wait until nothing of these alerts is open."""
        try:
            async with asyncio.timeout(timeout_in):
                for alert in alerts:
                    while not await self.is_settled(alert):  # noqa: ASYNC110 - as above
                        await asyncio.sleep(0.05)
        except TimeoutError:
            counts = await self.asked("SELECT account, state, count(*) FROM delivery GROUP BY 1, 2")
            raise AssertionError(f"{counts}\n{self.said()}") from None

    async def is_settled(self, alert: AlertRow) -> bool:
        """Whether nothing of an alert is open; not while the database does not answer."""
        try:
            return await self.house.store.read(deliveries.settled, alert.id)
        except AWAY:  # it came back just now: our own connections are of before
            return False

    async def nobody_is_lost(self) -> None:
        """Every delivery has a name, nobody was reached less often than the database says, nobody three times, and
        the journal stands."""
        rows = await self.asked("SELECT alert_id, n, state, transmissions FROM delivery ORDER BY alert_id, n")
        copies = {_place(reference): count for reference, count in self.provider.copies().items()}
        for alert_id, n, state, transmissions in rows:
            came = copies.pop((alert_id, n), 0)
            assert came <= transmissions <= 2, (alert_id, n, state, came, transmissions)
            assert came >= 1 or state in ("uncertain", "failed", "halted"), (alert_id, n, state, came)
        assert not copies
        found = await self.house.store.read(journal.verify)
        assert isinstance(found, journal.Head), found


def _place(reference: str) -> tuple[str, int]:
    place = ids.parse_reference(reference)
    assert place is not None, reference
    return place


def _expand(conn: Connection, alert_id: str, accounts: list[str], now: Any) -> None:
    while deliveries.expand(conn, alert_id, {"sms": accounts[0]}, now):
        pass
    for place, account in enumerate(accounts):
        query = "UPDATE delivery SET account = :account WHERE alert_id = :alert AND n % :all = :place"
        given = {"account": account, "alert": alert_id, "all": len(accounts), "place": place}
        conn.execute(text(query), given)


def _clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Ours, without what was set for a real installation."""
    return {name: value for name, value in environ.items() if not name.startswith("OMROEPER_")}


def _account(name: str, port: int, per_second: float) -> str:
    return (
        f'[channel."{name}"]\nmodule = "channels.sms_cm"\nbase_url = "http://127.0.0.1:{port}"\nfrom = "x"\n'
        f"per_second = {per_second}\nconcurrency = 4\n"
    )


@asynccontextmanager
async def opened(
    url: str,
    *,
    accounts: int,
    per_second: float = 50,
    recipients: int = 0,
    takeover: float = 2.0,
    process_url: str = "",
) -> AsyncIterator[Floor]:
    """A floor. process_url: where the processes find the database, if that is another way than ours."""
    names = [f"sms.a{i}" for i in range(1, accounts + 1)]
    async with Provider() as provider:
        channels = "".join(_account(name, provider.port, per_second) for name in names)
        configuration = f'{_HEAD}[store]\nurl = "{process_url or url}"\ntakeover = {takeover}\n{channels}{_POINTS}'
        people = tuple(
            Recipient(f"R{i}", "nl", ("bewoners",), ("noord",), (("sms", f"+316{i:08d}"),))
            for i in range(1, recipients + 1)
        )
        secrets = {f"{name}.token": name for name in names}
        async with house(
            url, clock=SystemClock(), configuration=configuration, recipients=people, secrets=secrets
        ) as made:
            create_keys(made.folder / "keys")
            (made.folder / "keys" / "seal.key").chmod(0o600)
            (made.folder / "keys" / "seal.key").write_text(base64.urlsafe_b64encode(bytes(range(32))).decode())
            floor = Floor(made, provider, names)
            try:
                yield floor
            finally:
                for machine in floor.machines.values():
                    await machine.end()
    gc.collect()  # what the provider had open with a process that was killed goes while its loop lives
