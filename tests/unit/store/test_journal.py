"""The journal: whatever is done to it afterwards is found."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from broadcaster.model.events import Event
from broadcaster.store import journal
from broadcaster.store.dialect import is_sqlite
from broadcaster.store.journal import EMPTY, Broken, Head
from tests.clocks import NOON

LINES = 40


def fill(conn: Connection, lines: int = LINES) -> None:
    for i in range(lines):
        journal.append(
            conn,
            [Event("Kind", f"actor {i % 3}", f"object {i % 7}", {"i": i, "ü": ["é", None]})],
            NOON + timedelta(seconds=i),
        )


@pytest.fixture
def tampered(owner: Engine) -> Iterator[Connection]:
    """A journal of some lines, in the hands of whoever may do anything to it."""
    with owner.connect() as conn, conn.begin() as transaction:
        if is_sqlite(conn):
            for name in conn.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal'")
            ).all():
                conn.execute(text(f"DROP TRIGGER {name}"))
        else:
            conn.execute(text("ALTER TABLE journal DISABLE TRIGGER USER"))
        fill(conn)
        yield conn
        transaction.rollback()


CHANGES = [
    "at = at + 1",
    "at = at * 1000000",
    "kind = kind || '.'",
    "actor = 'bert'",
    "object = 'x'",
    "data = '{}'",
    "data = replace(data, '\"i\"', '\"j\"')",
    "data = substr(data, 2)",
    "previous = hash",
    "hash = 'f' || substr(hash, 2)",
    "seq = seq + 1000",
]


def test_a_chain_that_nobody_touched_stands(tampered: Connection) -> None:
    head = journal.verify(tampered)
    assert head == journal.head(tampered)
    assert isinstance(head, Head)
    assert head.seq == LINES
    assert journal.verify(tampered, [EMPTY, head]) == head


def test_a_changed_line_is_found_wherever_it_stands_and_whatever_changed(tampered: Connection) -> None:
    missed = []
    anchor = journal.head(tampered)
    for seq in range(1, LINES + 1):
        for change in CHANGES:
            undone = tampered.begin_nested()
            changed = tampered.execute(
                text(f"UPDATE journal SET {change} WHERE seq = {seq} AND NOT ({_unchanged(change)})")
            ).rowcount
            verdict = journal.verify(tampered, [anchor])
            if changed and not isinstance(verdict, Broken):
                missed.append((seq, change))
            undone.rollback()
    assert missed == []


def _unchanged(change: str) -> str:
    column, _, value = change.partition(" = ")
    return f"{column} = {value}"


def test_a_line_that_is_gone_is_found(tampered: Connection) -> None:
    anchor = journal.head(tampered)
    for seq in range(1, LINES + 1):
        undone = tampered.begin_nested()
        tampered.execute(text(f"DELETE FROM journal WHERE seq = {seq}"))
        verdict = journal.verify(tampered, [anchor])
        assert isinstance(verdict, Broken), seq
        assert verdict.seq == seq
        undone.rollback()


def test_lines_that_changed_places_are_found(tampered: Connection) -> None:
    rng = random.Random(17)
    for _ in range(60):
        a, b = sorted(rng.sample(range(1, LINES + 1), 2))
        undone = tampered.begin_nested()
        for before, after in ((a, -1), (b, a), (-1, b)):
            tampered.execute(text(f"UPDATE journal SET seq = {after} WHERE seq = {before}"))
        assert isinstance(journal.verify(tampered), Broken), (a, b)
        undone.rollback()


def test_an_end_that_was_cut_off_is_found_against_any_head_seen_earlier(tampered: Connection) -> None:
    heads = [Head(line["seq"], line["hash"]) for line in journal.lines(tampered)]
    for left in range(LINES):
        undone = tampered.begin_nested()
        tampered.execute(text(f"DELETE FROM journal WHERE seq > {left}"))
        assert isinstance(journal.verify(tampered), Head)  # the chain alone cannot show it
        for anchor in (heads[left], heads[-1]):
            assert isinstance(journal.verify(tampered, [anchor]), Broken), (left, anchor.seq)
            assert not journal.stands(tampered, anchor)
        assert left == 0 or journal.stands(tampered, heads[left - 1])
        undone.rollback()


def test_a_chain_that_was_written_anew_is_found_against_any_head_seen_earlier(tampered: Connection) -> None:
    heads = [Head(line["seq"], line["hash"]) for line in journal.lines(tampered)]
    tampered.execute(text("DELETE FROM journal"))
    for i in range(LINES + 5):
        journal.append(tampered, [Event("Kind", "bert", f"object {i}")], NOON)
    assert isinstance(journal.verify(tampered), Head)
    for anchor in heads:
        assert isinstance(journal.verify(tampered, [anchor]), Broken)
        assert not journal.stands(tampered, anchor)


def test_of_several_heads_seen_earlier_each_must_stand(tampered: Connection) -> None:
    head = journal.head(tampered)
    forged = Head(head.seq, "f" * 64)
    for anchors in ([head, forged], [forged, head], [forged]):
        assert isinstance(journal.verify(tampered, anchors), Broken)


def test_a_line_that_was_put_in_between_is_found(tampered: Connection) -> None:
    tampered.execute(text("UPDATE journal SET seq = seq + 1000 WHERE seq > 20"))
    tampered.execute(text("UPDATE journal SET seq = seq - 999 WHERE seq > 1000"))
    tampered.execute(
        text("INSERT INTO journal (seq, at, kind, actor, object, data, previous, hash)"
             " SELECT 21, at, kind, actor, object, data, hash, 'ab' FROM journal WHERE seq = 20")
    )  # fmt: skip
    assert isinstance(journal.verify(tampered), Broken)


# --- appending -------------------------------------------------------------------------------------


def test_nothing_appended_is_nothing(conn: Connection) -> None:
    before = journal.head(conn)
    journal.append(conn, [], NOON)
    assert journal.head(conn) == before


def test_events_stand_in_the_order_in_which_they_came(conn: Connection) -> None:
    since = journal.head(conn).seq
    journal.append(conn, [Event("A", "x", "1"), Event("B", "x", "1")], NOON)
    journal.append(conn, [Event("C", "x", "1")], NOON - timedelta(days=1))  # a clock set back changes no order
    assert [line["kind"] for line in journal.lines(conn, since)] == ["A", "B", "C"]
    assert isinstance(journal.verify(conn), Head)


def test_an_empty_journal_is_whole(owner: Engine) -> None:
    with owner.begin() as conn:
        assert journal.head(conn) == EMPTY
        assert journal.verify(conn) == EMPTY
        assert journal.verify(conn, [EMPTY]) == EMPTY
        assert journal.stands(conn, EMPTY)


# --- the head beside the database ------------------------------------------------------------------


def test_the_head_file_says_what_was_written_last(tmp_path: Path) -> None:
    file = tmp_path / "head"
    assert journal.read_head_file(file) is None
    journal.write_head_file(file, Head(3, "c" * 64))
    assert journal.read_head_file(file) == Head(3, "c" * 64)
    journal.write_head_file(file, Head(5, "e" * 64))
    assert journal.read_head_file(file) == Head(5, "e" * 64)
    assert [path.name for path in tmp_path.iterdir()] == ["head"]


@pytest.mark.parametrize("older", [Head(3, "d" * 64), Head(2, "b" * 64), EMPTY])
def test_an_older_head_never_replaces_a_newer_one(tmp_path: Path, older: Head) -> None:
    file = tmp_path / "head"
    journal.write_head_file(file, Head(3, "c" * 64))
    journal.write_head_file(file, older)
    assert journal.read_head_file(file) == Head(3, "c" * 64)
