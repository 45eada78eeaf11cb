"""A hub without its doors: a configured house with an audience on SQLite (synchronous=FULL), its live engine and its
own channel modules. What is measured begins with the approval and ends when every outcome is in the database."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from bench.measuring import Process, Run, cpu
from broadcaster.clock import SystemClock
from broadcaster.dispatch.engine import RELEASED
from broadcaster.seal import Seal
from broadcaster.store.alerts import AlertRow
from broadcaster.store.columns import millis
from broadcaster.store.migrating import migrate, owner_engine
from broadcaster.wiring.engines import live_engine
from broadcaster.wiring.process import spare_the_collector
from tests.houses import CONFIGURATION, ORGANISATION, TestHouse, house

CLOCK = SystemClock()
_HEAD = CONFIGURATION[: CONFIGURATION.index("[channel.")]
_POINTS = CONFIGURATION[CONFIGURATION.index("[[point]]") :]
ADDRESSES = {"sms": "+316{:08d}", "email": "lezer{}@example.org", "telegram": "{}"}
SECRETS = {"sms.primary.token": "a-product-token", "telegram.bot.token": "4200:a-token-of-a-bot"}
TEXTS = {
    "headline": "Stroomuitval in Noord",
    "description": "Er is geen stroom in Noord. De netbeheerder werkt aan herstel en verwacht nieuws om zes uur.",
    "impact": "Liften en verlichting doen het niet. Ook de pinautomaten in Noord doen het niet.",
    "instruction": "Blijf thuis als dat kan. Gebruik een zaklamp en geen kaarsen. Kijk bij uw buren.",
    "short": "Geen stroom in Noord. Blijf thuis. Gebruik een zaklamp.",
}


@asynccontextmanager
async def hub(channel: str, kind: str, count: int) -> AsyncIterator[TestHouse]:
    """A house with one account, `channel` in TOML, and an audience of `count` readers with an address of that kind."""
    with tempfile.TemporaryDirectory(prefix="omroeper-bench-") as folder:
        url = f"sqlite:///{folder}/omroeper.db"
        engine = owner_engine(url, Path(folder))
        migrate(engine)
        engine.dispose()
        async with house(
            url, clock=CLOCK, recipients=(), configuration=f"{_HEAD}{channel}\n{_POINTS}", secrets=SECRETS
        ) as opened:
            for since in range(1, count + 1, 10_000):
                until = min(count, since + 9_999)
                await opened.store.run(fill, opened.seal, kind, since, until)
            yield opened


def fill(conn: Connection, seal: Seal, kind: str, since: int, until: int) -> None:
    """Readers of numbers from `since` to `until`, by plain SQL: how they came there is not measured."""
    now = millis(CLOCK.now())
    conn.execute(
        text("INSERT OR IGNORE INTO audience_group (id, organisation_id, name) VALUES (1, :own, 'bewoners')"),
        {"own": ORGANISATION},
    )
    rows = []
    for i in range(since, until + 1):
        address = ADDRESSES[kind].format(i)
        rows.append({"id": i, "sealed": seal.seal(address, kind), "mark": seal.mark(address, kind)})
    for statement in (
        f"INSERT INTO recipient (id, organisation_id, name, language, added_at) VALUES (:id, '{ORGANISATION}', 'x', 'nl', {now})",
        "INSERT INTO recipient_group (group_id, recipient_id) VALUES (1, :id)",
        "INSERT INTO recipient_area (area_id, recipient_id) VALUES ('noord', :id)",
        f"INSERT INTO address (id, recipient_id, kind, sealed, mark, added_at) VALUES (:id, :id, '{kind}', :sealed, :mark, {now})",
    ):
        conn.execute(text(statement), rows)


@dataclass(frozen=True, slots=True)
class Sent:
    """What one alert cost: microseconds per recipient, and seconds from the approval to the first transmission."""

    run: Run
    first_in: float


async def offered(opened: TestHouse, kinds: str | list[str], count: int) -> AlertRow:
    """An alert to the whole audience that waits for its approval."""
    channels = [kinds] if isinstance(kinds, str) else kinds
    wanted = {"groups": ["bewoners"], "areas": ["noord"], "expected": count}
    return (await opened.submit("anna", opened.content(channels=channels, audience=wanted, infos={"nl": TEXTS}))).alert


async def broadcast(opened: TestHouse, sink: Process, kind: str, count: int) -> Sent:
    """Offer an alert, approve it, and send it to everyone."""
    return await release(opened, await offered(opened, kind, count), sink)


async def release(opened: TestHouse, alert: AlertRow, sink: Process) -> Sent:
    """Approve an alert and send it to everyone. RuntimeError when not everyone was accepted."""
    count = alert.addressees.count
    live = live_engine(opened.house.settings, opened.store, CLOCK, opened.signals, opened.seal, opened.wired)
    spare_the_collector()  # as a hub does when it starts
    running = asyncio.create_task(live.engine.run())
    await asyncio.sleep(0.3)  # an idle hub
    sink.ask()
    before, began = cpu(), time.monotonic()
    await opened.approve("bert", alert)
    opened.signals.hint(RELEASED)
    taken, first_at, last_at = 0, 0.0, 0.0
    while taken < count:
        await asyncio.sleep(0.05)
        seen = sink.ask()
        if seen["taken"]:
            taken, first_at, last_at = taken + seen["taken"], first_at or seen["first_at"], seen["last_at"]
    live.engine.stop()
    await running
    used = cpu() - before
    await live.aclose()
    accepted = await opened.store.read(_accepted, alert.id)
    if accepted != count or taken != count:
        raise RuntimeError(f"{accepted} of {count} were accepted, {taken} transmissions")
    return Sent(Run(used / count * 1e6, (last_at - began) / count * 1e6), first_at - began)


def _accepted(conn: Connection, alert_id: str) -> int:
    query = "SELECT count(*) FROM delivery WHERE alert_id = :alert AND state = 'accepted' AND due_at IS NULL"
    return int(conn.execute(text(query), {"alert": alert_id}).scalar_one())
