"""How hard a Dutch text is, by counting."""

import pytest

from broadcaster.render.readability import DIFFICULT, difficult_words, readability, syllables


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("huis", 1),
        ("water", 2),
        ("noodsteunpunt", 3),
        ("koeien", 2),
        ("sneeuw", 1),
        ("beïnvloed", 3),
        ("reëel", 2),
        ("ijs", 1),
        ("radio", 3),
        ("geëvacueerd", 5),
        ("nieuws", 1),
        ("2400", 1),
    ],
)
def test_syllables_are_counted_as_dutch_says_them(word: str, count: int) -> None:
    assert syllables(word) == count


def test_the_score_is_that_of_flesch_and_douma() -> None:
    """Ten words, eleven syllables, two sentences: 206.84 - 0.77 x 110 - 0.93 x 5 = 117.49, and 100 is the most."""
    short = readability({"instruction": "Ga nu naar huis toe.\nDoe de deur goed dicht."}, "nl")
    assert short is not None
    assert (short.score, short.label, short.words_per_sentence) == (100, "zeer gemakkelijk", 5.0)
    # Eight words, 27 syllables (1+5+5+1+7+1+1+6), one sentence: 206.84 - 0.77 x 337.5 - 0.93 x 8 is below nothing.
    text = "De gemeentelijke crisisorganisatie heeft rampenbestrijdingsmaatregelen"
    hard = readability({"description": text}, "nl")
    assert hard is not None
    assert (hard.score, hard.label) == (0, "zeer moeilijk")
    assert hard.long_words == ("gemeentelijke", "crisisorganisatie", "rampenbestrijdingsmaatregelen")[1:]


def test_a_middling_text_is_between() -> None:
    # 12 words; 1+3+1+3+1+2+1+2+2+1+2+2 = 21 syllables; one sentence: 206.84 - 0.77 x 175 - 0.93 x 12 = 60.93.
    text = "De bewoners van Voorbeeldstad en buiten de stad moeten morgen het water koken."
    found = readability({"description": text}, "nl")
    assert found is not None
    assert found.longest_sentence == 13
    assert 55 <= found.score <= 75


def test_only_dutch_is_measured_and_only_what_has_words() -> None:
    assert readability({"description": "Stay inside."}, "en") is None
    assert readability({"contact": "14 030"}, "nl") is None
    assert readability({"description": "Blijf binnen."}, "nl-easy") is not None


def test_words_of_officials_are_marked_once_each_with_a_plain_one() -> None:
    text = "Bij een calamiteit dient u te evacueren. Een Calamiteit is een ramp. Per direct!"
    assert list(difficult_words(text)) == [
        ("calamiteit", "ramp of ongeluk"),
        ("dient", "moeten"),
        ("evacueren", "weggaan, het gebied verlaten"),
        ("per direct", "meteen"),
    ]
    assert list(difficult_words("Ga naar het noodsteunpunt.")) == []


def test_no_plain_word_is_itself_a_difficult_one() -> None:
    assert [plain for plain in DIFFICULT.values() if list(difficult_words(plain))] == []
