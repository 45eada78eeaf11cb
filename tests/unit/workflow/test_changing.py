"""What an update says otherwise than what it replaces: facts, named for the approver."""

from typing import Any

import pytest
from sqlalchemy import Connection

from broadcaster.model.cap import MsgType
from broadcaster.model.contacts import ContactKind
from broadcaster.model.finding import FindingKind
from broadcaster.store import alerts
from broadcaster.workflow import contacts
from broadcaster.workflow.changing import CHANGED
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT


@pytest.fixture(autouse=True)
def _known(conn: Connection, house: House, standing: None) -> None:
    """People, an audience, and two numbers of the town."""
    for value in ("14 032", "14 031"):
        line = contacts.propose(conn, house, ANNA, ContactKind.PHONE, value, "Gemeente", None, NOON)
        contacts.verify(conn, BERT, line.id or "", None, NOON)


def changed(conn: Connection, house: House, first: dict[str, Any], then: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Code, field and sentence of what an update of `first` with the changes `then` tells its approver."""
    alert = lives.approved(conn, house, **first)
    draft = lives.correcting_draft(conn, house, alert, MsgType.UPDATE, **then)
    made = lives.offered(conn, house, draft.id).alert
    found = [item for item in alerts.findings(conn, made.id) if item.code.partition(":")[0] in CHANGED]
    assert all(item.kind is FindingKind.NOTICE for item in found)
    return [(item.code, item.field, item.message) for item in found]


def calling(number: str, slot: str = "contact") -> dict[str, Any]:
    return {language: {**lives.TEXTS, slot: number} for language in ("nl", "en")}


def test_a_number_that_changed_is_named_with_what_it_was(conn: Connection, house: House) -> None:
    found = changed(conn, house, {"infos": calling("14 032")}, {"infos": calling("14 031")})
    assert found == [
        (
            "contact-changed:14031",
            "infos.nl.contact",
            "Gewijzigd sinds nr 1: het telefoonnummer was '14 032' en is nu '14 031'.",
        )
    ]


def test_a_number_that_came_and_one_that_went_are_named(conn: Connection, house: House) -> None:
    found = changed(conn, house, {"infos": calling("14 032")}, {"infos": calling("Bel 14 031", "instruction")})
    assert {code for code, _, _ in found} == {"contact-new:14031"}
    found = changed(
        conn,
        house,
        {"infos": calling("14 032")},
        {"infos": {language: {"contact": None} for language in ("nl", "en")}},
    )
    assert {code for code, _, _ in found} == {"contact-gone:14032"}


def test_what_came_in_another_text_did_not_take_the_place_of_what_went(conn: Connection, house: House) -> None:
    then = {language: {"contact": None, "instruction": "Bel 14 031"} for language in ("nl", "en")}
    found = changed(conn, house, {"infos": calling("14 032")}, {"infos": then})
    assert {code for code, _, _ in found} == {"contact-new:14031", "contact-gone:14032"}


def test_what_is_only_written_otherwise_did_not_change(conn: Connection, house: House) -> None:
    assert changed(conn, house, {"infos": calling("14 032")}, {"infos": calling("14032")}) == []


def test_a_typed_fact_that_changed_is_named_with_what_it_was(conn: Connection, house: House) -> None:
    fields = {"place": "Noord", "since": "06:30", "mobile": "works", "phone": "14 032"}
    first = {"scenario": "power-outage", "infos": None, "fields": fields}
    found = changed(conn, house, first, {"fields": {"since": "05:30", "households": 5000, "phone": "14 031"}})
    assert sorted(code for code, _, _ in found) == [
        "contact-changed:14031",
        "fact-changed:households",
        "fact-changed:since",
    ]
    assert any("was '06:30', is nu '05:30'" in message for _, _, message in found)
