"""Codes that volunteers type."""

from itertools import pairwise

from broadcaster.model.device import ALPHABET, new_code, read_code


def test_a_code_has_no_letters_that_look_alike() -> None:
    for group in ("0OQD", "1IL", "2Z", "5S", "6G", "8B", "UVW", "MN"):
        assert len(set(group) & set(ALPHABET)) <= 1, group
    for _ in range(100):
        assert set(new_code()) <= set(ALPHABET) | {"-"}


def test_a_code_is_read_however_it_is_typed() -> None:
    code = new_code()
    letters = code.replace("-", "")
    for typed in (code, letters, code.lower(), f" {code.replace('-', ' ')} "):
        assert read_code(typed) == letters


def test_one_wrong_letter_and_two_that_changed_places_are_found() -> None:
    letters = new_code().replace("-", "")
    for place, letter in enumerate(letters):
        for other in set(ALPHABET) - {letter}:
            assert read_code(letters[:place] + other + letters[place + 1 :]) is None
    for place, (one, two) in enumerate(pairwise(letters)):
        if one != two:
            assert read_code(letters[:place] + two + one + letters[place + 2 :]) is None


def test_what_is_no_code_is_none() -> None:
    for typed in ("", "A", "A" * 11, "A" * 13, "é" * 12, new_code() + "2", "0000-0000-0000"):
        assert read_code(typed) is None
