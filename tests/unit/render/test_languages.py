"""Which language a reader gets."""

import pytest

from broadcaster.render.languages import direction, isolated, plain_digits, resolve, tag


@pytest.mark.parametrize(
    ("wanted", "available", "got"),
    [
        ("ar", ["nl", "en", "ar"], "ar"),
        ("nl-easy", ["nl", "nl-easy"], "nl-easy"),
        ("nl-easy", ["en", "nl"], "nl"),
        ("nl", ["en", "nl-easy"], "nl-easy"),
        ("tr", ["pl", "en", "nl"], "nl"),
        ("tr", ["pl", "en"], "en"),
        ("tr", ["uk", "pl"], "pl"),
    ],
)
def test_a_reader_gets_the_nearest_language_there_is(wanted: str, available: list[str], got: str) -> None:
    assert resolve(wanted, available, ["nl", "en"]) == got


def test_nothing_to_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="no text"):
        resolve("nl", [], ["nl"])


def test_arabic_is_read_from_right_to_left_in_every_form() -> None:
    assert [direction(language) for language in ("ar", "ar-easy", "nl", "uk")] == ["rtl", "rtl", "ltr", "ltr"]


def test_a_form_of_a_language_is_named_as_bcp_47_has_it_where_others_read_it() -> None:
    """ "nl-easy" would be Dutch in a script "Easy" (RFC 5646, section 2.2.3): there is none."""
    assert [tag(language) for language in ("nl", "nl-easy", "ar")] == ["nl", "nl-simple", "ar"]


def test_a_latin_name_is_kept_apart_only_where_the_reading_direction_differs() -> None:
    assert isolated("Noord", "ar") == "\u2068Noord\u2069"
    assert isolated("Noord", "nl") == "Noord"
    assert isolated("الشمال", "ar") == "الشمال"


def test_a_phone_number_keeps_its_order_in_arabic() -> None:
    assert isolated("14 030", "ar") == "\u206814 030\u2069"
    assert isolated("اتصل 14 030 أو +31 30 286", "ar") == "اتصل \u206614 030\u2069 أو \u2066+31 30 286\u2069"
    assert isolated("اتصل 112 الساعة 18:00", "ar") == "اتصل 112 الساعة 18:00"


def test_an_address_and_a_name_at_the_start_of_a_line_are_kept_apart_in_arabic() -> None:
    assert isolated("انظر https://crisis.nl/water/ الآن", "ar") == "انظر \u2066https://crisis.nl/water/\u2069 الآن"
    assert isolated("انظر crisis.nl.", "ar") == "انظر \u2066crisis.nl\u2069."
    assert isolated("اكتب إلى info@crisis.nl", "ar") == "اكتب إلى \u2066info@crisis.nl\u2069"
    assert isolated("مرحبا\nWijkhuis Noord مفتوح", "ar") == "مرحبا\n\u2066Wijkhuis Noord\u2069 مفتوح"
    assert isolated("إلى Wijkhuis Noord الآن", "ar") == "إلى Wijkhuis Noord الآن"


def test_digits_of_every_script_become_0_to_9() -> None:
    assert plain_digits("الساعة ١٨:٠٠ ۴ 7²") == "الساعة 18:00 4 7²"
