"""docs/machines.md, done as it says: its commands on a real installation, and a real standby that takes over."""

import asyncio
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from broadcaster import cli
from broadcaster.settings import load
from broadcaster.store import holding
from broadcaster.store.holding import HeldKind
from broadcaster.wiring import stores
from tests import lives
from tests.clocks import NOON
from tests.databases import OWNER, RUNTIME, Databases, Postgres
from tests.machines.floor import opened

RUNBOOK = Path(__file__).parents[2] / "docs" / "machines.md"
TO_ALL = {"groups": ["bewoners"], "areas": ["noord"], "expected": 3}


def _commands(heading: str) -> list[str]:
    """The lines of omroeper in a section's blocks, in order."""
    [section] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", RUNBOOK.read_text(), re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"```\n(.*?)```", section, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("omroeper ")]


def _run(line: str, config: Path, **places: str) -> int:
    words = [places.get(word, word) for word in re.findall(r'"[^"]*"|\S+', line)[1:]]
    return cli.run([*(word.strip('"') for word in words), "--config", str(config)])


async def test_from_sqlite_to_postgresql_as_the_runbook_says(tmp_path: Path, databases: Databases, postgres: Postgres):
    old, name = databases.create_sqlite(tmp_path), postgres.create()
    urls = {
        "postgresql://omroeper@db.example/omroeper": postgres.url(name, RUNTIME),
        "postgresql://omroeper_owner@db.example/omroeper": postgres.url(name, OWNER),
    }
    async with opened(old.url, accounts=1, recipients=3) as floor:
        await floor.house.released(floor.house.content(channels=["sms"], audience=TO_ALL))
        commands = _commands("From SQLite to PostgreSQL")
        assert [line.split()[1] for line in commands] == ["journal", "move", "check", "journal", "status"]
        for line in commands:
            assert await asyncio.to_thread(_run, line, floor.file, **urls) == 0, line
            if line.startswith("omroeper move"):
                moved = floor.file.read_text().replace(old.url, postgres.url(name, RUNTIME))
                floor.file.write_text(moved)
        hub = await floor.start("serve", "hub")
        await floor.url("hub")
        await floor.until(lambda: len(floor.provider.sent) == 3)
        hub.signal(signal.SIGTERM)
        assert await hub.ended() == 0
    postgres.drop(name)


@pytest.fixture
def pair() -> Iterator[tuple[Postgres, Postgres]]:
    """A primary, and a place for its standby."""
    primary = Postgres(durable=True)
    yield primary, (standby := primary.standby())
    standby.close()
    primary.close()


@pytest.mark.soak
async def test_a_standby_that_takes_over_sends_nothing_until_somebody_lifts_that(tmp_path, pair, databases):
    """Losing the primary, as the runbook says."""
    primary, standby = pair
    name = primary.create()
    url = primary.url(name, RUNTIME)
    stores.bring_up_to_date(load_with(tmp_path, url, primary.url(name, OWNER)))
    async with opened(url, accounts=1, recipients=3) as floor:
        hub = await floor.start("serve", "first")
        await floor.url("first")
        hub.signal(signal.SIGTERM)
        await hub.ended()
        await floor.house.released(floor.house.content(channels=["sms"], audience=TO_ALL))
        standby.follow_to_the_end(primary)
        primary.stop(signal.SIGKILL)
        standby.promote()
        floor.file.write_text(floor.file.read_text().replace(url, standby.url(name, RUNTIME)))
        await floor.start("serve", "second")
        await floor.url("second")
        await asyncio.sleep(3)
        assert floor.provider.sent == []
        commands = _commands("When the primary is lost")
        assert [line.split(maxsplit=1)[1] for line in commands] == [
            "hold show",
            "journal verify",
            "status",
            "hold lift",
        ]
        for line in commands:
            assert await asyncio.to_thread(_run, line, floor.file) == 0, line
        await floor.until(lambda: len(floor.provider.sent) == 3)


def load_with(folder: Path, url: str, owner: str):
    (folder / "omroeper.toml").write_text(lives.CONFIGURATION)
    return load(folder / "omroeper.toml", {"OMROEPER_STORE__URL": url, "OMROEPER_STORE__OWNER_URL": owner})


def test_a_restored_dump_is_held_by_itself_and_a_copied_file_when_told(tmp_path, databases: Databases):
    first, second = databases.create_postgresql(), databases.create_postgresql()
    one, two = (stores.database(load_with(tmp_path, item.url, item.owner_url)) for item in (first, second))

    def server(conn: Connection) -> str | None:
        return conn.scalar(text("SELECT server FROM installation"))

    with one.engine.begin() as conn:
        assert holding.recognise(conn, NOON) is None
        known = server(conn)
    with two.engine.begin() as conn:  # what pg_restore brings is the row of the other database
        conn.execute(text("INSERT INTO installation (id, server) VALUES (1, :known)"), {"known": known})
        found = holding.recognise(conn, NOON)
        assert found is not None
        assert found.kind is HeldKind.COPY
    for opened_store, item in ((one, first), (two, second)):
        opened_store.close()
        databases.drop_postgresql(item)
    file = databases.create_sqlite(tmp_path)
    (tmp_path / "omroeper.toml").write_text(lives.CONFIGURATION.replace("sqlite:///omroeper.db", file.url))
    for line in _commands("A restored copy"):
        assert _run(line, tmp_path / "omroeper.toml") == 0, line
