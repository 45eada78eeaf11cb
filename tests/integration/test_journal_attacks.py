"""Whatever is done to the journal is found (R17): against the file beside the database, and by who can write that file
too, against the heads in signed boards that others keep.

A seed says what is done, and where. `SEED=7 pytest …` does it again.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from broadcaster.boards.heads import head_in
from broadcaster.model.board import Mode
from broadcaster.model.events import Event
from broadcaster.seal import SignatureError
from broadcaster.store import boards, journal
from broadcaster.store.columns import as_text, millis
from broadcaster.store.dialect import is_sqlite
from broadcaster.store.journal import Broken, Head
from broadcaster.wiring.journal_head import verified
from tests.clocks import NOON
from tests.crash.rounds import each, seeds
from tests.mint import Mint

LINES = 40
Attack = Callable[[list[dict[str, Any]], random.Random, int], list[dict[str, Any]]]
"""From the lines to what is made of them, at the place of one of them."""
SIZES = [120, pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]


def _changed(lines: list[dict[str, Any]], chance: random.Random, at: int) -> list[dict[str, Any]]:
    column = chance.choice(["kind", "actor", "object", "data", "at"])
    value = {"data": {"n": 99}, "at": lines[at]["at"] + 1}.get(column, "somebody else's")
    return [*lines[:at], lines[at] | {column: value}, *lines[at + 1 :]]


def _gone(lines: list[dict[str, Any]], _chance: random.Random, at: int) -> list[dict[str, Any]]:
    return [*lines[:at], *lines[at + 1 :]]


def _swapped(lines: list[dict[str, Any]], chance: random.Random, at: int) -> list[dict[str, Any]]:
    other = chance.choice([place for place in range(len(lines)) if place != at])
    found = list(lines)
    found[at], found[other] = found[other] | {"seq": lines[at]["seq"]}, found[at] | {"seq": lines[other]["seq"]}
    return found


def _cut_off(lines: list[dict[str, Any]], _chance: random.Random, at: int) -> list[dict[str, Any]]:
    return lines[:at]


def _put_between(lines: list[dict[str, Any]], _chance: random.Random, at: int) -> list[dict[str, Any]]:
    later = [line | {"seq": line["seq"] + 1} for line in lines[at:]]
    return [*lines[:at], lines[at] | {"actor": "nobody"}, *later]


ATTACKS: list[Attack] = [_changed, _gone, _swapped, _cut_off, _put_between]


def _chained(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As somebody leaves them who knows how they hang together."""
    found, previous = [], journal.GENESIS
    for seq, line in enumerate(lines, 1):
        bare = {key: value for key, value in line.items() if key != "hash"} | {"seq": seq, "previous": previous}
        previous = journal.line_hash(bare)
        found.append(bare | {"hash": previous})
    return found


def _put(conn: Connection, lines: list[dict[str, Any]]) -> None:
    """Replace the whole journal, as only the database's owner can."""
    if is_sqlite(conn):
        for name in ("journal_never_changes", "journal_is_kept"):
            conn.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
    else:
        conn.execute(text("ALTER TABLE journal DISABLE TRIGGER USER"))
    conn.execute(text("DELETE FROM journal"))
    if lines:
        conn.execute(journal._INSERT, [line | {"data": as_text(line["data"])} for line in lines])


def _said(conn: Connection) -> list[dict[str, Any]]:
    for i in range(LINES):
        journal.append(conn, [Event("Kind", "anna", f"object {i}", {"n": i})], NOON)
    return [line | {"at": millis(line["at"])} for line in journal.lines(conn)]


@pytest.mark.parametrize("count", SIZES)
def test_whatever_is_done_to_the_journal_is_found(owner: Engine, mint: Mint, tmp_path: Path, count: int) -> None:
    file, signers = tmp_path / "head", [mint.live, mint.exercise]
    with owner.begin() as conn:
        lines = _said(conn)
        kept = {line["seq"]: mint.token(journal_head=line["hash"]) for line in lines if line["seq"] % 7 == 0}
        newest = max(kept)

        def attack(seed: int) -> None:
            chance = random.Random(seed)
            do, owns_disk = chance.choice(ATTACKS), chance.random() < 0.5
            at = chance.randrange(newest if owns_disk else len(lines))
            undone = conn.begin_nested()
            done = do(lines, chance, at)
            _put(conn, _chained(done) if owns_disk else done)
            left = journal.head(conn) if owns_disk else Head(lines[-1]["seq"], lines[-1]["hash"])
            file.write_text(f"{left.seq} {left.hash}\n")
            if owns_disk:
                assert isinstance(verified(conn, file), Head), "the chain and its file do not show it"
            found = verified(conn, file, signers, list(kept.values()) if owns_disk else [])
            assert isinstance(found, Broken), (do.__name__, at, owns_disk)
            undone.rollback()

        each(seeds(count), attack)
        file.unlink()
        journal.write_head_file(file, journal.head(conn))
        assert isinstance(verified(conn, file, signers, list(kept.values())), Head)


def test_the_boards_in_the_database_are_looked_at_too(owner: Engine, mint: Mint, tmp_path: Path) -> None:
    signers = [mint.live, mint.exercise]
    with owner.begin() as conn:
        lines = _said(conn)
        seq = boards.next_number(conn, "noord", Mode.LIVE)
        boards.store_signed(conn, "noord", Mode.LIVE, seq, mint.token(journal_head=lines[20]["hash"]), 1, NOON)
        assert isinstance(verified(conn, tmp_path / "none", signers), Head)
        undone = conn.begin_nested()
        _put(conn, _chained(_gone(lines, random.Random(1), 10)))
        assert isinstance(verified(conn, tmp_path / "none", signers), Broken)
        undone.rollback()
        conn.execute(text("UPDATE board SET jws = :jws"), {"jws": mint.token()[:-8] + "AAAAAAAA"})
        found = verified(conn, tmp_path / "none", signers)
        assert isinstance(found, Broken)
        assert "noord" in found.why


def test_a_head_is_believed_only_in_a_board_that_this_hub_signed(mint: Mint) -> None:
    own, other = mint.token(journal_head="a" * 64), mint.signer("live")
    assert head_in(own, [mint.exercise, mint.live]) == "a" * 64
    assert head_in(mint.token(), [mint.live]) is None
    for board in (own[:-8] + "AAAAAAAA", "no board", mint.token(signer=other, journal_head="a" * 64)):
        with pytest.raises(SignatureError):
            head_in(board, [mint.live, mint.exercise])
