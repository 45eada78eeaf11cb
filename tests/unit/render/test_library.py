"""The scenario library: complete in every language, and without a complaint of the product's own linter."""

from collections import Counter
from functools import cache

import pytest

from broadcaster.render import scenarios
from broadcaster.render.lint import LANGUAGES, lint
from broadcaster.render.readability import readability
from broadcaster.render.scenarios import Scenario
from broadcaster.render.templates import house_templates

NAMES = scenarios.names()
PROMISED = {
    *("boil-water", "water-outage", "gas-leak", "smoke", "flood", "evacuation", "shelter-in-place"),
    *("power-outage", "telephone-outage", "telecom-outage", "cyber-incident", "heat", "extreme-weather"),
    *("all-clear", "withdrawal", "correction", "false-alarm", "food-supply", "elections", "council-decision"),
    *("support-point-opened", "support-point-changed", "support-point-closed", "drinking-water-point"),
    *("find-support-point", "emergency-kit", "check-message", "psychosocial-help", "damage"),
}


@cache
def loaded(name: str) -> Scenario:
    return scenarios.load(name)


def test_the_library_holds_what_it_promises_in_every_phase() -> None:
    assert set(NAMES) == PROMISED
    assert Counter(loaded(name).phase for name in NAMES).keys() == {"cold", "first-72-hours", "aftermath"}


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_speaks_nine_languages_and_the_linter_has_nothing_to_say(name: str) -> None:
    assert loaded(name).texts.keys() == set(LANGUAGES)
    assert list(map(str, lint(name, house_templates()))) == []


@pytest.mark.parametrize("name", NAMES)
def test_ours_say_that_nobody_read_them_until_somebody_did(name: str) -> None:
    assert {language for language, own in loaded(name).texts.items() if own.was_read} == set()


@pytest.mark.parametrize("name", NAMES)
def test_the_easy_form_is_easier_than_the_plain_one(name: str) -> None:
    """Counted, so no proof of a level; but a form that counts as harder has failed."""
    plain, easy = (readability(loaded(name).texts[language].slots(), language) for language in ("nl", "nl-easy"))
    assert plain is not None
    assert easy is not None
    assert easy.words_per_sentence < plain.words_per_sentence
