"""Numbers, times, telephone numbers and addresses as a presenter reads them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.render.desk.spoken import spoken


@pytest.mark.parametrize(("written", "read"), [
    ("0", "nul"), ("1", "een"), ("8", "acht"), ("11", "elf"), ("14", "veertien"), ("20", "twintig"),
    ("21", "eenentwintig"), ("22", "tweeëntwintig"), ("33", "drieëndertig"), ("99", "negenennegentig"),
    ("100", "honderd"), ("101", "honderdeen"), ("302", "driehonderdtwee"), ("999", "negenhonderdnegenennegentig"),
    ("1000", "duizend"), ("1921", "duizend negenhonderdeenentwintig"), ("2400", "tweeduizend vierhonderd"),
    ("12.418", "twaalfduizend vierhonderdachttien"), ("1.000.000", "een miljoen"),
    ("2.500.003", "twee miljoen vijfhonderdduizend drie"),
])  # fmt: skip
def test_a_number_is_read_in_dutch(written, read):
    assert spoken(f"Er zijn {written} huizen.", "nl") == f"Er zijn {read} huizen."


@pytest.mark.parametrize(("written", "read"), [
    ("0", "zero"), ("21", "twenty-one"), ("100", "one hundred"), ("302", "three hundred and two"),
    ("1000", "one thousand"), ("2,400", "two thousand four hundred"),
    ("12,418", "twelve thousand four hundred and eighteen"),
    ("2500003", "two million five hundred thousand three"), ("3.5", "three point five"),
    ("95%", "ninety-five percent"),
])  # fmt: skip
def test_a_number_is_read_in_english(written, read):
    assert spoken(f"About {written} of it.", "en") == f"About {read} of it."


@pytest.mark.parametrize(("written", "read"), [
    ("13:40", "dertien uur veertig"), ("06:00", "zes uur"), ("6:05", "zes uur vijf"), ("00:15", "nul uur vijftien"),
    ("14.30 uur", "veertien uur dertig"), ("14:30 uur", "veertien uur dertig"),
    ("24-11-2026", "vierentwintig november tweeduizend zesentwintig"),
    ("24 november 06:00", "vierentwintig november zes uur"),
    ("112", "een een twee"), ("144", "honderdvierenveertig"), ("116123", "een een zes een twee drie"),
    ("14 030", "veertien, nul drie nul"), ("0800-1351", "nul acht nul nul, een drie vijf een"),
    ("030-1234567", "nul drie nul, een twee drie vier vijf zes zeven"),
    ("+31 30 123 45 67", "plus drie een, drie nul, een twee drie, vier vijf, zes zeven"),
    ("crisis.nl", "crisis punt nl"), ("https://www.crisis.nl/stroom", "crisis punt nl schuine streep stroom"),
    ("info@mijn-stad.example", "info apenstaartje mijn streepje stad punt example"),
    ("3,5 km", "drie komma vijf kilometer"), ("130 km/u", "honderddertig kilometer per uur"),
    ("95%", "vijfennegentig procent"),
    ("10-15 minuten", "tien tot vijftien minuten"), ("3511 AB", "drie vijf een een, A B"),
    ("de A12", "de A12"), ("15e", "15e"), ("2026-11", "tweeduizend zesentwintig tot elf"),
])  # fmt: skip
def test_what_is_no_plain_number_is_read_as_people_say_it(written, read):
    assert spoken(f"Nu {written}.", "nl") == f"Nu {read}."


def test_a_language_that_is_not_ours_to_read_stays_as_it_is():
    assert spoken("منذ 13:40", "ar") == "منذ 13:40"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 10**9 - 1))
def test_every_number_is_read_without_a_digit_and_as_no_other(number: int):
    for language in ("nl", "en"):
        assert not re.search(r"\d", spoken(str(number), language))


def test_no_two_numbers_are_read_alike():
    numbers = set(range(3000)) - {112, 113, 116}  # these are telephone numbers
    for language in ("nl", "en"):
        assert len({spoken(f"x {number} x", language) for number in numbers}) == len(numbers)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=80), st.sampled_from(["nl", "en", "tr"]))
def test_whatever_the_text_it_is_read(text: str, language: str):
    assert isinstance(spoken(text, language), str)
