"""R11: the drill as a real process. It works off an exercise without a connection, a key or a secret; it
starts once, ends when told, and `serve` gives it no secret either.

The processes run under a watch (an audit hook, and what Linux tells of them in /proc): it sees every call
of Python to a socket and every file that is opened, whoever opens it.
"""

import asyncio
import json
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from broadcaster.seal import create_keys
from broadcaster.store import deliveries
from broadcaster.store.database import Database
from broadcaster.wiring.child import without_secrets
from tests import lives
from tests.databases import Store
from tests.drill.counting import configured

ROOT = Path(__file__).parents[2]
WATCH = """
import json, os, sys
out = os.open(os.environ.pop("WATCH"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

def note(event, arguments):
    if event.startswith("socket.") or event == "open":
        os.write(out, (json.dumps([event, [str(argument) for argument in arguments]]) + "\\n").encode())

sys.addaudithook(note)
from broadcaster.__main__ import main
main()
"""
HARMLESS = {"socket.__new__", "socket.gethostname"}
"""A pair of sockets inside the process, by which a signal wakes its event loop, and its own name."""
on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


class Watched:
    """A process of `omroeper`, and what was seen of it."""

    def __init__(self, process: Process, seen: Path) -> None:
        self.process, self._seen = process, seen

    @property
    def events(self) -> list[tuple[str, list[str]]]:
        """What Python did."""
        return [(event, arguments) for event, arguments in map(json.loads, self._seen.read_text().splitlines())]

    @property
    def opened(self) -> set[Path]:
        """The files it opened."""
        return {Path(arguments[0]).absolute() for event, arguments in self.events if event == "open"}

    async def ended(self) -> tuple[int, str]:
        """How it ended, and what it said."""
        async with asyncio.timeout(60):
            _, said = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, said.decode()


@asynccontextmanager
async def running(folder: Path, *arguments: str, **environ: str) -> AsyncIterator[Watched]:
    """Start `omroeper` with this and nothing else of our environment; at the end it is gone."""
    watch = folder / "watch.py"
    watch.write_text(WATCH)
    seen = folder / f"seen-{time.monotonic_ns()}"
    own = {"PYTHONPATH": str(ROOT), "WATCH": str(seen), **environ}
    options = [*arguments, "--config", str(folder / "omroeper.toml")]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(watch), *options, env=own, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield Watched(process, seen)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until(holds: Callable[[], bool], process: Process) -> None:
    """Look again and again; a process that ended meanwhile fails the test with what it said."""
    async with asyncio.timeout(60):
        while not holds():
            if process.returncode is not None:
                assert process.stderr is not None
                raise AssertionError((await process.stderr.read()).decode())
            await asyncio.sleep(0.05)


def internet_sockets(pid: int) -> list[str]:
    """What a process holds open to, or for, the internet."""
    proc = Path(f"/proc/{pid}")
    links = {str(link.readlink()) for link in (proc / "fd").iterdir() if link.is_symlink()}
    tables = [proc / "net" / name for name in ("tcp", "tcp6", "udp", "udp6", "udplite", "raw", "raw6", "packet")]
    lines = [line for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return [line for line in lines if any(f"socket:[{column}]" in links for column in line.split())]


def furnished(database: Database, store: Store, folder: Path) -> str:
    """An installation with keys and secrets, and an exercise that was approved; its id."""
    house = lives.house_in(folder, configured(store, lives.CONFIGURATION))
    create_keys(folder / "keys")
    now = datetime.now(UTC)
    with database.engine.begin() as conn:
        lives.furnish(conn, house, 40, now)
        return lives.approved(conn, house, now, status="Exercise", channels=["sms", "email", "display"]).id


def worked_off(database: Database, alert_id: str) -> bool:
    with database.reading() as conn:
        return deliveries.settled(conn, alert_id)


def counts(database: Database, alert_id: str) -> dict[str, dict[str, int]]:
    with database.reading() as conn:
        return deliveries.counts(conn, alert_id)


async def test_a_drill_works_off_an_exercise_without_one_connection(
    database: Database, store: Store, tmp_path: Path
) -> None:
    alert_id = furnished(database, store, tmp_path)
    async with running(tmp_path, "drill") as drill:
        await until(partial(worked_off, database, alert_id), drill.process)
        open_now = internet_sockets(drill.process.pid)
        drill.process.send_signal(signal.SIGTERM)
        assert (await drill.ended())[0] == 0
        assert open_now == []
        assert {event for event, _ in drill.events if event.startswith("socket.")} <= HARMLESS
    assert counts(database, alert_id) == {"email": {"accepted": 20}, "sms": {"accepted": 40}}


@on_sqlite
async def test_a_drill_opens_no_key_and_no_secret(database: Database, store: Store, tmp_path: Path) -> None:
    alert_id = furnished(database, store, tmp_path)
    async with running(tmp_path, "drill") as drill:
        await until(partial(worked_off, database, alert_id), drill.process)
        drill.process.send_signal(signal.SIGTERM)
        assert (await drill.ended())[0] == 0
        assert tmp_path / "omroeper.toml" in drill.opened, "the watch must see what is opened"
        private = [tmp_path / "keys", tmp_path / "secrets"]
        assert [file for file in drill.opened if any(file.is_relative_to(folder) for folder in private)] == []


@on_sqlite
async def test_a_drill_refuses_to_start_while_another_runs_and_starts_when_that_has_ended(
    database: Database, store: Store, tmp_path: Path
) -> None:
    first_alert = furnished(database, store, tmp_path)
    async with running(tmp_path, "drill") as first:
        await until(partial(worked_off, database, first_alert), first.process)
        async with running(tmp_path, "drill") as second:
            status, said = await second.ended()
        assert (status, said) == (1, "Another drill process uses omroeper.db: stop it first.\n")
        assert first.process.returncode is None
        first.process.send_signal(signal.SIGTERM)
        assert (await first.ended())[0] == 0
    async with running(tmp_path, "drill") as third:
        with database.engine.begin() as conn:
            house = lives.house_in(tmp_path, configured(store, lives.CONFIGURATION))
            alert = lives.approved(conn, house, datetime.now(UTC), status="Test")
        await until(partial(worked_off, database, alert.id), third.process)
        third.process.send_signal(signal.SIGTERM)
        assert (await third.ended())[0] == 0


async def test_a_drill_ends_when_told_with_nothing_left_in_its_hands(
    database: Database, store: Store, tmp_path: Path
) -> None:
    alert_id = furnished(database, store, tmp_path)
    async with running(tmp_path, "drill") as drill:
        await until(lambda: bool(counts(database, alert_id)["sms"].get("accepted")), drill.process)
        drill.process.send_signal(signal.SIGTERM)
        assert (await drill.ended())[0] == 0
    with database.reading() as conn:
        assert _owned(conn) == 0
        assert conn.scalar(text("SELECT count(*) FROM worker")) == 0


def _owned(conn: Connection) -> int:
    return int(conn.scalar(text("SELECT count(*) FROM delivery WHERE owner IS NOT NULL")) or 0)


def test_a_drill_sees_overrides_of_the_configuration_and_nothing_else() -> None:
    environ = {
        "OMROEPER_SECRET__SMS_PRIMARY__TOKEN": "x",
        "OMROEPER_SECRETS_DIR": "/run/secrets",
        "PGPASSWORD": "x",
        "SSH_AUTH_SOCK": "x",
        "OMROEPER_HUB__LANGUAGES": '["nl"]',
    }
    assert without_secrets(environ) == {"OMROEPER_HUB__LANGUAGES": '["nl"]'}


def children(pid: int) -> dict[int, str]:
    """The processes that a process started, with their command lines."""
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1] if folder.name.isdigit() else ""
            if parent == str(pid):
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:  # it ended while we looked
            continue
    return found


def drills_of(pid: int) -> list[int]:
    return [child for child, line in children(pid).items() if " drill --child " in line]


@on_sqlite
async def test_the_drill_that_serve_starts_has_no_secret_no_socket_and_ends_with_it(
    database: Database, store: Store, tmp_path: Path
) -> None:
    alert_id = furnished(database, store, tmp_path)
    secrets = {"OMROEPER_SECRET__SMS_PRIMARY__TOKEN": "geheim-1", "OTHER_TOKEN": "geheim-2"}
    async with running(tmp_path, "serve", **secrets) as hub:
        await until(lambda: worked_off(database, alert_id), hub.process)
        [child] = drills_of(hub.process.pid)
        assert b"geheim-1" in environment(hub.process.pid)
        assert b"geheim" not in environment(child)
        assert len(internet_sockets(hub.process.pid)) == 1, "the hub listens, so we would see it"
        assert internet_sockets(child) == []
        hub.process.send_signal(signal.SIGKILL)
        await hub.process.wait()
        async with asyncio.timeout(30):
            while " drill " in _command(child):  # noqa: ASYNC110 - of a process that is not ours
                await asyncio.sleep(0.05)


def environment(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
