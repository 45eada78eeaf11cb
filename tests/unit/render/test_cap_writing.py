"""Bulletins as CAP documents."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from broadcaster.model.cap import MsgType
from broadcaster.render.bulletin import Bulletin, Earlier, Resource
from broadcaster.render.cap import profile, writing
from tests import cap_rules
from tests.bulletins import bulletin, content
from tests.cap_rules import parameters, text, texts


def written(given: Bulletin, *, approved: bool = True) -> str:
    root = writing.document(given, approved=approved)
    raw = writing.as_bytes(root)
    assert profile.breaches(etree.fromstring(raw)) == []
    assert cap_rules.breaches(raw.decode()) == []
    return raw.decode()


def test_the_same_bulletin_is_the_same_document():
    assert written(bulletin()) == written(bulletin())


@pytest.mark.parametrize(("at", "zone", "said"), [
    ("2026-11-23T13:10:00+00:00", "Europe/Amsterdam", "2026-11-23T14:10:00+01:00"),
    ("2026-07-01T13:10:00+00:00", "Europe/Amsterdam", "2026-07-01T15:10:00+02:00"),
    ("2026-10-25T01:30:00+00:00", "Europe/Amsterdam", "2026-10-25T02:30:00+01:00"),
    ("2026-10-25T00:30:00+00:00", "Europe/Amsterdam", "2026-10-25T02:30:00+02:00"),
    ("2026-11-23T13:10:00+00:00", "UTC", "2026-11-23T13:10:00-00:00"),
    ("2026-11-23T13:10:00+00:00", "America/Curacao", "2026-11-23T09:10:00-04:00"),
])  # fmt: skip
def test_a_time_has_the_offset_of_the_hub_and_never_a_letter(at, zone, said):
    assert text(written(bulletin(sent_at=datetime.fromisoformat(at), timezone=zone)), "sent") == said


def test_what_has_no_place_in_cap_is_a_parameter_and_what_people_must_read_is_not_only_there():
    said = written(bulletin(replaces=2))
    nl = parameters(said)[0]
    assert (nl[profile.NOTICE], nl[profile.REPLACES]) == ("3", "2")
    assert nl[profile.AS_OF] == "2026-11-23T14:05:00+01:00"
    assert nl[profile.NEXT_UPDATE] == "2026-11-23T16:10:00+01:00"
    assert "pinautomaten" in texts(said, "info/description")[0]


def test_an_address_without_a_scheme_becomes_one_that_a_machine_can_follow():
    said = written(bulletin())
    assert texts(said, "info/web") == ["https://crisis.voorbeeldstad.example"]
    told = content(infos={"nl": {"headline": "x", "web": "kijk op de site"}})
    assert texts(written(bulletin(told)), "info/web") == []
    assert parameters(written(bulletin(told)))[0][profile.WEB] == "kijk op de site"


def test_references_name_every_earlier_message_the_first_one_first():
    earlier = tuple(Earlier("oud.example", f"id-{n}", datetime(2026, 11, 23, n, tzinfo=UTC)) for n in (9, 8))
    said = written(bulletin(msg_type=MsgType.UPDATE, earlier=earlier))
    first, second = "oud.example,id-8,2026-11-23T09:00:00+01:00", "oud.example,id-9,2026-11-23T10:00:00+01:00"
    assert text(said, "references") == f"{first} {second}"


def test_an_easy_text_has_a_language_that_others_know():
    infos = {"nl": {"headline": "Stroomuitval"}, "nl-easy": {"headline": "Geen stroom"}, "ar": {"headline": "انقطاع"}}
    assert texts(written(bulletin(content(infos=infos))), "info/language") == ["nl", "ar", "nl-simple"]


def test_the_scenarios_code_and_kind_of_action_are_said():
    said = written(bulletin(event_code="OET-145", response_types=("Prepare", "Monitor")))
    assert texts(said, "info/eventCode/value") == ["OET-145", "OET-145"]
    assert texts(said, "info/responseType") == ["Prepare", "Monitor"] * 2


def test_a_poster_goes_with_it():
    poster = Resource("Poster A4", "application/pdf", "https://crisis.example/p.pdf", 1234, "aa" * 20)
    said = written(bulletin(resources=(poster,)))
    assert texts(said, "info/resource/uri") == ["https://crisis.example/p.pdf"] * 2
    assert texts(said, "info/resource/size") == ["1234"] * 2


def test_a_message_for_some_says_so_and_one_without_approval_is_a_draft():
    said = written(bulletin(content(channels=["sms"])), approved=False)
    assert (text(said, "scope"), text(said, "status")) == ("Restricted", "Draft")
    assert text(said, "restriction")


@pytest.mark.parametrize(("status", "word"), [("Exercise", "OEFENING"), ("Test", "TEST")])
def test_what_is_not_real_says_so_at_both_ends(status, word):
    said = written(bulletin(content(status=status)))
    assert text(said, "status") == status
    assert word in text(said, "note")
    for path in ("event", "headline", "description", "instruction"):
        first = texts(said, f"info/{path}")[0]
        assert first.startswith(word)
        assert first.endswith(word)


def test_signs_of_markup_and_of_other_scripts_arrive_as_they_are():
    odd = 'Een <b> & "x" ]]> \u2066\u06452\u2069 😀 \ufffe'
    said = written(bulletin(content(infos={"nl": {"headline": odd}})))
    assert text(said, "info/headline") == odd.replace("\ufffe", "")


def test_an_area_is_said_in_the_order_of_cap_and_closed():
    said = written(bulletin())
    assert texts(said, "info/area/polygon")[0] == "52.10000,5.10000 52.10000,5.20000 52.20000,5.20000 52.10000,5.10000"
    assert texts(said, "info/area/geocode/value")[0] == "noord"
