"""Scenarios: every language says the same, in fields and digits."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import pytest
from jinja2 import Environment, meta

from broadcaster.model import gsm
from broadcaster.model.finding import FindingKind
from broadcaster.render import scenarios
from broadcaster.render.engine import render
from broadcaster.render.request import RenderRequest
from broadcaster.render.scenarios import Scenario

Ask = Callable[..., RenderRequest]
NAMES = scenarios.names()
EACH = [(name, language) for name in NAMES for language in scenarios.load(name).texts]
LANGUAGES = {"nl", "en", "ar", "tr", "pl"}
"""In which a scenario of the house speaks: Dutch, and those that Dutch bodies printed in the corona crisis."""
TEXTS = ("headline", "description", "impact", "instruction", "short", "contact", "web")
AREAS = {"noord": "Noord"}
GOOD: dict[str, str | int] = {"place": "Noord", "since": "13:40", "mobile": "works", "phone": "14 030"}
FULL: dict[str, str | int] = {
    **GOOD,
    "households": 2400,
    "back": "2026-11-24T06:00:00+01:00",
    "point": "Wijkhuis Noord, Kerkstraat 1",
}


def power_outage() -> Scenario:
    return scenarios.load("power-outage")


def holes(source: str | None) -> set[str]:
    return meta.find_undeclared_variables(Environment(autoescape=True).parse(source or ""))


def digits(text: str | None) -> list[str]:
    return sorted(re.findall(r"[0-9]+", text or ""))


def said(scenario: Scenario, language: str) -> dict[str, str]:
    """Everything a scenario says in a language, by where it stands."""
    own = scenario.texts[language]
    texts = own.model_dump(exclude={"choices"}, exclude_none=True)
    return texts | {f"{field}.{option}": text for field, words in own.choices.items() for option, text in words.items()}


def fullest(scenario: Scenario) -> dict[str, str | int]:
    """Every field as long as it may be."""
    values: dict[str, Callable[..., str | int]] = {
        "place": lambda rule: "W" * rule.longest,
        "time": lambda rule: "2026-09-30T19:00:00+02:00",
        "phone": lambda rule: "0800-1351",
        "number": lambda rule: rule.most,
        "choice": lambda rule: rule.options[-1],
    }
    return {name: values[rule.kind](rule) for name, rule in scenario.fields.items()}


def every_choice(scenario: Scenario) -> Iterator[dict[str, str | int]]:
    """All fields filled, once with each option."""
    for name, rule in scenario.fields.items():
        yield from ({**fullest(scenario), name: option} for option in rule.options)


def test_there_are_a_power_outage_and_an_opened_support_point() -> None:
    assert {"power-outage", "support-point-opened"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_speaks_five_languages(name: str) -> None:
    assert scenarios.load(name).texts.keys() >= LANGUAGES


@pytest.mark.parametrize("slot", TEXTS)
@pytest.mark.parametrize("name", NAMES)
def test_no_language_misses_a_text_a_placeholder_or_a_digit(name: str, slot: str) -> None:
    scenario = scenarios.load(name)
    dutch = getattr(scenario.texts["nl"], slot)
    for language, own in scenario.texts.items():
        text = getattr(own, slot)
        assert (text is None) == (dutch is None), language
        assert holes(text) == holes(dutch), language
        assert digits(text) == digits(dutch), language
        assert holes(text) <= scenario.fields.keys(), language


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_used_and_every_choice_has_words(name: str) -> None:
    scenario = scenarios.load(name)
    for language, own in scenario.texts.items():
        used = {hole for slot in TEXTS for hole in holes(getattr(own, slot))}
        assert used == set(scenario.fields), language
        options = {field: set(rule.options) for field, rule in scenario.fields.items() if rule.kind == "choice"}
        assert {field: set(words) for field, words in own.choices.items()} == options, language


@pytest.mark.parametrize("name", NAMES)
def test_no_choice_gains_or_loses_a_digit_in_a_language(name: str) -> None:
    scenario = scenarios.load(name)
    dutch = {where: digits(text) for where, text in said(scenario, "nl").items()}
    for language in scenario.texts:
        assert {where: digits(text) for where, text in said(scenario, language).items()} == dutch, language


@pytest.mark.parametrize(("name", "language"), EACH)
def test_every_digit_of_a_language_is_0_to_9(name: str, language: str) -> None:
    assert [char for text in said(scenarios.load(name), language).values() for char in text if _foreign(char)] == []


def _foreign(char: str) -> bool:
    return char.isdecimal() and not char.isascii()


@pytest.mark.parametrize(("name", "language"), EACH)
def test_no_letter_touches_what_is_filled_in(name: str, language: str) -> None:
    """An ending or a prefix on a name is a guess: nobody knows how the next name is inflected."""
    touching = re.compile(r"[^\W_]\{\{|ـ\{\{|\}\}[^\W_]|\}\}['’-]")
    assert [where for where, text in said(scenarios.load(name), language).items() if touching.search(text)] == []


@pytest.mark.parametrize(("name", "language"), [pair for pair in EACH if pair[1] not in ("nl", "nl-easy")])
def test_no_text_was_left_in_dutch(name: str, language: str) -> None:
    scenario = scenarios.load(name)
    dutch, own = said(scenario, "nl"), said(scenario, language)
    assert [where for where in own if own[where] == dutch[where] and not own[where].startswith("{{")] == []


@pytest.mark.parametrize("name", [name for name in NAMES if "ar" in scenarios.load(name).texts])
def test_arabic_is_written_in_arabic_but_for_the_word_on_the_sign(name: str) -> None:
    for where, text in said(scenarios.load(name), "ar").items():
        words = re.sub(r"\{[{%].*?[%}]\}|noodsteunpunt", "", text)
        assert [char for char in words if "LATIN" in unicodedata.name(char, "")] == [], where


@pytest.mark.parametrize("name", NAMES)
def test_filled_texts_hold_the_same_digits_in_every_language(name: str) -> None:
    scenario = scenarios.load(name)
    for fields in every_choice(scenario):
        infos = scenarios.texts(scenario, fields, "Europe/Amsterdam", date(2026, 11, 24))
        for slot in TEXTS:
            assert len({tuple(digits(getattr(info, slot))) for info in infos.values()}) == 1, slot


def test_a_number_is_written_as_it_was_given() -> None:
    infos = scenarios.texts(power_outage(), FULL, "Europe/Amsterdam", date(2026, 11, 24))
    assert all("2400" in (info.description or "") for info in infos.values())


def test_a_time_is_written_in_the_zone_of_the_hub() -> None:
    infos = scenarios.texts(power_outage(), FULL, "Europe/Amsterdam", date(2026, 11, 23))
    assert "rond 24 november 06:00" in (infos["nl"].description or "")
    assert "sinds 13:40" in (infos["nl"].description or "").lower()


def test_an_open_field_leaves_out_its_sentence() -> None:
    info = scenarios.texts(power_outage(), GOOD, "Europe/Amsterdam", date(2026, 11, 23))["nl"]
    assert info.description == "Sinds 13:40 is er geen stroom in Noord."
    assert (info.instruction or "").endswith("Bel 112 alleen als iemand in gevaar is.")


@pytest.mark.parametrize("status", ["Actual", "Exercise", "Test"])
def test_the_dutch_text_message_fits_two_segments(ask_scenario: Ask, status: str) -> None:
    texts = render(ask_scenario({"status": status})).texts["sms", "nl"]
    fitted = gsm.fit(texts.text, texts.word)
    assert (fitted.encoding, fitted.findings) == (gsm.GSM_7, ())
    assert fitted.segments <= 2


@pytest.mark.parametrize("status", ["Actual", "Exercise"])
@pytest.mark.parametrize(("name", "language"), EACH)
def test_a_text_message_with_every_field_full_fits_two_segments_in_dutch_and_six_in_any_language(
    ask_scenario: Ask, name: str, language: str, status: str
) -> None:
    late = {"expires": "2026-09-30T17:00:00Z", "next_update": "2026-09-30T15:00:00Z", "as_of": "2026-09-29T12:00:00Z"}
    draft = {"scenario": name, "fields": fullest(scenarios.load(name)), "status": status, **late}
    sent_at = datetime.fromisoformat("2026-09-29T12:10:00+00:00")
    texts = render(ask_scenario(draft, sent_at=sent_at, number=123, replaces=122)).texts["sms", language]
    fitted = gsm.fit(texts.text, texts.word)
    assert "30" in texts.text
    assert fitted.segments <= (2 if (language, status) == ("nl", "Actual") else gsm.MOST_SEGMENTS)
    assert fitted.encoding == gsm.GSM_7 or language != "nl"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("place", "x" * 31),
        ("place", "<b>Noord</b>"),
        ("place", "Noord{{ 7 }}"),
        ("place", 7),
        ("place", ""),
        ("since", "25:00"),
        ("since", "13.40"),
        ("since", "2026-11-23T13:40:00"),
        ("households", 0),
        ("households", 2_000_001),
        ("households", "veel"),
        ("mobile", "perhaps"),
        ("phone", "bel mij"),
        ("phone", "14 030\n112"),
        ("phone", "1" * 21),
    ],
)
def test_a_field_outside_its_limits_is_refused_by_name(field: str, value: str | int) -> None:
    (finding,) = scenarios.check(power_outage(), {**GOOD, field: value}, AREAS)
    assert (finding.code, finding.kind, finding.field) == ("field-invalid", FindingKind.BLOCKING, f"fields.{field}")
    assert power_outage().fields[field].label in finding.message


@pytest.mark.parametrize("phone", ["112", "14 030", "0800-1351", "088 123 45 67", "+31 30 286 00 00"])
def test_a_phone_number_is_taken_as_people_write_it(phone: str) -> None:
    assert scenarios.check(power_outage(), {**GOOD, "phone": phone}, AREAS) == []


def test_all_fields_are_checked_at_once() -> None:
    found = scenarios.check(power_outage(), {"place": "", "since": "x", "colour": "red"}, AREAS)
    assert sorted((finding.code, finding.field) for finding in found) == [
        ("field-invalid", "fields.place"),
        ("field-invalid", "fields.since"),
        ("field-missing", "fields.mobile"),
        ("field-missing", "fields.phone"),
        ("field-unknown", "fields.colour"),
    ]


def test_a_field_still_to_fill_in_shows_in_the_preview(ask_scenario: Ask) -> None:
    rendered = render(ask_scenario({"fields": {"since": "13:40"}}))
    assert rendered.infos["nl"].headline == "Stroomuitval in [...]"
    assert {"field-missing"} == {finding.code for finding in rendered.findings}


def test_old_facts_need_a_confirmation(ask_scenario: Ask) -> None:
    def found(as_of: str) -> list[tuple[str, Any]]:
        return [(finding.code, finding.kind) for finding in render(ask_scenario({"as_of": as_of})).findings]

    assert found("2026-11-23T12:11:00Z") == []
    assert found("2026-11-23T12:09:00Z") == [("facts-old", FindingKind.TO_ACCEPT)]


def test_a_scenario_never_overrules_what_the_officer_chose(ask: Ask) -> None:
    content = ask({"severity": "Minor", "event": None}).content
    filled = scenarios.with_defaults(power_outage(), content)
    assert (filled.severity, filled.event) == ("Minor", "Stroomuitval")


def test_a_scenario_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        scenarios.load("zeppelin")
