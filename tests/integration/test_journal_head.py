"""The file beside the database shows that the journal's end was cut off, before a start and while it runs (R17)."""

import random
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from broadcaster.model.events import Event
from broadcaster.store import journal
from broadcaster.store.database import Database
from broadcaster.store.dialect import is_sqlite
from broadcaster.store.journal import Broken, Head
from broadcaster.wiring.journal_head import HeadKeeper, verified
from tests.clocks import NOON


def _say(conn: Connection, count: int, actor: str = "anna") -> None:
    for i in range(count):
        journal.append(conn, [Event("Kind", actor, f"object {i}")], NOON)


def _tamper(owner: Engine, statement: str) -> None:
    """Change the journal, as only the database's owner can."""
    with owner.begin() as conn:
        if is_sqlite(conn):
            for name in ("journal_never_changes", "journal_is_kept"):
                conn.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        else:
            conn.execute(text("ALTER TABLE journal DISABLE TRIGGER USER"))
        conn.execute(text(statement))


async def _kept(database: Database, file: Path, lines: int) -> HeadKeeper:
    keeper = HeadKeeper(database, file)
    await keeper.start()
    await database.run(_say, lines)
    await keeper.tick()
    return keeper


async def test_the_file_follows_the_journal_and_both_agree_after_a_restart(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "head"
    await _kept(database, file, 7)
    assert journal.read_head_file(file) == await database.read(journal.head)
    again = await _kept(database, file, 3)
    assert not again.broken
    assert isinstance(await database.read(verified, file), Head)
    assert (await database.read(journal.head)).seq == 10


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM journal WHERE seq > 4", "DELETE FROM journal", "UPDATE journal SET hash = 'x' WHERE seq = 9"],
)
async def test_what_was_done_to_the_end_before_a_start_is_found_and_the_evidence_stays(
    database: Database, owner: Engine, tmp_path: Path, statement: str
) -> None:
    file = tmp_path / "head"
    await _kept(database, file, 9)
    evidence = file.read_text()
    _tamper(owner, statement)
    keeper = HeadKeeper(database, file)
    await keeper.start()
    assert keeper.broken
    await database.run(_say, 20, "bert")
    await keeper.tick()
    assert file.read_text() == evidence
    assert isinstance(await database.read(verified, file), Broken)


async def test_an_end_that_is_cut_off_while_it_runs_is_found_however_many_lines_follow(
    database: Database, owner: Engine, tmp_path: Path
) -> None:
    rng = random.Random(17)
    file = tmp_path / "head"
    keeper = await _kept(database, file, 9)
    evidence = file.read_text()
    _tamper(owner, f"DELETE FROM journal WHERE seq > {rng.randint(0, 8)}")
    for lines in (0, 1, 30):
        await database.run(_say, lines, "bert")
        await keeper.tick()
        assert keeper.broken
        assert file.read_text() == evidence
    assert isinstance(await database.read(verified, file), Broken)


@pytest.mark.parametrize("spoilt", [b"", b"x", b"9", b"nine abc", "9 é".encode()])
async def test_a_file_that_somebody_spoilt_is_a_break_and_stays_as_it_is(
    database: Database, tmp_path: Path, spoilt: bytes
) -> None:
    file = tmp_path / "head"
    await _kept(database, file, 9)
    file.write_bytes(spoilt)
    keeper = HeadKeeper(database, file)
    await keeper.start()
    await keeper.tick()
    assert keeper.broken
    assert file.read_bytes() == spoilt
    assert isinstance(await database.read(verified, file), Broken)


async def test_lines_of_another_process_are_no_break(database: Database, tmp_path: Path) -> None:
    keeper = await _kept(database, tmp_path / "head", 3)
    for _ in range(5):
        await database.run(_say, 2)
        await keeper.tick()
    assert not keeper.broken
