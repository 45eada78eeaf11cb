"""The register of contacts, and what it says of a draft, on both engines."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from broadcaster.model.contacts import Contact, ContactKind, Standing
from broadcaster.model.finding import FindingKind
from broadcaster.model.people import Caller
from broadcaster.render import scenarios
from broadcaster.render.limited import InlineRenderer
from broadcaster.store import contacts as store
from broadcaster.store import journal
from broadcaster.workflow import contacts
from broadcaster.workflow.composing import compose, gather
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT, CARA, DIRK, MACHINE

PHONE, ADDRESS = ContactKind.PHONE, ContactKind.ADDRESS


@pytest.fixture(autouse=True)
def _standing(standing: None) -> None:
    """People and an audience."""


def proposed(conn: Connection, house: House, value: str = "14 033", kind: ContactKind = PHONE, **given: str) -> Contact:
    return contacts.propose(conn, house, ANNA, kind, value, "Gemeente", given.get("replaces"), NOON)


def verified(conn: Connection, house: House, value: str = "14 033", kind: ContactKind = PHONE) -> Contact:
    return contacts.verify(conn, BERT, proposed(conn, house, value, kind).id or "", None, NOON)


def codes(conn: Connection, house: House, **changes: Any) -> list[tuple[str, str, FindingKind]]:
    """What is said about contacts of a draft, with where and how much it weighs."""
    draft = lives.drafted(conn, house, **changes)
    composed = lives.done(compose(house, InlineRenderer(), gather(conn, draft.id), NOON))
    return [
        (finding.code, finding.field, finding.kind)
        for finding in composed.every_finding
        if finding.code.startswith("contact-")
    ]


def saying(text: str, slot: str = "instruction") -> dict[str, dict[str, str]]:
    return {"nl": {**lives.TEXTS, slot: text}, "en": lives.TEXTS}


def refused(why: Why) -> "pytest.RaisesExc[Refused]":
    return pytest.raises(Refused, check=lambda error: error.why is why)


def test_a_contact_counts_from_when_another_person_verified_it(conn: Connection, house: House) -> None:
    text = saying("Bel 14 033.")
    assert codes(conn, house, infos=text) == [("contact-unknown:14033", "infos.nl.instruction", FindingKind.BLOCKING)]
    line = proposed(conn, house)
    assert codes(conn, house, infos=text) != []
    with refused(Why.FORBIDDEN):
        contacts.verify(conn, ANNA, line.id or "", None, NOON)
    contacts.verify(conn, BERT, line.id or "", None, NOON)
    assert codes(conn, house, infos=text) == []


@pytest.mark.parametrize("caller", [DIRK, MACHINE, lives.EVA], ids=["a viewer", "a machine", "an admin"])
def test_only_officers_propose_verify_and_retire(conn: Connection, house: House, caller: Caller) -> None:
    line = proposed(conn, house)
    with refused(Why.FORBIDDEN):
        contacts.propose(conn, house, caller, PHONE, "14 031", "x", None, NOON)
    with refused(Why.FORBIDDEN):
        contacts.verify(conn, caller, line.id or "", None, NOON)
    with refused(Why.FORBIDDEN):
        contacts.retire(conn, caller, line.id or "", NOON)


def test_a_verification_that_is_over_is_accepted_by_name(conn: Connection, house: House) -> None:
    line = proposed(conn, house)
    contacts.verify(conn, BERT, line.id or "", NOON + timedelta(minutes=1), NOON - timedelta(days=1))
    assert codes(conn, house, infos=saying("Bel 14 033.")) == []
    conn.exec_driver_sql(
        f"UPDATE contact SET valid_until = 1, verified_at = 0, verifier_id = 'bert' WHERE id = '{line.id}'"
    )
    found = codes(conn, house, infos=saying("Bel 14 033."))
    assert found == [("contact-expired:14033", "infos.nl.instruction", FindingKind.TO_ACCEPT)]


def test_one_person_puts_a_contact_in_doubt_and_another_retires_it(conn: Connection, house: House) -> None:
    line, text = verified(conn, house), saying("Bel 14 033.")
    assert contacts.retire(conn, CARA, line.id or "", NOON).standing(NOON) is Standing.RETIRING
    assert codes(conn, house, infos=text) == [("contact-doubted:14033", "infos.nl.instruction", FindingKind.TO_ACCEPT)]
    with refused(Why.FORBIDDEN):
        contacts.retire(conn, CARA, line.id or "", NOON)
    assert contacts.retire(conn, ANNA, line.id or "", NOON).standing(NOON) is Standing.RETIRED
    assert codes(conn, house, infos=text)[0][0] == "contact-unknown:14033"
    with refused(Why.CONFLICT):
        contacts.verify(conn, BERT, line.id or "", None, NOON)


def test_who_verifies_again_takes_the_doubt_away(conn: Connection, house: House) -> None:
    line = verified(conn, house)
    contacts.retire(conn, CARA, line.id or "", NOON)
    assert contacts.verify(conn, BERT, line.id or "", None, NOON).standing(NOON) is Standing.VERIFIED


def test_what_nobody_verified_one_person_puts_away(conn: Connection, house: House) -> None:
    line = proposed(conn, house)
    assert contacts.retire(conn, ANNA, line.id or "", NOON).standing(NOON) is Standing.RETIRED


def test_an_edit_counts_from_when_another_person_verified_it_and_then_the_old_one_is_gone(
    conn: Connection, house: House
) -> None:
    old = verified(conn, house)
    new = proposed(conn, house, "14 0339", replaces=old.id or "")
    assert store.get(conn, old.id or "") == old
    with refused(Why.FORBIDDEN):
        contacts.verify(conn, ANNA, new.id or "", None, NOON)
    contacts.verify(conn, BERT, new.id or "", None, NOON)
    gone = store.get(conn, old.id or "")
    assert gone is not None
    assert gone.standing(NOON) is Standing.RETIRED
    assert {gone.doubted_by, gone.retired_by} == {"anna", "bert"}
    assert [item.value for item in store.current(conn)] == ["14 0339"]


def test_what_is_known_is_not_proposed_again_and_what_is_none_not_at_all(conn: Connection, house: House) -> None:
    proposed(conn, house)
    for value in ("14033", "112"):
        with refused(Why.CONFLICT):
            proposed(conn, house, value)
    with refused(Why.INVALID):
        proposed(conn, house, "bel ons")
    with refused(Why.INVALID):
        proposed(conn, house, "14 031", replaces="0" * 26)


def test_everything_that_happens_to_a_contact_is_in_the_journal(conn: Connection, house: House) -> None:
    line = verified(conn, house)
    contacts.retire(conn, CARA, line.id or "", NOON)
    contacts.retire(conn, BERT, line.id or "", NOON)
    kinds = [(item["kind"], item["actor"]) for item in journal.about(conn, [line.id or ""])]
    assert kinds == [
        ("ContactProposed", "anna"),
        ("ContactVerified", "bert"),
        ("ContactDoubted", "cara"),
        ("ContactRetired", "bert"),
    ]


# --- where a contact may stand ----------------------------------------------------------------------


@pytest.mark.parametrize("slot", ["headline", "description", "impact", "instruction", "short", "contact", "web"])
@pytest.mark.parametrize("status", ["Actual", "Exercise"])
def test_an_unknown_contact_blocks_in_every_text_and_in_an_exercise_too(
    conn: Connection, house: House, slot: str, status: str
) -> None:
    text = "elders.example" if slot == "web" else "Bel 030-286 00 00"
    ((code, field, kind),) = codes(conn, house, status=status, infos=saying(text, slot))
    assert code in ("contact-unknown:+31302860000", "contact-unknown:elders.example")
    assert (field, kind) == (f"infos.nl.{slot}", FindingKind.BLOCKING)


@pytest.mark.parametrize("field", ["event", "source"])
def test_an_unknown_contact_blocks_in_the_lines_of_a_draft_too(conn: Connection, house: House, field: str) -> None:
    assert [code for code, _, _ in codes(conn, house, **{field: "Bel 030-286 00 00"})] == [
        "contact-unknown:+31302860000"
    ]


def test_a_short_number_alone_is_one_where_people_look_for_whom_to_call(conn: Connection, house: House) -> None:
    assert codes(conn, house, infos=saying("1234", "contact"))[0][0] == "contact-unknown:1234"
    assert codes(conn, house, infos=saying("Er zijn 1234 huizen zonder stroom.")) == []


def test_a_disguised_name_blocks_even_when_somebody_registered_it(conn: Connection, house: House) -> None:
    name = "rijksоverheid.nl"  # with a Cyrillic о
    verified(conn, house, name, ContactKind.URL)
    assert [code for code, _, _ in codes(conn, house, infos=saying(f"Kijk op {name}."))] == [
        "contact-disguised:xn--rijksverheid-8fk.nl"
    ]


def power(**fields: str) -> dict[str, Any]:
    return {"scenario": "power-outage", "infos": None, "fields": fields}


def test_the_field_of_a_scenario_is_named_once_and_not_each_text_that_it_fills(conn: Connection, house: House) -> None:
    found = codes(conn, house, **power(phone="030 286 00 00"))
    assert found == [("contact-unknown:+31302860000", "fields.phone", FindingKind.BLOCKING)]
    verified(conn, house, "030-2860000")
    assert codes(conn, house, **power(phone="+31 30 286 00 00")) == []


def test_the_words_of_every_scenario_mention_only_what_is_known_in_the_whole_country(
    conn: Connection, house: House
) -> None:
    for name in scenarios.names():
        if not scenarios.load(name).withdraws:
            assert codes(conn, house, scenario=name, infos=None) == [], name
