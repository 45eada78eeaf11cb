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


def test_the_score_stays_between_nothing_and_a_hundred() -> None:
    """Ten words, ten syllables, two sentences: 206.84 - 0.77 x 100 - 0.93 x 5 = 125.19, and 100 is the most."""
    short = readability({"instruction": "Ga nu naar huis toe.\nDoe de deur goed dicht."}, "nl")
    assert short is not None
    assert (short.score, short.label, short.words_per_sentence) == (100, "zeer gemakkelijk", 5.0)
    # Five words, 1+5+7+1+9 = 23 syllables, one sentence: 206.84 - 0.77 x 460 - 0.93 x 5 is below nothing.
    text = "De gemeentelijke crisisorganisatie heeft rampenbestrijdingsmaatregelen"
    hard = readability({"description": text}, "nl")
    assert hard is not None
    assert (hard.score, hard.label) == (0, "zeer moeilijk")
    assert hard.long_words == ("crisisorganisatie", "rampenbestrijdingsmaatregelen")


def test_the_score_is_that_of_flesch_and_douma() -> None:
    # 13 words, 1+3+1+3+1+2+1+1+2+2+1+2+2 = 22 syllables, one sentence: 206.84 - 0.77 x 169.23 - 0.93 x 13 = 64.44.
    text = "De bewoners van Voorbeeldstad en buiten de stad moeten morgen het water koken."
    found = readability({"description": text}, "nl")
    assert found is not None
    assert (found.score, found.label, found.longest_sentence) == (64, "normaal", 13)


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
