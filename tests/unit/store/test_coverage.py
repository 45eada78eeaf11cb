"""Who would miss a message, and why, counted in one go on either engine."""

from typing import Any

from sqlalchemy import Connection, text

from broadcaster.model.draft import Audience
from broadcaster.store import coverage, facts
from broadcaster.store.coverage import Profile
from tests import lives
from tests.clocks import NOON

LIST = [
    "A,nl,wijk,noord,+31700000001,a@voorbeeld.example,",
    "B,nl,wijk,noord,+31700000002,,",
    "C,pl,wijk,noord;zuid,,,123456",
    "D,nl,zorg,noord,+31700000004,d@voorbeeld.example,",
    "E,nl,wijk,zuid,+31700000005,,",
]


def counted(conn: Connection, **wanted: Any) -> dict[tuple[object, ...], int]:
    found = coverage.profiles(conn, lives.ORGANISATION, Audience(**wanted), ["sms", "email"])
    assert all(isinstance(item, Profile) for item in found)
    return {(item.in_areas, item.in_groups, item.language, item.has): item.count for item in found}


def test_everybody_is_counted_once_by_where_they_are_and_what_they_have(conn: Connection) -> None:
    conn.execute(text("UPDATE recipient SET retired_at = 1"))
    lives.listed(conn, LIST)
    facts.opt_out(conn, "email", lives.SEAL.mark("a@voorbeeld.example", "email"), NOON)
    assert counted(conn, areas=["noord"], groups=["wijk"]) == {
        (True, True, "nl", (2, 1)): 1,  # A ended the mail
        (True, True, "nl", (2, 0)): 1,  # B
        (True, True, "pl", (0, 0)): 1,  # C, once, though in two areas
        (True, False, "nl", (2, 2)): 1,  # D
        (False, True, "nl", (2, 0)): 1,  # E
    }
    assert sum(counted(conn, groups=["zorg"]).values()) == len(LIST)


def test_an_address_that_was_replaced_is_none(conn: Connection) -> None:
    conn.execute(text("UPDATE recipient SET retired_at = 1"))
    lives.listed(conn, LIST[:1])
    conn.execute(text("UPDATE address SET retired_at = 1 WHERE kind = 'sms'"))
    assert counted(conn, areas=["noord"]) == {(True, True, "nl", (0, 2)): 1}
