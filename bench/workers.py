"""P8: the same broadcast by one, two and four worker processes on one PostgreSQL whose writes reach the disk.

Four accounts at a gateway that takes 50 ms, at most 32 messages under way in a worker, whichever number of accounts it
drives. The speed is that of the middle of a broadcast, from 15 % to 85 %: how soon the first one starts is P5.
"""

import asyncio
import base64
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from bench.hub import CLOCK, TEXTS
from bench.measuring import Figure, Process, compared, process
from broadcaster.model.audience import Recipient
from broadcaster.seal import create_keys
from broadcaster.store import deliveries
from broadcaster.store.migrating import migrate, owner_engine
from tests.databases import OWNER, RUNTIME, Postgres
from tests.houses import CONFIGURATION, TestHouse, house

ACCOUNTS = [f"sms.a{i}" for i in range(4)]
IN_FLIGHT = 32
DELAY_IN = 0.05
_HEAD = CONFIGURATION[: CONFIGURATION.index("[channel.")]
_POINTS = CONFIGURATION[CONFIGURATION.index("[[point]]") :]
_ALL_CORES = range(os.cpu_count() or 1)


def _configuration(url: str, port: int, workers: int) -> str:
    concurrency = IN_FLIGHT * workers // len(ACCOUNTS)
    accounts = "".join(
        f'[channel."{name}"]\nmodule = "channels.sms_spryng"\nbase_url = "http://127.0.0.1:{port}"\n'
        f'from = "Voorbeeld"\nper_second = 100000\nconcurrency = {concurrency}\ntimeout = 30\n'
        for name in ACCOUNTS
    )
    return f'{_HEAD}[store]\nurl = "{url}"\n{accounts}{_POINTS}'


@asynccontextmanager
async def _installation(server: Postgres, port: int, workers: int, count: int) -> AsyncIterator[TestHouse]:
    name = server.create()
    owner = owner_engine(server.url(name, OWNER), Path("/"))
    migrate(owner, RUNTIME)
    owner.dispose()
    url = server.url(name, RUNTIME)
    people = tuple(
        Recipient(f"R{i}", "nl", ("bewoners",), ("noord",), (("sms", f"+316{i:08d}"),)) for i in range(1, count + 1)
    )
    secrets = {f"{account}.token": "token" for account in ACCOUNTS}
    configuration = _configuration(url, port, workers)
    async with house(url, clock=CLOCK, configuration=configuration, recipients=people, secrets=secrets) as made:
        create_keys(made.folder / "keys")
        (made.folder / "keys" / "seal.key").chmod(0o600)
        (made.folder / "keys" / "seal.key").write_text(base64.urlsafe_b64encode(bytes(range(32))).decode())
        yield made
    server.drop(name)


def _started(folder: Path, number: int) -> "subprocess.Popen[bytes]":
    with (folder / f"w{number}.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "broadcaster", "worker", "--child", "--config", folder / "omroeper.toml"],
            stdin=subprocess.PIPE, stdout=log, stderr=log,
        )  # fmt: skip
    os.sched_setaffinity(worker.pid, _ALL_CORES)
    return worker


def _shared_out(conn: Connection, workers: int) -> bool:
    query = "SELECT owner FROM lease WHERE owner IS NOT NULL"
    owners = list(conn.scalars(text(query)))
    return len(owners) == len(ACCOUNTS) and len(set(owners)) == workers


def _expand(conn: Connection, alert_id: str) -> None:
    while deliveries.expand(conn, alert_id, {"sms": ACCOUNTS[0]}, CLOCK.now()):
        pass
    for place, account in enumerate(ACCOUNTS):
        query = "UPDATE delivery SET account = :account WHERE n % :all = :place"
        conn.execute(text(query), {"account": account, "all": len(ACCOUNTS), "place": place})


async def _speed(server: Postgres, sink: Process, workers: int, seconds: float) -> float:
    """Messages per second in the middle of a broadcast that takes about so many seconds."""
    count = int(workers * IN_FLIGHT / DELAY_IN * seconds)
    async with _installation(server, sink.ready["port"], workers, count) as made:
        running = [_started(made.folder, i) for i in range(workers)]
        try:
            while not await made.store.read(_shared_out, workers):  # noqa: ASYNC110 - other processes do it
                await asyncio.sleep(0.1)
            wanted = {"groups": ["bewoners"], "areas": ["noord"], "expected": count}
            alert = await made.released(made.content(channels=["sms"], audience=wanted, infos={"nl": TEXTS}))
            sink.ask()
            await made.store.run(_expand, alert.id)
            return await _watched(sink, count)
        finally:
            for worker in running:
                worker.communicate()


async def _watched(sink: Process, count: int) -> float:
    taken, seen = 0, list[tuple[float, int]]()
    while taken < count:
        await asyncio.sleep(0.05)
        taken += sink.ask()["taken"]
        if 0.15 * count <= taken <= 0.85 * count:
            seen.append((time.monotonic(), taken))
    (since, first), (until, last) = seen[0], seen[-1]
    return (last - first) / (until - since)


async def scaling(seconds: float, pairs: int) -> list[Figure]:
    """P8."""
    server = Postgres(durable=True)
    try:
        server.everywhere(_ALL_CORES)
        with process("bench.sinks", "sms", "--delay", f"{DELAY_IN}") as sink:
            runs = [[await _speed(server, sink, workers, seconds) for workers in (1, 2, 4)] for _ in range(pairs)]
    finally:
        server.close()
    return [
        compared(
            "P8", f"{workers} workers on PostgreSQL, a gateway of 50 ms: speed, against {workers} times that of one",
            [(found[place], workers * found[0]) for found in runs], "/s", bar=0.85, at_least=True,
        )
        for place, workers in ((1, 2), (2, 4))
    ]  # fmt: skip
