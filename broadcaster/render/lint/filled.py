"""How the texts of a scenario come out when they are filled in, with as little and with as much as they take."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from broadcaster.model import gsm
from broadcaster.model.cap import Status
from broadcaster.model.draft import DraftContent, Info
from broadcaster.render import scenarios
from broadcaster.render.engine import render
from broadcaster.render.languages import base, direction
from broadcaster.render.lint.complaint import Complaint
from broadcaster.render.lint.meaning import reference
from broadcaster.render.lint.samples import AREA, AREA_NAME, Fields, each_option, every_way, fullest, least
from broadcaster.render.readability import sentences
from broadcaster.render.request import RenderRequest
from broadcaster.render.scenarios import Scenario
from broadcaster.render.templates import Templates
from broadcaster.render.words import UNKNOWN

_ZONE, _DAY = "Europe/Amsterdam", date(2026, 9, 29)
_GSM_LANGUAGES = {"nl", "en", "de", "fr"}
"""Those whose letters stand in the GSM alphabet: a short text of them must not pay for Unicode."""
_BROKEN = re.compile(rf"{re.escape(UNKNOWN)}|[{{}}]|None|  | [.,]|[.,]\.|\n\n|[.!?؟][^\W_]")
_ENDS = (".", "!", "?", "؟")
_ISOLATED = re.compile("[\u2066-\u2068].*?\u2069")
_MOST_WORDS = {"nl": 20, "nl-easy": 12}
"""In a sentence, by language; longer ones are no plain language."""
LEAST_LINES = 3
"""Things to do, with nothing but the required fields (Valencia, 29 October 2024: a message that helped too little)."""


def filled(scenario: Scenario, templates: Templates) -> Iterator[Complaint]:
    """What is wrong with the texts when they are filled in."""
    known = {AREA: AREA_NAME}
    ways = every_way(scenario)
    for at, fields in enumerate(ways):
        try:
            infos = scenarios.texts(scenario, fields, _ZONE, _DAY, known, templates)
        except Exception as error:  # noqa: BLE001 (a template may raise anything; it costs itself)
            where = f"{scenario.name}/scenario.toml"
            yield Complaint(where, "", "has a text that cannot be filled in", " ".join(str(error).split())[:200])
            return
        yield from _digits(scenario, infos)
        if at == 0:
            yield from _actions(scenario, infos)
        for language, info in infos.items():
            for slot, text in info.model_dump(exclude_none=True).items():
                yield from _read(f"{scenario.name}/{language}.toml", language, slot, text)
    yield from _short(scenario, templates)


def everyday_infos(scenario: Scenario, templates: Templates) -> dict[str, Info]:
    """The texts with only the required fields filled in; any exception may come of a bad template."""
    return scenarios.texts(scenario, least(scenario), _ZONE, _DAY, {AREA: AREA_NAME}, templates)


def _digits(scenario: Scenario, infos: dict[str, Info]) -> Iterator[Complaint]:
    first = reference(scenario)
    for slot in Info.model_fields:
        wanted = _numbers(getattr(infos[first], slot))
        for language, info in infos.items():
            if _numbers(getattr(info, slot)) != wanted:
                remedy = "see what stands behind an {% if %}"
                message = f"has other digits than {first}.toml when it is filled in"
                yield Complaint(f"{scenario.name}/{language}.toml", slot, message, remedy)


def _numbers(text: str | None) -> list[str]:
    return sorted(re.findall(r"[0-9]+", text or ""))


def _actions(scenario: Scenario, infos: dict[str, Info]) -> Iterator[Complaint]:
    first = reference(scenario)
    lines = {language: len((info.instruction or "").splitlines()) for language, info in infos.items()}
    for language, count in lines.items():
        file = f"{scenario.name}/{language}.toml"
        if count == 0:
            message = "says nothing that people can do when only the required fields are filled in"
            yield Complaint(file, "instruction", message, "add a line that needs no field")
        elif count < LEAST_LINES:
            message = f"has {count} things to do when only the required fields are filled in"
            yield Complaint(file, "instruction", message, f"name at least {LEAST_LINES}, a line each", grave=False)
        if count != lines[first]:
            message = f"has {count} lines, and {first}.toml has {lines[first]}"
            yield Complaint(file, "instruction", message, "say the same things", grave=False)


def _read(file: str, language: str, slot: str, text: str) -> Iterator[Complaint]:
    if _BROKEN.search(text):
        yield Complaint(file, slot, "comes out broken", f"see '{text[:80]}'", grave=False)
    if slot not in ("headline", "contact", "web") and not text.endswith(_ENDS):
        yield Complaint(file, slot, "does not end its last sentence", "add a full stop", grave=False)
    if not _begins_right(language, text):
        yield Complaint(file, slot, "begins with a letter of the other reading direction", "begin with a word")
    for sentence in sentences(text) if language in _MOST_WORDS else ():
        if (count := len(sentence.split())) > _MOST_WORDS[language]:
            message = f"has a sentence of {count} words"
            remedy = f"make it at most {_MOST_WORDS[language]}: '{sentence[:60]}'"
            yield Complaint(file, slot, message, remedy, grave=False)


def _begins_right(language: str, text: str) -> bool:
    """A program that takes the direction of a text from its first letter gets it right (Unicode UAX 9, rule P2)."""
    strong = (unicodedata.bidirectional(char) for char in _ISOLATED.sub("", text))
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), None)
    return first is None or (first in ("R", "AL")) == (direction(language) == "rtl")


def _short(scenario: Scenario, templates: Templates) -> Iterator[Complaint]:
    """The text message: with every field full, and as the first one of a day."""
    for fields in each_option(scenario, fullest(scenario)):
        for status in (Status.ACTUAL, Status.EXERCISE):
            most = {"nl": 2} if status is Status.ACTUAL else {}
            full = _request(scenario, fields, status, days=1, number=123, replaces=122)
            yield from _sizes(scenario, full, templates, most, gsm.MOST_SEGMENTS)
    few = _request(scenario, least(scenario), Status.ACTUAL, days=0, number=3, replaces=None)
    yield from _sizes(scenario, few, templates, dict.fromkeys(_GSM_LANGUAGES, 2), 3)


def _sizes(
    scenario: Scenario, request: RenderRequest, templates: Templates, most: dict[str, int], otherwise: int
) -> Iterator[Complaint]:
    for (_, language), texts in render(request, templates).texts.items():
        fitted, file = gsm.fit(texts.text, texts.word), f"{scenario.name}/{language}.toml"
        allowed = most.get(language, otherwise)
        if fitted.segments > allowed:
            message = f"makes a text message of {fitted.segments} segments where {allowed} are allowed"
            yield Complaint(file, "short", message, "make it shorter", grave=False)
        if base(language) in _GSM_LANGUAGES and fitted.encoding != gsm.GSM_7:
            strange = "".join(sorted({char for char in texts.text if char not in gsm.GSM}))
            message = f"has letters that make a text message twice as long ({strange})"
            yield Complaint(file, "short", message, "write it without them", grave=False)


def _request(
    scenario: Scenario, fields: Fields, status: Status, *, days: int, number: int, replaces: int | None
) -> RenderRequest:
    """A request for the text messages, with its times on the same day or `days` later."""
    now = datetime.fromisoformat("2026-09-29T14:10:00+02:00")
    later = now + timedelta(days=days)
    content = DraftContent(
        status=status,
        scenario=scenario.name,
        fields=fields,
        source="Gemeente Voorbeeldstad",
        as_of=now - timedelta(minutes=10),
        expires=later.replace(hour=19, minute=0),
        next_update=later.replace(hour=17, minute=0),
        areas=[AREA],
        channels=["sms"],
    )
    return RenderRequest(
        content=content,
        organisation_name="Gemeente Voorbeeldstad",
        sender="voorbeeldstad.example",
        sent_at=now,
        timezone=_ZONE,
        kinds=("sms",),
        languages=(),
        area_names={AREA: AREA_NAME},
        number=number,
        replaces=replaces,
    )
