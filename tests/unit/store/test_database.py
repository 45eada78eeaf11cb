"""Running store functions: whole transactions, answered after the commit, each one's fault its own."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from broadcaster.store.database import Database, StoreError, store_url
from broadcaster.store.opening import open_database
from broadcaster.store.sqlite import SqliteDatabase, refuse_network_disk, sqlite_engine
from tests.databases import Store

on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("store", ["postgresql"], indirect=True)


def add(conn: Connection, name: str) -> str:
    conn.execute(text("INSERT INTO organisation (id, name, sender) VALUES (:n, :n, 'x')"), {"n": name})
    return name


def add_then_fail(conn: Connection, name: str) -> None:
    add(conn, name)
    raise ValueError(name)


def names(conn: Connection) -> list[str]:
    return sorted(conn.scalars(text("SELECT id FROM organisation")))


def pragma(conn: Connection, name: str) -> Any:
    return conn.exec_driver_sql(f"PRAGMA {name}").scalar()


@pytest.fixture
def blocked(database: Database) -> Iterator[threading.Event]:
    """The writer thread is kept busy until the event is set, so that jobs pile up behind it."""
    go, busy = threading.Event(), threading.Event()

    def wait(_conn: Connection) -> None:
        busy.set()
        go.wait(20)

    assert isinstance(database, SqliteDatabase)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(database.run(wait),))
    thread.start()
    busy.wait(20)
    yield go
    go.set()
    thread.join()
    loop.close()


# --- both engines ----------------------------------------------------------------------------------


async def test_what_was_answered_is_committed(database: Database, store: Store, tmp_path: Path) -> None:
    assert await database.run(add, "a") == "a"
    other = open_database(store.url, home=tmp_path)
    assert await other.read(names) == ["a"]
    other.close()


async def test_a_function_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="a"):
        await database.run(add_then_fail, "a")
    assert await database.read(names) == []


async def test_many_at_once_are_each_their_own_transaction(database: Database) -> None:
    jobs = [database.run(add_then_fail if i % 3 == 0 else add, f"{i:02}") for i in range(60)]
    ended = await asyncio.gather(*jobs, return_exceptions=True)
    assert [isinstance(end, ValueError) for end in ended] == [i % 3 == 0 for i in range(60)]
    assert await database.read(names) == [f"{i:02}" for i in range(60) if i % 3]


async def test_a_broken_rule_of_the_database_costs_only_who_broke_it(database: Database) -> None:
    await database.run(add, "a")
    ended = await asyncio.gather(*(database.run(add, name) for name in ["b", "a", "c"]), return_exceptions=True)
    assert [isinstance(end, IntegrityError) for end in ended] == [False, True, False]
    assert await database.read(names) == ["a", "b", "c"]


async def test_a_caller_that_goes_away_changes_nothing(database: Database) -> None:
    begun = threading.Event()

    def slow(conn: Connection) -> None:
        begun.set()
        add(conn, "a")

    task = asyncio.create_task(database.run(slow))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(begun.wait, 20)
    await database.run(add, "b")
    async with asyncio.timeout(20):  # PostgreSQL has several threads: the first transaction may end after the second
        while await database.read(names) != ["a", "b"]:  # noqa: ASYNC110 - another thread's work
            await asyncio.sleep(0.01)


async def test_closing_finishes_what_was_taken(store: Store, tmp_path: Path) -> None:
    opened = open_database(store.url, home=tmp_path)
    tasks = [asyncio.create_task(opened.run(add, f"{i:02}")) for i in range(20)]
    await asyncio.sleep(0)
    await asyncio.to_thread(opened.close)
    await asyncio.gather(*tasks)
    again = open_database(store.url, home=tmp_path)
    assert len(await again.read(names)) == 20
    again.close()


async def test_a_tracer_hears_of_the_commit_before_and_after(store: Store, tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []
    traced = open_database(store.url, home=tmp_path, tracer=lambda name, step: heard.append((name, step)))
    await traced.run(add, "a")
    traced.close()
    assert heard == [("add", "begin"), ("add", "commit"), ("add", "done")]


async def test_the_runtime_may_not_change_the_schema(database: Database) -> None:
    def drop(conn: Connection) -> None:
        conn.execute(text("DROP TABLE finding"))

    with pytest.raises(DBAPIError):
        await database.run(drop)


# --- SQLite ----------------------------------------------------------------------------------------


@on_sqlite
async def test_jobs_that_pile_up_share_a_commit_and_not_a_fate(database: Database, blocked: threading.Event) -> None:
    jobs = [asyncio.create_task(database.run(add_then_fail if i == 7 else add, f"{i:02}")) for i in range(40)]
    await asyncio.sleep(0)
    blocked.set()
    ended = await asyncio.gather(*jobs, return_exceptions=True)
    assert [i for i, end in enumerate(ended) if isinstance(end, ValueError)] == [7]
    assert len(await database.read(names)) == 39


@on_sqlite
async def test_a_group_that_cannot_be_committed_is_answered_with_the_error_and_the_writer_lives_on(
    database: Database, blocked: threading.Event
) -> None:
    def roll_back(conn: Connection) -> None:
        conn.exec_driver_sql("ROLLBACK")

    jobs: list[asyncio.Task[object]] = [
        asyncio.create_task(database.run(add, "a")),
        asyncio.create_task(database.run(roll_back)),
        asyncio.create_task(database.run(add, "b")),
    ]
    await asyncio.sleep(0)
    blocked.set()
    ended = await asyncio.gather(*jobs, return_exceptions=True)
    told = {name for name, end in zip(["a", "-", "b"], ended, strict=True) if not isinstance(end, BaseException)}
    assert await database.read(names) == sorted(told)
    assert await database.run(add, "c") == "c"


@on_sqlite
async def test_not_even_a_dying_job_ends_the_writer(database: Database) -> None:
    def die(_conn: Connection) -> None:
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        # pytest's loop would re-raise a SystemExit of a task: await it here, in the test's own
        await database.run(die)
    assert await database.run(add, "a") == "a"


@on_sqlite
async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        await database.read(add, "a")
    with database.reading() as conn, pytest.raises(OperationalError, match="readonly"):
        add(conn, "a")


@on_sqlite
@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("recursive_triggers", 1)],
)
async def test_every_connection_has_the_settings_that_we_rely_on(database: Database, name: str, value: object) -> None:
    assert await database.run(pragma, name) == value
    assert await database.read(pragma, name) == value


def test_a_database_that_refuses_those_settings_is_not_used() -> None:
    engine = sqlite_engine(sa.make_url("sqlite:///:memory:"), writer=True)
    with pytest.raises(StoreError, match="journal_mode"):
        engine.connect()
    engine.dispose()


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "ceph"])
def test_a_network_disk_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "share" / "data").mkdir(parents=True)
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {tmp_path}/share {kind} rw 0 0\n")
    with pytest.raises(StoreError, match="local disk"):
        refuse_network_disk(tmp_path / "share" / "data", mounts)
    refuse_network_disk(tmp_path, mounts)


def test_a_network_disk_is_found_behind_a_blank_in_its_path(tmp_path: Path) -> None:
    (tmp_path / "de share").mkdir()
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {tmp_path}/de\\040share nfs4 rw 0 0\n")
    with pytest.raises(StoreError):
        refuse_network_disk(tmp_path / "de share", mounts)


def test_a_local_disk_inside_a_network_disk_is_local(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {tmp_path} nfs4 rw 0 0\n/dev/sda1 {tmp_path}/local ext4 rw 0 0\n")
    refuse_network_disk(tmp_path / "local", mounts)


def test_where_mounts_are_unknown_nothing_is_refused(tmp_path: Path) -> None:
    refuse_network_disk(tmp_path, tmp_path / "nothing")


def test_a_relative_path_counts_from_the_configurations_folder(tmp_path: Path) -> None:
    assert store_url("sqlite:///omroeper.db", tmp_path).database == str(tmp_path / "omroeper.db")
    assert store_url("sqlite:////var/lib/o.db", tmp_path).database == "/var/lib/o.db"
    assert store_url("postgresql://u@h/n", tmp_path).drivername == "postgresql+psycopg"


# --- PostgreSQL ------------------------------------------------------------------------------------


@on_postgresql
@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_what_the_server_rolled_back_for_anothers_sake_is_run_again(database: Database, sqlstate: str) -> None:
    tries: list[int] = []

    def contended(conn: Connection) -> int:
        tries.append(1)
        add(conn, f"try {len(tries)}")
        if len(tries) < 3:
            conn.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{sqlstate}'; END $$")
        return len(tries)

    assert await database.run(contended) == 3
    assert await database.read(names) == ["try 3"]


@on_postgresql
async def test_any_other_error_is_not_tried_again(database: Database) -> None:
    tries: list[int] = []

    def broken(conn: Connection) -> None:
        tries.append(1)
        conn.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '57P01'; END $$")

    with pytest.raises(OperationalError):
        await database.run(broken)
    assert len(tries) == 1
