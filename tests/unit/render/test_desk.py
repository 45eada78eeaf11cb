"""Texts for desks: what an officer hands to the control room, the radio and the crisis teams."""

import re
from datetime import timedelta
from typing import Any

import pytest

from broadcaster.model import gsm
from broadcaster.model.cap import MsgType
from broadcaster.model.finding import FindingKind
from broadcaster.render.desk import DESKS, nl_alert, radio
from tests.bulletins import CONTENT, NOORD, SENT, bulletin, content


def told(**slots: Any):
    """A bulletin in Dutch alone, with these texts."""
    return bulletin(content(infos={"nl": {"headline": "Stroomuitval", **slots}}))


# --- all of them -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DESKS)
def test_a_text_names_the_notice_its_times_its_place_and_who_stands_for_it(name):
    text = DESKS[name](bulletin(replaces=2))
    for said in ("Nr 3, vervangt nr 2", "Gemeente Voorbeeldstad", "Bert, 23 november 2026 14:14", "Noord"):
        assert said in text, said
    assert "Stroomuitval in Noord" in text
    assert text == DESKS[name](bulletin(replaces=2))


@pytest.mark.parametrize("name", DESKS)
@pytest.mark.parametrize(("status", "word"), [("Exercise", "OEFENING"), ("Test", "TEST")])
def test_a_text_that_is_not_real_begins_and_ends_with_its_word(name, status, word):
    text = DESKS[name](bulletin(content(status=status))).split()
    assert (text[0], text[-1]) == (word, word)
    assert word not in DESKS[name](bulletin()).split()


@pytest.mark.parametrize("name", DESKS)
def test_a_text_that_nobody_approved_says_that_it_goes_nowhere(name):
    assert "nog niet geaccordeerd: geef dit niet door" in DESKS[name](bulletin(approved_by=None, approved_at=None))


@pytest.mark.parametrize("name", DESKS)
def test_a_withdrawal_says_what_it_withdraws(name):
    assert "Nr 3, trekt nr 2 in" in DESKS[name](bulletin(replaces=2, msg_type=MsgType.CANCEL))


@pytest.mark.parametrize("name", DESKS)
def test_a_draft_that_lacks_nearly_everything_still_makes_a_text(name):
    nothing = {slot: None for slot in CONTENT if slot != "status"}
    assert "onbekend" in DESKS[name](bulletin(content(**nothing), number=None, asked_by=None, approved_at=None))


@pytest.mark.parametrize("name", DESKS)
def test_a_message_without_dutch_is_told_in_the_language_that_it_has(name):
    infos = {"en": CONTENT["infos"]["en"]}
    assert "Power outage in Noord" in DESKS[name](bulletin(content(infos=infos)))


# --- the request for an NL-Alert -------------------------------------------------------------------


def test_the_request_never_claims_to_be_sent():
    assert "Dit systeem verstuurt geen NL-Alert. Geef deze aanvraag aan de meldkamer." in nl_alert.sheet(bulletin())


def test_the_text_says_what_happens_what_to_do_and_where_more_is_in_dutch_and_then_in_english():
    dutch, english = nl_alert.fit(bulletin()).text.split("\n***\n")
    assert dutch == (
        "Stroomuitval in Noord. Sinds 13:40 is er geen stroom in Noord. Ongeveer 2400 huizen hebben geen stroom."
        " Blijf thuis als dat kan. Zet het fornuis uit. Meer informatie: crisis.voorbeeldstad.example"
    )
    assert english.startswith("Power outage in Noord. There has been no power")


def test_the_area_can_be_typed_over_and_a_long_outline_is_told_by_its_extent():
    sheet = nl_alert.sheet(bulletin(content(areas=["noord", "zuid"])))
    assert "- Noord: veelhoek 52.10000,5.10000 52.10000,5.20000 52.20000,5.20000 52.10000,5.10000" in sheet
    assert "- Zuid: cirkel van 3.0 km om 52.05,5.12" in sheet
    ring = tuple((52 + n / 1000, 5 + n / 500) for n in range(40))
    long = bulletin(places=(type(NOORD)("noord", "Noord", ((*ring, ring[0]),)),))
    assert "- Noord: tussen 52.00000,5.00000 en 52.03900,5.07800 (40 hoeken)" in nl_alert.sheet(long)


@pytest.mark.parametrize(("letter", "encoding", "most"), [("a", gsm.GSM_7, 1395), ("ł", gsm.UCS_2, 615)])
def test_what_just_fits_is_not_named_and_one_more_is_named_with_its_excess(letter, encoding, most):
    empty = nl_alert.fit(told(description="x", instruction=letter))
    room = most - empty.units + 1
    fits, too_long = (told(description="x", instruction=letter * n) for n in (room, room + 7))
    assert (nl_alert.fit(fits).units, nl_alert.fit(fits).encoding) == (most, encoding)
    assert len(nl_alert.fit(fits).text) == most - len("NL-Alert 24-11-2026 03:00: ")
    assert list(nl_alert.findings(fits)) == []
    [finding, *_] = nl_alert.findings(too_long)
    assert (finding.code, finding.kind) == ("nl-alert-too-long", FindingKind.NOTICE)
    assert finding.message == f"Voor een NL-Alert is de tekst 7 tekens te lang (er mogen er {most} in)."
    assert "PAST NIET: 7 tekens te lang" in nl_alert.sheet(too_long)


def test_one_letter_that_costs_half_the_room_is_named():
    codes = {item.code: item.message for item in nl_alert.findings(told(instruction="Ga naar het café Zoë. " * 40))}
    assert "Zonder ‘ë’ past de tekst wel" in codes["nl-alert-unicode"]
    assert "nl-alert-unicode" not in {item.code for item in nl_alert.findings(told(instruction="ł ż ś ź ć ń " * 99))}


def test_what_only_looks_alike_costs_nothing():
    assert nl_alert.fit(told(instruction="Blijf thuis – ga niet naar ’t strand…")).encoding == gsm.GSM_7


# --- radio -----------------------------------------------------------------------------------------


def test_the_action_is_read_twice_and_no_digit_is_left():
    dutch = re.split("(?:Nederlands|Engels), ", radio.script(bulletin()))[1]
    assert dutch.count("Blijf thuis als dat kan.\nZet het fornuis uit.") == 2
    assert dutch.index("Blijf thuis") < dutch.index("huizen hebben geen stroom")
    read = dutch.partition(":\n")[2]
    assert not re.search(r"\d", read)
    for said in ("veertien uur vijf", "achttien uur tien", "Bel veertien, nul drie nul", "voorbeeldstad punt example"):
        assert said in read


def test_the_length_is_told_at_150_words_a_minute():
    text = radio.script(bulletin())
    for seconds, words in re.findall(r"ongeveer (\d+) seconden \((\d+) woorden\)", text):
        assert abs(int(seconds) - int(words) * 60 / 150) <= 2.5
    parts = re.split(r"ongeveer .*:\n", text)[1:]
    counted = [int(words) for words in re.findall(r"\((\d+) woorden\)", text)]
    assert len(parts[-1].split()) == counted[-1]


def test_a_moment_of_another_day_is_read_with_its_day():
    text = radio.script(bulletin(content(expires=(SENT + timedelta(days=1)).isoformat())))
    assert "Dit bericht geldt tot vierentwintig november, veertien uur tien." in text
    assert "valid until twenty-four November, fourteen ten" in text
