"""Fitting text messages."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.model.finding import FindingKind
from broadcaster.model.gsm import (
    BASIC,
    EXTENSION,
    GSM_7,
    SEGMENT,
    SINGLE,
    UCS_2,
    Fit,
    encoding_of,
    fit,
    graphemes,
    units,
)

WORDS = ["OEFENING", "EXERCISE", "تمرين", "TATBİKAT", "ĆWICZENIA", "ÜBUNG", "EXERCICE", "НАВЧАННЯ", "TEST"]
MANY = 1000
SEEDED = settings(deadline=None, derandomize=True, max_examples=200)

gsm_text = st.text(st.sampled_from(sorted((BASIC | EXTENSION) - {"\r", "\f"})), max_size=900)
any_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=400)
word_text = st.lists(
    st.sampled_from(["Noord", "€100", "18:00", "a", "https://voorbeeldstad.example/stroom", "[x]", "naar"]),
    max_size=160,
).map(" ".join)
emoji_text = st.lists(st.sampled_from(["👩‍👩‍👧", "🇳🇱", "👍🏽", "❤️", "é", "e\u0323", "a", " ", "1️⃣"]), max_size=120).map(
    "".join
)
# Repeated, so that most examples need several segments.
texts = st.builds(lambda text, times: text * times, gsm_text | any_text | word_text | emoji_text, st.integers(1, 15))


def carelessly_cut(text: str) -> list[str]:
    """What a gateway makes that counts units and knows nothing of escapes, pairs, letters or words."""
    if encoding_of(text) == GSM_7:
        stream = [unit for char in text for unit in (["\x1b", char] if char in EXTENSION else [char])]
        size = len(stream) if len(stream) <= SINGLE[GSM_7] else SEGMENT[GSM_7]
        return ["".join(stream[at : at + size]).replace("\x1b", "") for at in range(0, len(stream), size or 1)]
    coded = text.encode("utf-16-le")
    size = len(coded) if len(coded) <= 2 * SINGLE[UCS_2] else 2 * SEGMENT[UCS_2]
    return [coded[at : at + size].decode("utf-16-le", "replace") for at in range(0, len(coded), size)]


def codes(fitted: Fit) -> list[str]:
    return [finding.code for finding in fitted.findings]


@pytest.mark.parametrize(
    ("text", "encoding", "segments", "count"),
    [
        ("a" * 160, GSM_7, 1, 160),
        ("a" * 161, GSM_7, 2, 161),
        ("a" * 306, GSM_7, 2, 306),
        ("a" * 307, GSM_7, 3, 307),
        ("€" * 80, GSM_7, 1, 160),
        ("я" * 70, UCS_2, 1, 70),
        ("я" * 71, UCS_2, 2, 71),
        ("я" * 134, UCS_2, 2, 134),
        ("я" * 135, UCS_2, 3, 135),
        ("🙂" * 35, UCS_2, 1, 70),
        ("🙂" * 36, UCS_2, 2, 72),
        ("", GSM_7, 1, 0),
    ],
)
def test_units_and_segments_are_those_of_the_standard(text: str, encoding: str, segments: int, count: int) -> None:
    fitted = fit(text)
    assert (fitted.encoding, fitted.segments, fitted.units) == (encoding, segments, count)


@SEEDED
@given(texts)
def test_a_segment_is_never_larger_than_the_network_takes(text: str) -> None:
    fitted = fit(text, most_segments=MANY)
    room = SINGLE if fitted.segments == 1 else SEGMENT
    assert all(units(part, fitted.encoding) <= room[fitted.encoding] for part in fitted.parts)
    assert "".join(fitted.parts) == fitted.text
    assert fitted.segments == len(fitted.parts)


@SEEDED
@given(texts)
def test_no_grapheme_is_ever_cut(text: str) -> None:
    fitted = fit(text, most_segments=MANY)
    clusters = graphemes(fitted.text)
    if all(units(cluster, fitted.encoding) <= SEGMENT[fitted.encoding] for cluster in clusters):
        assert [cluster for part in fitted.parts for cluster in graphemes(part)] == clusters


@SEEDED
@given(texts)
def test_nothing_but_blanks_is_added_or_lost(text: str) -> None:
    fitted = fit(text, most_segments=MANY)
    original = fit_free(text) if fitted.replaced else text
    assert squeezed(fitted.text) == squeezed(original)


def fit_free(text: str) -> str:
    """The text with every replacement made, by the reported pairs alone."""
    for char, plain in fit(text, most_segments=MANY).replaced:
        text = normal(text).replace(char, plain)
    return text


def normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def squeezed(text: str) -> str:
    return normal(text).replace(" ", "").replace("\n", "").replace("\r", "").replace("\t", "")


@SEEDED
@given(word_text | gsm_text)
def test_a_text_with_blanks_is_cut_alike_by_the_most_careless_gateway(text: str) -> None:
    longest = max((units(run, GSM_7) for run in text.split()), default=0)
    fitted = fit(text, most_segments=MANY)
    if longest < SEGMENT[GSM_7] and fitted.text:
        assert carelessly_cut(fitted.text) == list(fitted.parts)


@SEEDED
@given(texts, st.sampled_from(WORDS))
def test_the_exercise_word_stands_whole_in_every_segment(text: str, word: str) -> None:
    fitted = fit(text, word, most_segments=MANY)
    assert all(word in part.replace("\n", " ").split(" ") for part in fitted.parts)
    assert all(part.startswith(word) for part in fitted.parts)


@SEEDED
@given(texts, st.sampled_from(WORDS))
def test_the_exercise_word_begins_and_ends_the_text(text: str, word: str) -> None:
    fitted = fit(text, word, most_segments=MANY)
    assert fitted.text == word or (fitted.text.startswith(f"{word} ") and fitted.text[-len(word) - 1 :].strip() == word)


@SEEDED
@given(texts, st.sampled_from(WORDS))
def test_a_segment_with_the_word_is_what_the_most_careless_gateway_cuts(text: str, word: str) -> None:
    fitted = fit(text, word, most_segments=MANY)
    full = [units(part, fitted.encoding) for part in fitted.parts[:-1]]
    if all(count == SEGMENT[fitted.encoding] for count in full):
        assert carelessly_cut(fitted.text) == list(fitted.parts)
    else:  # only a grapheme larger than a segment keeps one from being full
        assert any(units(cluster, fitted.encoding) > SEGMENT[fitted.encoding] // 2 for cluster in graphemes(text))


@SEEDED
@given(texts, st.sampled_from([None, *WORDS]))
def test_what_was_fitted_fits_again_unchanged_in_its_words(text: str, word: str | None) -> None:
    once = fit(text, word, most_segments=MANY)
    again = fit(once.text, word, most_segments=MANY)
    assert word is not None or squeezed(again.text) == squeezed(once.text)
    assert word is None or all(word in part.split() for part in again.parts)


def test_the_word_a_layout_already_put_at_the_ends_is_not_doubled() -> None:
    assert fit("OEFENING Blijf thuis. OEFENING", "OEFENING").text == "OEFENING Blijf thuis. OEFENING"
    assert fit("Blijf thuis.", "OEFENING").text == "OEFENING Blijf thuis. OEFENING"
    assert fit("OEFENING", "OEFENING").text == "OEFENING OEFENING"


def test_look_alikes_become_plain_and_are_named() -> None:
    fitted = fit("\u201cBlijf thuis\u201d \u2013 vragen\u2026 bel 0800\u00a01351")
    assert fitted.text == '"Blijf thuis" - vragen... bel 0800 1351'
    assert fitted.encoding == GSM_7
    assert dict(fitted.replaced) == {"\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2026": "...", "\u00a0": " "}
    assert codes(fitted) == ["sms-replaced"]
    assert all(finding.kind is FindingKind.NOTICE for finding in fitted.findings)


@pytest.mark.parametrize("text", ["geëvacueerd", "geïnformeerd", "enquête", "façade"])
def test_a_dutch_letter_outside_the_alphabet_is_named_and_never_changed(text: str) -> None:
    fitted = fit(text)
    odd = next(char for char in text if char in "ëïêç")
    assert fitted.text == text
    assert fitted.encoding == UCS_2
    assert codes(fitted) == [f"sms-accents:{odd}"]
    assert f"‘{odd}’" in fitted.findings[0].message


def test_a_letter_typed_in_two_parts_counts_as_the_letter() -> None:
    assert fit("cafe\u0301").encoding == GSM_7
    assert codes(fit("gee\u0308vacueerd")) == ["sms-accents:ë"]


DEAR = "De scholen zijn geëvacueerd. Blijf geïnformeerd, kijk naar de enquête en naar het façadegebouw. " * 2


def test_letters_that_make_it_dearer_are_named_with_what_plain_ones_would_save() -> None:
    fitted = fit(DEAR)
    (finding,) = fitted.findings
    assert (finding.code, finding.kind) == ("sms-accents:ëïêç", FindingKind.NOTICE)
    assert finding.message == (
        "Door ‘ë’, ‘ï’, ‘ê’, ‘ç’ kost deze sms 3 delen. Zonder accenten (‘ë’ door ‘e’, ‘ï’ door ‘i’, ‘ê’ door ‘e’,"
        " ‘ç’ door ‘c’) zijn het er 2."
    )
    assert fitted.text == DEAR.strip()


def test_plain_letters_take_their_place_only_when_the_author_chose_so_and_that_is_said() -> None:
    fitted = fit(DEAR, without_accents=True)
    assert (fitted.encoding, fitted.segments) == (GSM_7, 2)
    assert "geevacueerd" in fitted.text
    assert codes(fitted) == ["sms-without-accents"]
    assert "‘ë’ door ‘e’" in fitted.findings[0].message


@pytest.mark.parametrize(
    ("text", "plain"),
    [("Şu an güvendesiniz, ışık", "Su an güvendesiniz, isik"), ("Zażółć gęślą jaźń", "Zazolc gesla jazn")],
)
def test_turkish_and_polish_have_plain_letters_too(text: str, plain: str) -> None:
    assert fit(text, without_accents=True).text == plain


@pytest.mark.parametrize("text", ["Залишайтеся вдома", "ابق في المنزل", "Blijf thuis 🙂 geëvacueerd"])
def test_what_plain_letters_cannot_save_stays_as_it_is(text: str) -> None:
    assert fit(text, without_accents=True).text == fit(text).text == text


def test_the_exercise_word_never_loses_its_letters() -> None:
    fitted = fit("Ćwiczymy dziś", "ĆWICZENIA", without_accents=True)
    assert fitted.text.startswith("ĆWICZENIA")
    assert "dziś" in fitted.text


@SEEDED
@given(texts)
def test_without_accents_a_text_never_costs_more_and_loses_no_letter(text: str) -> None:
    before, after = fit(text, most_segments=MANY), fit(text, most_segments=MANY, without_accents=True)
    assert after.segments <= before.segments
    if codes(after) != ["sms-without-accents"] and "sms-without-accents" not in codes(after):
        assert after.text == before.text
    else:
        assert after.encoding == GSM_7


def test_typography_stays_where_the_text_needs_unicode_anyway() -> None:
    fitted = fit("Місто «Приклад» — залишайтеся вдома…")
    assert fitted.text == "Місто «Приклад» — залишайтеся вдома…"
    assert fitted.replaced == ()
    assert codes(fitted) == ["sms-unicode"]


def test_the_exercise_word_itself_is_never_a_finding() -> None:
    assert fit("Zostan w domu.", "ĆWICZENIA").findings == ()


def test_a_text_that_is_too_long_names_the_excess() -> None:
    fitted = fit("a" * (6 * 153 + 12))
    assert fitted.segments == 7
    assert [(finding.code, finding.kind) for finding in fitted.findings] == [("sms-too-long", FindingKind.BLOCKING)]
    assert "12 tekens te lang" in fitted.findings[0].message
    assert "1 teken te lang" in fit("a" * 161, most_segments=1).findings[0].message


@SEEDED
@given(word_text, st.sampled_from([None, *WORDS]), st.integers(1, 3))
def test_the_named_excess_is_enough(text: str, word: str | None, most: int) -> None:
    fitted = fit(text, word, most_segments=most)
    for finding in fitted.findings:
        if finding.code == "sms-too-long":
            excess = int(finding.message.split(" teken")[0].split()[-1])
            body = " ".join(text.split())
            assert fit(body[: len(body) - excess], word, most_segments=most).segments <= most


def test_findings_name_the_field_they_are_given() -> None:
    assert fit("ë", field="infos.nl.short").findings[0].field == "infos.nl.short"


def test_a_link_stays_whole_in_one_segment() -> None:
    link = "https://voorbeeldstad.example/stroom"
    for before in range(100, 153):
        fitted = fit("a" * before + " " + link + " b" * 20)
        assert any(link in part for part in fitted.parts), before


@pytest.mark.parametrize(
    "cluster", ["👩‍👩‍👧", "🇳🇱", "👍🏽", "❤️", "e\u0323\u0302", "1️⃣", "🏴\U000e0067\U000e0062\U000e007f", "\n"]
)
def test_a_grapheme_is_what_a_reader_sees_as_one(cluster: str) -> None:
    assert graphemes(f"a{cluster}b") == ["a", cluster, "b"]


def test_two_flags_are_two_graphemes() -> None:
    assert graphemes("🇳🇱🇧🇪") == ["🇳🇱", "🇧🇪"]
