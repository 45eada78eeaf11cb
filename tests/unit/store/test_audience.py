"""Who is addressed: sealed, once each, and frozen."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from broadcaster.model.cap import MsgType
from broadcaster.model.draft import Audience
from broadcaster.store import alerts, audience, facts
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON

VARIANTS = [("sms", "nl", 0), ("sms", "en", 1), ("sms", "pl", 1)]


def addressed(conn: Connection, house: House, **wanted: Any) -> list[str]:
    """The numbers that an alert to this audience goes to, in order."""
    alert = lives.submitted(conn, house, audience=wanted, channels=["sms"])
    found = conn.scalars(
        text(
            "SELECT a.sealed FROM addressee e JOIN address a ON a.id = e.address_id WHERE e.alert_id = :a ORDER BY e.n"
        ),
        {"a": alert.id},
    )
    return [lives.SEAL.open(bytes(sealed), "sms") for sealed in found]


@pytest.fixture
def people(conn: Connection) -> Connection:
    """Four more: north, south, both, and one in two groups."""
    lives.listed(
        conn,
        [
            "N,nl,wijk,noord,+31700000001,,",
            "Z,nl,wijk,zuid,+31700000002,,",
            "B,en,wijk,noord;zuid,+31700000003,,",
            "G,pl,wijk;zorg,noord,+31700000004,,",
        ],
    )
    return conn


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"groups": ["wijk"]}, "1234"),
        ({"groups": ["zorg"]}, "4"),
        ({"groups": ["wijk", "zorg"]}, "1234"),
        ({"groups": ["wijk"], "areas": ["zuid"]}, "23"),
        ({"groups": ["zorg"], "areas": ["noord", "zuid"]}, "4"),
        ({"groups": ["wijk"], "areas": ["noord", "zuid"]}, "1234"),
    ],
)
def test_an_audience_is_who_is_in_one_of_the_areas_and_in_one_of_the_groups(
    people: Connection, house: House, wanted: dict[str, list[str]], numbers: str
) -> None:
    assert addressed(people, house, **wanted) == [f"+3170000000{n}" for n in numbers]


def test_an_audience_of_areas_alone_is_everyone_there(people: Connection, house: House) -> None:
    assert addressed(people, house, areas=["zuid"]) == ["+31700000002", "+31700000003"]


def test_neither_groups_nor_areas_is_nobody(people: Connection, house: House) -> None:
    alert = lives.submitted(people, house)
    assert audience.joined_since(people, alert.id, lives.ORGANISATION, Audience(), VARIANTS) == 0
    everyone = Audience(areas=["noord", "zuid"])
    assert audience.joined_since(people, alert.id, lives.ORGANISATION, everyone, VARIANTS) > 0


def test_whoever_shares_an_address_gets_one_copy(conn: Connection, house: House) -> None:
    shared = [
        f"H{i},{language},huis,noord,+31700000009,thuis@voorbeeld.example,"
        for i, language in enumerate(["nl", "en", "nl"])
    ]
    for line in shared:  # one file would renew the same recipient
        lives.listed(conn, [line.replace("thuis@voorbeeld.example", "")])
    lives.listed(conn, ["H9,en,huis,noord,+31700000010,thuis@voorbeeld.example,"])
    assert addressed(conn, house, groups=["huis"]) == ["+31700000009", "+31700000010"]


def test_who_opted_out_or_was_retired_is_not_addressed(people: Connection, house: House) -> None:
    facts.opt_out(people, "sms", lives.SEAL.mark("+31700000001", "sms"), NOON)
    people.execute(
        text("UPDATE address SET retired_at = 1 WHERE mark = :m"), {"m": lives.SEAL.mark("+31700000002", "sms")}
    )
    assert addressed(people, house, groups=["wijk"]) == ["+31700000003", "+31700000004"]


def test_each_gets_the_text_in_their_own_language_or_the_first_that_the_hub_requires(
    people: Connection, house: House
) -> None:
    alert = lives.submitted(people, house, audience={"groups": ["wijk"]}, channels=["sms"])
    renditions = alerts.renditions(people, alert.id)
    chosen = people.scalars(text("SELECT rendition FROM addressee WHERE alert_id = :a ORDER BY n"), {"a": alert.id})
    assert [renditions[position].language for position in chosen] == ["nl", "nl", "en", "nl"]


def test_a_recipients_channels_stand_together(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, channels=["email", "sms"])
    rows = conn.execute(
        text(
            "SELECT a.recipient_id FROM addressee e JOIN address a ON a.id = e.address_id"
            " WHERE e.alert_id = :a ORDER BY e.n"
        ),
        {"a": alert.id},
    )
    order = [recipient for (recipient,) in rows]
    assert order == sorted(order)
    assert Counter(order).most_common(1)[0][1] == 2


def test_the_seal_covers_who_gets_what_in_which_order(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house)
    assert audience.sealed(conn, alert.id) == alert.addressees
    same = lives.submitted(conn, house)
    assert same.addressees == alert.addressees
    fewer = lives.submitted(conn, house, audience={"areas": ["noord"], "groups": ["bewoners"]}, channels=["email"])
    assert fewer.addressees != alert.addressees


def test_who_joins_after_the_freezing_is_not_included_and_is_counted(people: Connection, house: House) -> None:
    alert = lives.submitted(people, house, audience={"groups": ["wijk"]})
    wanted = Audience(groups=["wijk"])
    variants = [*VARIANTS, ("sms", "ar", 1)]
    assert audience.joined_since(people, alert.id, lives.ORGANISATION, wanted, variants) == 0
    lives.listed(people, ["L,ar,wijk,noord,+31700000011,,"])
    assert audience.joined_since(people, alert.id, lives.ORGANISATION, wanted, variants) == 1
    assert audience.sealed(people, alert.id) == alert.addressees


# --- importing -------------------------------------------------------------------------------------


def test_a_known_address_renews_its_recipient_and_an_opt_out_stays(people: Connection) -> None:
    facts.opt_out(people, "sms", lives.SEAL.mark("+31700000001", "sms"), NOON)
    assert lives.listed(people, ["N2,en,zorg,zuid,+31700000001,n@voorbeeld.example,"]) == {
        "added": 0,
        "renewed": 1,
        "retired": 0,
    }
    row = people.execute(
        text("SELECT r.language, r.name, a.opted_out_at FROM recipient r JOIN address a ON a.recipient_id = r.id"
             " WHERE a.mark = :m AND a.retired_at IS NULL"), {"m": lives.SEAL.mark("+31700000001", "sms")},
    ).one()  # fmt: skip
    assert (row.language, lives.SEAL.open(bytes(row.name), "name")) == ("en", "N2")
    assert row.opted_out_at is not None


def test_an_address_that_leaves_and_returns_is_still_opted_out(people: Connection) -> None:
    mark = lives.SEAL.mark("+31700000001", "sms")
    facts.opt_out(people, "sms", mark, NOON)
    lives.listed(people, ["N,nl,wijk,noord,,n@voorbeeld.example,"])  # another recipient: no address in common
    lives.listed(people, ["N,nl,wijk,noord,+31700000001;+31700000021,,"])
    lives.listed(people, ["N,nl,wijk,noord,+31700000021,,"])
    lives.listed(people, ["N,nl,wijk,noord,+31700000021;+31700000001,,"])
    standing = people.execute(
        text("SELECT opted_out_at FROM address WHERE mark = :m AND retired_at IS NULL"), {"m": mark}
    ).all()
    assert standing
    assert all(row.opted_out_at is not None for row in standing)


def test_the_same_file_twice_changes_nothing(people: Connection, house: House) -> None:
    before = people.execute(text("SELECT count(*), max(id) FROM address")).one()
    lives.listed(people, ["N,nl,wijk,noord,+31700000001,,", "Z,nl,wijk,zuid,+31700000002,,"])
    assert people.execute(text("SELECT count(*), max(id) FROM address")).one() == before


def test_a_file_that_replaces_retires_whoever_is_not_in_it(people: Connection, house: House) -> None:
    counts = lives.listed(people, ["N,nl,wijk,noord,+31700000001,,"], replace=True)
    assert counts == {"added": 0, "renewed": 1, "retired": 7}
    assert addressed(people, house, areas=["noord", "zuid"]) == ["+31700000001"]


def test_no_name_or_address_can_be_read_in_the_database(people: Connection) -> None:
    for table, columns in (("recipient", "name"), ("address", "sealed, mark")):
        stored = repr(people.execute(text(f"SELECT {columns} FROM {table}")).all())
        assert "+31" not in stored
        assert "Inwoner" not in stored
        assert "voorbeeldstad" not in stored


@pytest.mark.parametrize("act", [None, MsgType.UPDATE, MsgType.CANCEL])
def test_postgresql_joins_a_list_that_came_in_just_now_by_hash(
    conn: Connection, house: House, act: MsgType | None
) -> None:
    """It knows nothing yet of how long the list is: by nested loops 20,000 readers took it 100 seconds."""
    if conn.dialect.name == "sqlite":
        return
    seen: list[tuple[str, str]] = []

    def look(conn: Connection, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO addressee"):
            seen.append(("addressees", cursor.connection.execute("SHOW enable_nestloop").fetchone()[0]))

    event.listen(conn, "before_cursor_execute", look)
    lives.listed(conn, [f"R{n},nl,wijk,noord,+3170000{n:04},," for n in range(20)])
    first = lives.approved(conn, house)
    if act is not None:
        lives.corrected(conn, house, first, act)
    assert {how for _, how in seen} == {"off"}
    assert conn.scalar(text("SHOW enable_nestloop")) == "on"
