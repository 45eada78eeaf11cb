"""The scenario library, each scenario by itself: every language says the same, and says what people can do."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache

import pytest
from jinja2 import Environment, meta

from broadcaster.model import gsm
from broadcaster.model.draft import Info
from broadcaster.model.finding import FindingKind
from broadcaster.render import scenarios
from broadcaster.render.engine import render
from broadcaster.render.fields import FieldRule
from broadcaster.render.request import RenderRequest
from broadcaster.render.scenarios import Scenario, ScenarioTexts
from broadcaster.render.words import UNKNOWN

Ask = Callable[..., RenderRequest]
Fields = dict[str, str | int]
NAMES = scenarios.names()
PROMISED = {
    *("boil-water", "water-outage", "gas-leak", "smoke", "flood", "evacuation", "shelter-in-place"),
    *("power-outage", "telephone-outage", "cyber-incident", "heat", "extreme-weather", "all-clear", "withdrawal"),
    *("support-point-opened", "support-point-changed", "support-point-closed", "drinking-water-point"),
    *("find-support-point", "emergency-kit", "psychosocial-help", "damage"),
}
LANGUAGES = {"nl", "en", "de", "fr", "pl", "tr", "ar", "uk"}
GSM_LANGUAGES = {"nl", "en", "de", "fr"}
"""Those whose letters stand in the GSM alphabet: a short text of them must not pay for Unicode."""
TEXTS = ("headline", "description", "impact", "instruction", "short", "contact", "web")
ALPHABETS = {
    "nl": "abcdefghijklmnopqrstuvwxyzéëïó",
    "en": "abcdefghijklmnopqrstuvwxyz",
    "de": "abcdefghijklmnopqrstuvwxyzäöüß",
    "fr": "abcdefghijklmnopqrstuvwxyzàâçèéêîïôùû",
    "pl": "abcdefghijklmnopqrstuvwxyząćęłńóśźż",
    "tr": "abcdefghijklmnopqrstuvwxyzâçğıöşü",
    "ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}
LOAN = re.compile(r"noodsteunpunt|PIN")
"""Words that stay as they are in every language: the one on the sign at the door, and that of a bank card."""
NUMBERS: dict[str, set[str]] = {
    "boil-water": {"3"},  # minutes; Vitens, Evides and WMD
    "drinking-water-point": {"3"},  # minutes, the same
    "gas-leak": {"0800-9009"},  # the national fault number for gas and electricity; vnog.nl, watdoeje.nl
    "emergency-kit": {"72", "3"},  # hours, and litres of water a person a day; the national campaign Denk vooruit
    "psychosocial-help": {"113"},  # the free line for thoughts of suicide; 113.nl
}
"""Numbers that stand in a text and are no field. Beside them only 112, the European emergency number."""
MOST_WORDS = 20
"""In a Dutch sentence: longer ones are no plain language."""
LATE = {"expires": "2026-09-30T17:00:00Z", "next_update": "2026-09-30T15:00:00Z", "as_of": "2026-09-29T12:00:00Z"}
EVENING = {"expires": "2026-11-23T19:00:00Z", "areas": ["noord"]}


@cache
def loaded(name: str) -> Scenario:
    return scenarios.load(name)


def holes(source: str | None) -> set[str]:
    return meta.find_undeclared_variables(Environment(autoescape=True).parse(source or ""))


def digits(text: str | None) -> list[str]:
    return sorted(re.findall(r"[0-9]+", text or ""))


def said(own: ScenarioTexts) -> dict[str, str]:
    """Everything a scenario says in a language, by where it stands."""
    texts = own.slots()
    return texts | {f"{field}.{option}": text for field, words in own.choices.items() for option, text in words.items()}


def everything(name: str) -> Iterator[tuple[str, str, str]]:
    """Language, place and text of all a scenario says."""
    for language, own in loaded(name).texts.items():
        yield from ((language, where, text) for where, text in said(own).items())


def plain(text: str) -> str:
    """The text without its holes."""
    return re.sub(r"\{[{%].*?[%}]\}", "", text)


def longest(rule: FieldRule) -> str | int:
    values: dict[str, str | int] = {
        "place": "W" * rule.longest,
        "time": "2026-09-30T19:00:00+02:00",
        "phone": "0800-1351",
        "number": rule.most,
    }
    return rule.options[-1] if rule.kind == "choice" else values[rule.kind]


def everyday(name: str, rule: FieldRule) -> str | int:
    names = {"place": "Noord", "address": "Kerkstraat 1"}
    values: dict[str, str | int] = {
        "place": names.get(name, "Wijkhuis Noord"),
        "time": "22:00",
        "phone": "14 030",
        "number": rule.least,
    }
    return rule.options[0] if rule.kind == "choice" else values[rule.kind]


def fullest(scenario: Scenario) -> Fields:
    """Every field as long as it may be."""
    return {name: longest(rule) for name, rule in scenario.fields.items()}


def least(scenario: Scenario) -> Fields:
    """Only what must be filled in, as people fill it in."""
    return {name: everyday(name, rule) for name, rule in scenario.fields.items() if rule.required}


def each_option(scenario: Scenario, base: Fields) -> Iterator[Fields]:
    """The fields as often as it takes to see every option of every choice."""
    options = {name: rule.options for name, rule in scenario.fields.items() if rule.kind == "choice" and name in base}
    for turn in range(max(map(len, options.values()), default=1)):
        yield {**base, **{name: those[turn % len(those)] for name, those in options.items()}}


@cache
def filled(name: str) -> list[dict[str, Info]]:
    """The texts per language: with the least and with the most filled in and every option seen, and with each field
    that may be left out on its own."""
    scenario = loaded(name)
    few, all_of_them = least(scenario), fullest(scenario)
    alone = [{**few, field: value} for field, value in all_of_them.items() if field not in few]
    each = [*each_option(scenario, few), *each_option(scenario, all_of_them), *alone]
    return [scenarios.texts(scenario, fields, "Europe/Amsterdam", date(2026, 11, 24)) for fields in each]


def read(name: str) -> Iterator[tuple[str, str, str]]:
    """Language, slot and text of all that people may read."""
    for infos in filled(name):
        for language, info in infos.items():
            yield from ((language, slot, text) for slot, text in info.model_dump(exclude_none=True).items())


def messages(ask: Ask, name: str, fields: Fields, changes: Mapping[str, object], **other: object) -> dict[str, gsm.Fit]:
    """The text message in each language."""
    rendered = render(ask({"scenario": name, "fields": fields, **changes}, kinds=("sms",), **other))
    assert {finding.code for finding in rendered.findings if finding.kind is FindingKind.BLOCKING} <= {
        "exercise-missing"
    }
    return {language: gsm.fit(texts.text, texts.word) for (_, language), texts in rendered.texts.items()}


def test_the_library_holds_what_it_promises() -> None:
    assert set(NAMES) >= PROMISED


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_speaks_eight_languages(name: str) -> None:
    assert loaded(name).texts.keys() >= LANGUAGES


@pytest.mark.parametrize("name", NAMES)
def test_no_language_misses_a_text_a_placeholder_or_a_digit(name: str) -> None:
    scenario = loaded(name)
    dutch = said(scenario.texts["nl"])
    for language, own in scenario.texts.items():
        texts = said(own)
        assert texts.keys() == dutch.keys(), language
        assert {where: holes(text) for where, text in texts.items()} == {w: holes(t) for w, t in dutch.items()}, (
            language
        )
        assert {where: digits(text) for where, text in texts.items()} == {w: digits(t) for w, t in dutch.items()}, (
            language
        )


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_used_and_every_choice_has_words(name: str) -> None:
    scenario = loaded(name)
    options = {field: set(rule.options) for field, rule in scenario.fields.items() if rule.kind == "choice"}
    for language, own in scenario.texts.items():
        assert {hole for slot in TEXTS for hole in holes(getattr(own, slot))} == set(scenario.fields), language
        assert {field: set(words) for field, words in own.choices.items()} == options, language


@pytest.mark.parametrize("name", NAMES)
def test_no_letter_touches_what_is_filled_in(name: str) -> None:
    """An ending or a prefix on a name is a guess: nobody knows how the next name is inflected."""
    touching = re.compile(r"[^\W_]\{\{|ـ\{\{|['’]\{\{|\}\}[^\W_]|\}\}['’-]")
    assert [(language, where) for language, where, text in everything(name) if touching.search(text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_text_was_left_in_dutch(name: str) -> None:
    dutch = said(loaded(name).texts["nl"])
    found = [
        (language, where)
        for language, where, text in everything(name)
        if not language.startswith("nl") and text == dutch[where] and not text.startswith("{{")
    ]
    assert found == []


@pytest.mark.parametrize("name", NAMES)
def test_every_letter_belongs_to_the_language_and_every_digit_is_0_to_9(name: str) -> None:
    """Also no Arabic or Cyrillic look-alike, no vowel sign alone, and no invisible mark in a file that people edit."""
    for language, where, text in everything(name):
        words = LOAN.sub("", plain(text)).replace("İ", "i").lower()
        letters = {char for char in words if char.isalpha()}
        assert letters <= set(ALPHABETS.get(language, "")) | ({"İ"} if language == "tr" else set()), (language, where)
        assert [char for char in text if unicodedata.category(char) == "Cf"] == [], (language, where)
        assert [char for char in text if char.isdecimal() and not char.isascii()] == [], (language, where)


@pytest.mark.parametrize("name", NAMES)
def test_a_text_holds_no_number_and_no_address_of_its_own(name: str) -> None:
    """A number in an alert is called by everybody: on 24 June 2019 it was that of a newspaper."""
    allowed = {"112"} | NUMBERS.get(name, set())
    for language, where, text in everything(name):
        assert set(re.findall(r"[0-9](?:[0-9-]*[0-9])?", plain(text))) <= allowed, (language, where)
        assert re.search(r"://|www\.|@|\w\.(?:nl|eu|com|org)\b", text) is None, (language, where)


@pytest.mark.parametrize("name", NAMES)
def test_facts_that_age_have_a_limit_and_a_code_is_of_the_list(name: str) -> None:
    scenario = loaded(name)
    assert any(rule.as_of for rule in scenario.fields.values()) == (scenario.facts_minutes is not None)
    assert scenario.event_code is None or re.fullmatch(r"OET-[0-9]{3}", scenario.event_code)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_shows_of_a_hole_and_no_sentence_breaks_with_the_least_and_the_most_filled_in(name: str) -> None:
    broken = re.compile(rf"{re.escape(UNKNOWN)}|[{{}}]|None|  | [.,]|[.,]\.|\n\n|[.!?؟][^\W_]")
    for language, slot, text in read(name):
        assert broken.search(text) is None, (language, slot, text)
        assert slot in ("headline", "contact") or text.endswith((".", "!", "?", "؟")), (language, slot, text)


@pytest.mark.parametrize("name", NAMES)
def test_filled_texts_hold_the_same_digits_in_every_language(name: str) -> None:
    for infos in filled(name):
        for slot in TEXTS:
            assert len({tuple(digits(getattr(info, slot))) for info in infos.values()}) == 1, (slot, infos["nl"])


@pytest.mark.parametrize("name", NAMES)
def test_there_is_always_something_that_people_can_do(name: str) -> None:
    """With nothing but the required fields (Valencia, 29 October 2024: an alert that helped too little, too late)."""
    infos = filled(name)[0]
    lines = {language: (info.instruction or "").count("\n") + 1 for language, info in infos.items()}
    assert min(lines.values()) >= 3
    assert len(set(lines.values())) == 1, lines


@pytest.mark.parametrize("name", NAMES)
def test_arabic_begins_from_the_right_and_the_rest_from_the_left(name: str) -> None:
    """A program that takes the direction of a text from its first letter gets it right (Unicode UAX 9, rule P2)."""
    for language, slot, text in read(name):
        outside = re.sub("[\u2066-\u2068].*?\u2069", "", text)
        strong = next((c for char in outside if (c := unicodedata.bidirectional(char)) in ("L", "R", "AL")), None)
        expected = {"AL", None} if language == "ar" else {"L", None}
        assert strong in expected, (language, slot, text)


@pytest.mark.parametrize("name", NAMES)
def test_dutch_is_said_with_u_and_in_short_sentences(name: str) -> None:
    for language, slot, text in read(name):
        if language != "nl":
            continue
        assert re.search(r"\b(?:je|jij|jou|jouw|jullie)\b", text, re.IGNORECASE) is None, text
        for sentence in re.split(r"[.!?:]\s|\n", text):
            assert len(sentence.split()) <= MOST_WORDS, (slot, sentence)


@pytest.mark.parametrize("status", ["Actual", "Exercise"])
@pytest.mark.parametrize("name", NAMES)
def test_a_text_message_with_every_field_full_fits_two_segments_in_dutch_and_six_in_any_language(
    ask_scenario: Ask, name: str, status: str
) -> None:
    scenario = loaded(name)
    sent_at = datetime.fromisoformat("2026-09-29T12:10:00+00:00")
    for fields in each_option(scenario, fullest(scenario)):
        made = messages(
            ask_scenario, name, fields, {"status": status, **LATE}, sent_at=sent_at, number=123, replaces=122
        )
        for language, fitted in made.items():
            most = 2 if (language, status) == ("nl", "Actual") else gsm.MOST_SEGMENTS
            assert fitted.segments <= most, (language, fields, fitted.units)
            assert (fitted.encoding == gsm.GSM_7) == (language in GSM_LANGUAGES), language


@pytest.mark.parametrize("name", NAMES)
def test_a_first_text_message_of_today_fits_two_segments_and_three_where_letters_need_unicode(
    ask_scenario: Ask, name: str
) -> None:
    for language, fitted in messages(ask_scenario, name, least(loaded(name)), EVENING, replaces=None).items():
        assert fitted.segments <= (2 if language in GSM_LANGUAGES else 3), (language, fitted.units, fitted.text)
