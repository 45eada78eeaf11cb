"""The disk is full (R9): nothing new begins, nothing is taken by half, and what is under way can still be stopped.

The disks here are small ones of their own (tmpfs), so what fails is a real write with ENOSPC; where nobody may mount
one SQLite's `max_page_count` stands in for it.
"""

import asyncio
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from broadcaster.clock import SystemClock
from broadcaster.demo.failure import DemoFailure
from broadcaster.demo.office import Submitted, approve, draft_of, submit
from broadcaster.demo.simulators.sms_cm import CmGateway
from broadcaster.model.cap import Status
from broadcaster.store import journal
from broadcaster.store.database import MakeRoom, store_url
from broadcaster.store.migrating import migrate, owner_engine
from broadcaster.store.room import MEGABYTE, Room
from broadcaster.store.sqlite import SqliteDatabase, found_full
from tests.browser.hubs import RunningHub, at_work
from tests.databases import Store

KEEP_FREE = 8


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 40 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no disk to fill, only root may mount one: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, name: str = "filler") -> Path:
    """Take every byte that is left."""
    with (folder / name).open("ab", buffering=0) as file:
        for size in (MEGABYTE, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return folder / name


# --- the store ---------------------------------------------------------------------------------------


def _opened(folder: Path, make_room: MakeRoom) -> SqliteDatabase:
    url = store_url("sqlite:///omroeper.db", folder)
    engine = owner_engine("sqlite:///omroeper.db", folder)
    migrate(engine)
    engine.dispose()
    return SqliteDatabase(url, make_room=make_room)


def _write(conn: Connection, name: str) -> str:
    """Two rows in one statement: of such a one SQLite undoes no more when the disk is full, and of others all."""
    rows = "SELECT :name || '/' || value, :name, :sender FROM json_each('[1, 2]')"
    given = {"name": name, "sender": "x" * 10_000}
    conn.execute(text(f"INSERT INTO organisation (id, name, sender) {rows}"), given)
    return name


def _write_and_break(conn: Connection, name: str) -> None:
    _write(conn, name)
    raise ValueError(name)


def _names(conn: Connection) -> set[str]:
    found = Counter(conn.scalars(text("SELECT name FROM organisation")))
    assert set(found.values()) <= {2}, "half of a statement"
    return set(found)


async def _until_full(database: SqliteDatabase) -> set[str]:
    """Write groups until one is refused; the names that were answered as written."""
    written: set[str] = set()
    for group in range(500):
        jobs = [
            database.run(_write_and_break if i == 3 else _write, f"{group}.{i}") for i in range(6)
        ]  # one of them fails by itself, which is no word on the disk
        ended = await asyncio.gather(*jobs, return_exceptions=True)
        written |= {end for end in ended if isinstance(end, str)}
        if any(found_full(end) for end in ended if isinstance(end, BaseException)):
            return written
    raise AssertionError("the disk never was full")


async def test_a_full_disk_costs_the_ballast_first_and_nothing_is_taken_by_half(disk: Path) -> None:
    room = Room(disk, KEEP_FREE * MEGABYTE, disk / "ballast")
    database = _opened(disk, room.make_room)
    room.look()
    assert not room.is_short()
    filler = fill(disk)
    assert room.is_low
    written = await _until_full(database)
    assert room.is_spent, "the ballast was not given up"
    assert len(written) * 20_000 > KEEP_FREE * MEGABYTE // 8, "nothing was written where the ballast was"
    assert await database.read(_names) == written
    filler.unlink()
    await database.run(_write, "after")
    assert room.is_short(), "there is no ballast yet"
    room.look()
    assert not room.is_short()
    assert await database.read(_names) == written | {"after"}
    database.close()


async def test_a_database_that_is_full_in_the_middle_of_a_statement_is_given_room_and_then_told(tmp_path: Path) -> None:
    writers: list[Any] = []
    asked: list[Sequence[str]] = []

    def limit(more: int) -> None:
        pages = writers[0].execute("PRAGMA page_count").fetchone()[0]
        writers[0].execute(f"PRAGMA max_page_count={pages + more}")

    def prepare(conn: Connection) -> None:
        writers.append(conn.connection.dbapi_connection)
        writers[0].set_authorizer(None)  # the runtime may not set it
        limit(100)

    def make_room(names: Sequence[str]) -> bool:
        asked.append(names)
        if len(asked) == 1:
            limit(100)
        return len(asked) == 1

    database = _opened(tmp_path, make_room)
    await database.run(prepare)
    written = await _until_full(database)
    assert await database.read(_names) == written
    assert len(asked) == 2
    assert len(written) > 30, "what was full first was told at once"
    with pytest.raises(OperationalError, match="full"):
        await database.run(_write, "after")
    database.close()


async def test_the_last_piece_is_for_a_stop_alone(disk: Path) -> None:
    room = Room(disk, KEEP_FREE * MEGABYTE, disk / "ballast")
    database = _opened(disk, room.make_room)
    room.look()
    fill(disk)
    room.make_room()
    fill(disk)
    await _until_full(database)
    assert not (disk / "ballast").exists()
    assert (disk / "ballast-stop").exists()

    def halt(conn: Connection) -> str:
        return _write(conn, "halted")

    assert await database.run(halt) == "halted"
    assert not (disk / "ballast-stop").exists()
    assert "halted" in await database.read(_names)
    database.close()


def test_the_last_megabyte_takes_the_ballast_and_only_real_room_brings_it_back(disk: Path) -> None:
    room = Room(disk, KEEP_FREE * MEGABYTE, disk / "ballast")
    room.look()
    assert (disk / "ballast").stat().st_blocks * 512 >= KEEP_FREE * MEGABYTE // 4, "an empty promise"
    filler = fill(disk)
    room.look()
    assert room.free >= KEEP_FREE * MEGABYTE // 4
    room.look()
    assert room.is_spent, "there is room for the ballast, and not for what is kept free"
    filler.unlink()
    room.look()
    assert not room.is_short()
    assert {item.name for item in disk.iterdir()} == {"ballast", "ballast-stop"}


# --- a hub -------------------------------------------------------------------------------------------


async def _submitted(hub: RunningHub) -> Submitted:
    """For everybody with a telephone."""
    draft = draft_of(hub.premises, Status.ACTUAL, SystemClock().now())
    return await submit(hub.writer, draft | {"channels": ["sms", "display"], "audience": {"areas": draft["areas"]}})


async def _ready(hub: RunningHub) -> list[str]:
    """What the hub says of its disk."""
    _, said = await hub.writer.ask("GET", "/health/ready")
    return [reason for reason in said["reasons"] if "disk" in reason]


async def _free(hub: RunningHub) -> float:
    async with aiohttp.ClientSession() as session, session.get(f"{hub.url}/metrics") as response:
        [line] = [line for line in (await response.text()).splitlines() if line.startswith("omroeper_disk_free_bytes")]
    return float(line.split()[1])


async def _until(looks: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not looks():  # noqa: ASYNC110 - what happens on a disk sets no event
            await asyncio.sleep(0.02)


async def test_a_hub_on_a_full_disk_begins_nothing_new_and_can_be_stopped(disk: Path) -> None:
    store = Store("sqlite", "sqlite:///omroeper.db", "")
    changed = {"OMROEPER_STORE__KEEP_FREE": str(KEEP_FREE), "OMROEPER_CHANNEL__SMS_PRIMARY__PER_SECOND": "4"}
    ballast = disk / "omroeper.db.ballast"
    async with CmGateway() as gateway:
        ports = {"sms_port": gateway.port, "sms_second_port": 9, "mail_port": 9, "bot_port": 9}
        async with at_work(disk, store, ports, 120, **changed) as hub:
            under_way, waiting = await _submitted(hub), await _submitted(hub)
            await approve(hub.approver, under_way)
            assert await _ready(hub) == []
            assert await _free(hub) > KEEP_FREE * MEGABYTE

            filler = fill(disk)
            before = await hub.writer.do("GET", "/v1/alerts")
            with pytest.raises(DemoFailure, match=r"507.*schijf is bijna vol"):
                await approve(hub.approver, waiting)
            with pytest.raises(DemoFailure, match="507"):
                await _submitted(hub)
            assert len((await hub.writer.do("GET", "/v1/alerts"))["items"]) == len(before["items"])
            assert (await hub.writer.do("GET", f"/v1/alerts/{waiting.alert}"))["stage"] == "submitted"
            await _until(lambda: not ballast.exists())
            fill(disk)
            [reason] = await _ready(hub)
            assert "nothing new is released" in reason
            halted = await hub.approver.do("POST", f"/v1/alerts/{under_way.alert}/halt")
            assert halted["id"] == under_way.alert

            filler.unlink()
            await _until(lambda: not Room(disk, KEEP_FREE * MEGABYTE, ballast).is_short())
            assert await _ready(hub) == []
            await approve(hub.approver, waiting)
        database = SqliteDatabase(store_url(store.url, disk))
        assert isinstance(await database.read(journal.verify), journal.Head)
        kinds = await database.read(lambda conn: [line["kind"] for line in journal.about(conn, [under_way.alert])])
        assert "AlertHalted" in kinds
        database.close()
