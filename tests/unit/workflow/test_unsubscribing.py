"""Who wants no more gets no more, in whatever list they stand."""

import pytest
from sqlalchemy import Connection, text

from broadcaster import ids
from broadcaster.channel import Inbound
from broadcaster.model.audience import Recipient
from broadcaster.model.cap import Lane
from broadcaster.store import alerts, intake, queue
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import importing, receiving, unsubscribing
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON

HUB = "https://crisis.voorbeeldstad.example"
READERS = {unsubscribing.ACCOUNT: unsubscribing.reader(lives.SEAL)}


@pytest.fixture
def alert(conn: Connection, house: House) -> AlertRow:
    return lives.expanded(conn, house, channels=["email"])


def token(alert: AlertRow, n: int = 1) -> str:
    return unsubscribing.links(lives.SEAL, HUB)(ids.reference(alert.id, n)).removeprefix(f"{HUB}/uit/")


def press(conn: Connection, alert: AlertRow) -> None:
    assert unsubscribing.ask(conn, lives.SEAL, token(alert), NOON)
    receiving.apply_waiting(conn, lives.SEAL, READERS, 0, NOON)


def first_address(conn: Connection, alert: AlertRow) -> str:
    query = "SELECT a.sealed FROM addressee e JOIN address a ON a.id = e.address_id WHERE e.alert_id = :a AND e.n = 1"
    return lives.SEAL.open(bytes(conn.scalar(text(query), {"a": alert.id})), "email")


def opted_out(conn: Connection) -> list[str]:
    rows = conn.execute(text("SELECT kind, sealed FROM address WHERE opted_out_at IS NOT NULL ORDER BY id"))
    return [lives.SEAL.open(bytes(sealed), kind) for kind, sealed in rows]


def test_what_was_under_way_to_them_ends_as_opted_out_when_it_is_claimed(conn: Connection, alert: AlertRow) -> None:
    press(conn, alert)
    account = lives.ACCOUNTS["email"]
    claimed = queue.claim(conn, Lane.LIVE, account, "w", 500, NOON)
    assert 1 not in [claim.n for claim in claimed]
    state = conn.execute(text("SELECT state, reason FROM delivery WHERE alert_id = :a AND n = 1"), {"a": alert.id})
    assert state.one() == ("failed", "opted-out")


def test_the_address_is_out_in_every_list_and_stays_out_when_it_is_imported_again(
    conn: Connection, alert: AlertRow
) -> None:
    box = first_address(conn, alert)
    organisation = alert.organisation_id
    alerts.sync_organisations(conn, [("buurstad", "Gemeente Buurstad", "buurstad.example")])
    other = Recipient("Een ander", "en", ("artsen",), ("noord",), (("email", box), ("sms", "+31611111111")))
    intake.put(conn, "buurstad", [importing.sealed(lives.SEAL, other)], NOON)
    press(conn, alert)
    assert opted_out(conn) == [box, box]
    later = Recipient("Nog een", "nl", ("raad",), ("noord",), (("email", box),))
    intake.put(conn, organisation, [importing.sealed(lives.SEAL, later)], NOON)
    still_in = conn.scalar(
        text("SELECT count(*) FROM address WHERE kind = 'email' AND mark = :m AND opted_out_at IS NULL"),
        {"m": lives.SEAL.mark(box, "email")},
    )
    assert still_in == 0


def test_what_was_pressed_is_kept_sealed_before_it_is_applied(conn: Connection, alert: AlertRow) -> None:
    unsubscribing.ask(conn, lives.SEAL, token(alert), NOON)
    assert opted_out(conn) == []
    [sealed] = [bytes(row.sealed) for row in conn.execute(text("SELECT sealed FROM fact"))]
    assert alert.id.encode() not in sealed
    receiving.apply_waiting(conn, lives.SEAL, READERS, 0, NOON)
    assert opted_out(conn) == [first_address(conn, alert)]
    assert conn.scalar(text("SELECT note FROM fact")) == "opted out"


def test_a_link_holds_no_address_and_is_plain_ascii(conn: Connection, alert: AlertRow) -> None:
    link = unsubscribing.links(lives.SEAL, "https://crisis.vóórbeeldstad.example/hub")(ids.reference(alert.id, 1))
    assert link.isascii()
    assert "@" not in link
    assert link.startswith("https://crisis.xn--vrbeeldstad-qeba.example/hub/uit/")


def test_a_reader_takes_only_links_of_the_house() -> None:
    for body in (b"", b"\xff", b"x" * 60):
        with pytest.raises(ValueError, match="not a link of ours"):
            READERS[unsubscribing.ACCOUNT](Inbound(body, {}, {}))
