"""What readers tell us: a start, a stop, a language, another address. The order never matters (R6)."""

import json
import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.channel import Fact, Inbound, Moved, Subscribed, Unsubscribed
from broadcaster.store import facts, journal
from broadcaster.workflow import hearing, receiving
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON

ACCOUNT = "telegram.main"
TELEGRAM: dict[str, Any] = {"channels": ["telegram"], "audience": {"groups": ["telegram"], "areas": ["noord"]}}
Word = tuple[str, dict[str, Any]]


def start(chat: str, at: int | None, language: str | None = "nl", area: str | None = None) -> Word:
    return "start", {"address": chat, "at": at, "language": language, "area": area}


def chosen(chat: str, at: int, language: str) -> Word:
    return "start", {"address": chat, "at": at, "language": language, "chosen": True}


def stop(chat: str, at: int | None) -> Word:
    return "stop", {"address": chat, "at": at}


def move(old: str, new: str) -> Word:
    return "moved", {"address": old, "to": new}


def read(inbound: Inbound) -> list[Fact]:
    """A provider whose times are whole seconds after noon."""
    kinds: dict[str, type[Any]] = {"start": Subscribed, "stop": Unsubscribed, "moved": Moved}
    found = []
    for kind, fields in json.loads(inbound.body):
        if fields.get("at") is not None:
            fields["at"] = NOON + timedelta(seconds=fields["at"])
        found.append(kinds[kind](**fields))
    return found


def tell(conn: Connection, *words: Word, received_in: float = 0.0) -> None:
    for word in words:
        inbound = Inbound(json.dumps([word]).encode(), {}, {})
        receiving.receive(conn, lives.SEAL, ACCOUNT, inbound, NOON + timedelta(seconds=received_in))


def apply(conn: Connection, house: House, passed: timedelta = timedelta(0)) -> None:
    """As the hub does, twice a second: what waits is looked at again."""
    for _ in range(3):
        last: int | None = 0
        while last is not None:
            last = receiving.apply_waiting(conn, lives.SEAL, {ACCOUNT: read}, last, NOON + passed, house)


def notes(conn: Connection) -> list[str | None]:
    return [*conn.scalars(text("SELECT note FROM fact ORDER BY id"))]


def readers(conn: Connection) -> list[tuple[Any, ...]]:
    """Everybody with a chat: the chat, the language, the areas, the groups, and whether they get anything."""
    rows = conn.execute(
        text(
            "SELECT r.id, a.sealed, r.language, a.opted_out_at FROM address a JOIN recipient r ON r.id = a.recipient_id"
            " WHERE a.kind = 'telegram' AND a.retired_at IS NULL AND r.retired_at IS NULL"
        )
    ).all()
    found = []
    for row in rows:
        areas = conn.scalars(text("SELECT area_id FROM recipient_area WHERE recipient_id = :r"), {"r": row.id})
        groups = conn.scalars(
            text(
                "SELECT name FROM audience_group g JOIN recipient_group m ON m.group_id = g.id"
                " WHERE m.recipient_id = :r"
            ),
            {"r": row.id},
        )
        chat = lives.SEAL.open(bytes(row.sealed), "telegram")
        found.append((chat, row.language, tuple(sorted(areas)), tuple(sorted(groups)), row.opted_out_at is None))
    return sorted(found)


BOTH, GROUP = ("noord", "zuid"), ("telegram",)

# What is said, and what then stands, whatever the order.
STORIES = [
    ([start("7", 1)], [("7", "nl", BOTH, GROUP, True)]),
    ([start("7", 1), stop("7", 2)], [("7", "nl", BOTH, GROUP, False)]),
    ([start("7", 1), stop("7", 2), start("7", 3)], [("7", "nl", BOTH, GROUP, True)]),
    ([start("7", 1), stop("7", 1)], [("7", "nl", BOTH, GROUP, False)]),
    ([start("7", 1, area="noord")], [("7", "nl", ("noord",), GROUP, True)]),
    ([start("7", 1, area="noord"), start("7", 2, area="zuid"), stop("7", 3)], [("7", "nl", BOTH, GROUP, False)]),
    ([start("7", 1, area="nergens")], [("7", "nl", BOTH, GROUP, True)]),
    ([start("7", 1), chosen("7", 2, "tr"), chosen("7", 3, "ar"), stop("7", 4)], [("7", "ar", BOTH, GROUP, False)]),
    ([start("7", 1), chosen("7", 2, "tr"), start("7", 9)], [("7", "tr", BOTH, GROUP, True)]),
    ([start("7", 1), stop("8", 2), start("9", 3)], [("7", "nl", BOTH, GROUP, True), ("9", "nl", BOTH, GROUP, True)]),
    ([start("-5", 1), move("-5", "-100")], [("-100", "nl", BOTH, GROUP, True)]),
    ([start("-5", 1), move("-5", "-100"), stop("-100", 2), start("-100", 3)], [("-100", "nl", BOTH, GROUP, True)]),
    ([start("-5", 1), move("-5", "-100"), stop("-5", 2)], [("-100", "nl", BOTH, GROUP, False)]),
    ([start("-5", 1), move("-5", "-6"), move("-6", "-7"), chosen("-5", 2, "tr")], [("-7", "tr", BOTH, GROUP, True)]),
    ([start("-5", 1, area="noord"), chosen("-5", 2, "tr"), start("-100", 3, area="zuid"), move("-5", "-100")],
     [("-100", "tr", BOTH, GROUP, True)]),
]  # fmt: skip


def end_of(conn: Connection, house: House, words: Sequence[Word], pauses: random.Random) -> list[tuple[Any, ...]]:
    """What stands after these words, applied a few at a time; then all is undone."""
    undone = conn.begin_nested()
    for word in words:
        tell(conn, word)
        if pauses.random() < 0.3:
            apply(conn, house)
    apply(conn, house)
    apply(conn, house, hearing.EARLY_IN + timedelta(seconds=1))
    ended, waiting = readers(conn), len(facts.waiting(conn, 0, 100))
    undone.rollback()
    assert waiting == 0
    return ended


@pytest.mark.parametrize(("words", "stands"), STORIES, ids=range(len(STORIES)))
def test_what_stands_never_depends_on_the_order_or_on_how_often_it_was_said(
    conn: Connection, house: House, words: list[Word], stands: list[tuple[Any, ...]]
) -> None:
    rng = random.Random(2026)
    orders = [*permutations(words)]
    orders = rng.sample(orders, min(4, len(orders)))
    five_times = [word for word in words for _ in range(5)]
    orders += [tuple(rng.sample(five_times, len(five_times))) for _ in range(2)]
    for order in orders:
        assert end_of(conn, house, order, rng) == stands, order


def test_a_provider_that_tells_no_time_is_believed_in_the_order_we_received_it(conn: Connection, house: House) -> None:
    tell(conn, start("7", None), received_in=1)
    tell(conn, stop("7", None), received_in=2)
    apply(conn, house)
    [(*_, gets)] = readers(conn)
    assert not gets
    tell(conn, start("7", None), received_in=3)
    apply(conn, house)
    [(*_, gets)] = readers(conn)
    assert gets


def test_a_reader_is_addressed_and_after_a_stop_no_longer(conn: Connection, house: House) -> None:
    tell(conn, start("7", 1), start("8", 1, area="zuid"))
    apply(conn, house)
    assert _addressed(conn, house) == ["7"]
    tell(conn, stop("7", 2), start("8", 2, area="noord"))
    apply(conn, house)
    assert _addressed(conn, house) == ["8"]


def _addressed(conn: Connection, house: House) -> list[str]:
    alert = lives.submitted(conn, _with_telegram(house), **TELEGRAM)
    query = text("SELECT a.sealed FROM addressee e JOIN address a ON a.id = e.address_id WHERE e.alert_id = :a")
    return [lives.SEAL.open(bytes(sealed), "telegram") for sealed in conn.scalars(query, {"a": alert.id})]


def _with_telegram(house: House) -> House:
    from channels import telegram_bot

    spec = telegram_bot.spec(telegram_bot.Settings())
    return House(house.settings, {**house.specs, "telegram": spec}, {**house.accounts, "telegram": "telegram.main"})


def test_who_is_in_an_audience_file_as_well_gets_one_copy_and_stops_and_starts_as_one(
    conn: Connection, house: House
) -> None:
    lives.listed(conn, ["Inwoner,en,telegram,noord,,,7"])
    tell(conn, start("7", 1))
    apply(conn, house)
    assert _addressed(conn, house) == ["7"]
    tell(conn, stop("7", 2), start("8", 2))
    apply(conn, house)
    assert _addressed(conn, house) == ["8"]


def test_a_file_takes_away_nobody_who_came_by_themselves(conn: Connection, house: House) -> None:
    tell(conn, start("7", 1))
    apply(conn, house)
    lives.listed(conn, ["Ander,en,bewoners,noord,,,9"], replace=True)
    lives.listed(conn, ["Inwoner,en,bewoners,noord,,,7"])
    lives.listed(conn, ["Ander,en,bewoners,noord,,,9"], replace=True)
    assert ("7", "nl", BOTH, GROUP, True) in readers(conn)


def test_a_file_does_not_undo_a_stop(conn: Connection, house: House) -> None:
    tell(conn, start("7", 1), stop("7", 2))
    apply(conn, house)
    lives.listed(conn, ["Inwoner,en,telegram,noord,,,7"])
    tell(conn, start("7", 1))
    apply(conn, house)
    assert not any(gets for *_, gets in readers(conn))


def test_a_stop_from_nobody_waits_a_while_and_is_put_away(conn: Connection, house: House) -> None:
    tell(conn, stop("7", 1), move("-5", "-6"))
    apply(conn, house, hearing.EARLY_IN)
    assert notes(conn) == [None, None]
    apply(conn, house, hearing.EARLY_IN + timedelta(seconds=1))
    assert notes(conn) == ["nobody we know"] * 2
    assert readers(conn) == []


def test_chats_that_move_in_a_circle_are_no_trap(conn: Connection, house: House) -> None:
    tell(conn, start("-5", 1), move("-5", "-6"), move("-6", "-5"), move("-5", "-5"), stop("-6", 2))
    apply(conn, house)
    assert None not in notes(conn)
    assert [(chat, gets) for chat, *_, gets in readers(conn)] == [("-5", False)]


def test_words_from_what_is_no_chat_change_nothing(conn: Connection, house: House) -> None:
    before = readers(conn)
    tell(conn, start("", 1), start("x" * 500, 1), stop("geen chat", 1), move("7", "nergens"), move("", "7"))
    apply(conn, house)
    assert set(notes(conn)) == {"no address"}
    assert readers(conn) == before


def test_the_old_address_says_where_it_went(conn: Connection, house: House) -> None:
    tell(conn, start("-5", 1), move("-5", "-6"))
    apply(conn, house)
    query = "SELECT b.sealed FROM address a JOIN address b ON b.id = a.moved_to_id WHERE a.retired_at IS NOT NULL"
    assert [lives.SEAL.open(bytes(sealed), "telegram") for sealed in conn.scalars(text(query))] == ["-6"]


def test_nobodys_chat_or_name_is_in_the_database_or_the_journal(conn: Connection, house: House) -> None:
    since = journal.head(conn).seq
    tell(conn, start("4500000001", 1), chosen("4500000001", 2, "tr"), stop("4500000001", 3))
    apply(conn, house)
    columns = [
        *conn.execute(text("SELECT * FROM address WHERE kind = 'telegram'")).all(),
        *conn.execute(text("SELECT * FROM recipient WHERE subscribed_at IS NOT NULL")).all(),
    ]
    assert "4500000001" not in str([*map(tuple, columns), *journal.lines(conn, since)])
    assert b"4500000001" not in b"".join(bytes(v) for row in columns for v in row if isinstance(v, bytes | memoryview))
