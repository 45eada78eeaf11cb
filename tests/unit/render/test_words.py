"""The fixed words, and the folders they come from."""

import pytest

from broadcaster.data import find
from broadcaster.model import gsm
from broadcaster.model.cap import Status
from broadcaster.render.templates import house_templates
from broadcaster.render.words import words_of

DICTIONARY = house_templates().words
SAID_IN_A_TEXT_MESSAGE = ("number", "replaces", "as_of", "until", "next_update")


@pytest.mark.parametrize("language", ["nl", "en", "de", "fr"])
def test_fixed_words_never_make_a_text_message_unicode(language: str) -> None:
    words = words_of(language, DICTIONARY)
    said = [getattr(words, name) for name in SAID_IN_A_TEXT_MESSAGE] + [words.exercise, words.test]
    months = [month for month in words.months if month != "août"]  # French has no other word for August
    assert {gsm.encoding_of(text) for text in [*said, *months]} == {gsm.GSM_7}


@pytest.mark.parametrize("language", DICTIONARY)
def test_every_phrase_has_its_hole_and_every_exercise_word_is_one_word(language: str) -> None:
    words = DICTIONARY[language]
    assert "{n}" in words.number
    assert "{number}" in words.replaces
    assert "{n}" in words.replaces
    assert all("{at}" in phrase for phrase in (words.as_of, words.until, words.next_update))
    assert len(words.exercise.split()) == 1
    assert words.word(Status.TEST) == "TEST"
    assert len(set(words.months)) == 12


def test_an_easy_form_takes_the_words_of_its_language_and_an_unknown_one_english() -> None:
    assert words_of("nl-easy", DICTIONARY) is DICTIONARY["nl"]
    assert words_of("so", DICTIONARY) is DICTIONARY["en"]


@pytest.mark.parametrize("name", ["templates", "config"])
def test_the_folders_beside_the_code_are_found(name: str) -> None:
    assert find(name).is_dir()


def test_a_folder_that_is_not_there_says_what_to_do() -> None:
    with pytest.raises(FileNotFoundError, match="install it again"):
        find("wardrobe")
