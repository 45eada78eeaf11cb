"""Scenarios: prepared words of which only typed fields are still open.

A scenario is a folder `templates/scenarios/NAME` with `scenario.toml` and a file of texts per
language. They are local files; a municipality edits them, and a test holds every language to the
same fields and digits.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from broadcaster.model.cap import Category, Certainty, Severity, Status, Urgency
from broadcaster.model.draft import DraftContent, Info
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.render.fields import FieldRule, Value, instant_of, refusal
from broadcaster.render.languages import isolated
from broadcaster.render.templates import Templates, house_templates
from broadcaster.render.words import UNKNOWN, Moments, words_of

WITHDRAWAL = "withdrawal"
"""The scenario with the prepared words of a cancel."""
DEFAULTED = ("event", "category", "severity", "urgency", "certainty")
"""The slots of a draft that a scenario fills when the officer left them open."""


Subject = Literal["outage", "danger", "help", "government", "mistake", "over", "before", "after", "other"]
Phase = Literal["cold", "first-72-hours", "aftermath"]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScenarioTexts(_File):
    """One language: templates of the texts, and the words of each choice. read_by, read_on: who whose own language
    it is went over it, and when; empty for as long as nobody did."""

    headline: str
    description: str
    impact: str
    instruction: str
    short: str
    contact: str | None = None
    web: str | None = None
    choices: dict[str, dict[str, str]] = {}
    read_by: str | None = None
    read_on: date | None = None

    @property
    def was_read(self) -> bool:
        """Whether a person is named who went over this text."""
        return bool(self.read_by and self.read_by.strip()) and self.read_on is not None

    def slots(self) -> dict[str, str]:
        """The templates, by slot of an `Info`."""
        return self.model_dump(include=set(Info.model_fields), exclude_none=True)


class Scenario(_File):
    """One scenario. title: as officers see it; purpose: what it is for, in a line. event_code: OASIS Event Terms
    List. facts_minutes: how old the facts may be at submit (Ahrtal, 14 July 2021: figures of 41 minutes ago while the
    water rose). withdraws: its words take back the notice whose number is in the field `number`. numbers: those that
    stand in the texts themselves, beside 112; where they come from is in the file."""

    name: str
    title: str
    purpose: str = ""
    subject: Subject = "other"
    event: str
    event_code: Annotated[str, Field(pattern="^OET-[0-9]{3}$")] | None = None
    category: Category
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    response_types: tuple[
        Literal["Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"], ...
    ]
    phase: Phase
    facts_minutes: int | None = None
    withdraws: bool = False
    numbers: tuple[str, ...] = ()
    fields: dict[str, FieldRule]
    texts: dict[str, ScenarioTexts] = {}

    @property
    def sha256(self) -> str:
        """SHA-256 over all of it, in every language: what a mandate is for."""
        return hashlib.sha256(rfc8785.dumps(self.model_dump(mode="json"))).hexdigest()

    @property
    def unread(self) -> list[str]:
        """The languages whose texts nobody read."""
        return [language for language, own in self.texts.items() if not own.was_read]


def names(templates: Templates | None = None) -> list[str]:
    """The scenarios there are."""
    sources = (templates or house_templates()).sources
    return sorted(
        path.split("/")[1] for path in sources if path.startswith("scenarios/") and path.endswith("/scenario.toml")
    )


def load(name: str, templates: Templates | None = None) -> Scenario:
    """A scenario with its texts. KeyError when there is none of that name, ValueError when it is broken."""
    house = templates or house_templates()
    if name in house.left_out:
        raise ValueError("de eigen bestanden van dit scenario hebben fouten, zie 'omroeper scenario lint'")
    return _loaded(name, house)


@lru_cache(maxsize=200)
def _loaded(name: str, house: Templates) -> Scenario:
    """Read once: templates are as they were when they were made, and a page shows all scenarios at once."""
    folder = f"scenarios/{name}/"
    head: dict[str, Any] = house.table(f"{folder}scenario.toml")
    files = [path for path in house.sources if path.startswith(folder) and not path.endswith("/scenario.toml")]
    texts = {path.removeprefix(folder).removesuffix(".toml"): house.table(path) for path in files}
    return Scenario.model_validate({**head, "name": name, "texts": dict(sorted(texts.items()))})


def with_defaults(scenario: Scenario, content: DraftContent) -> DraftContent:
    """The content with the scenario's CAP words where the officer gave none."""
    open_slots = [slot for slot in DEFAULTED if getattr(content, slot) is None]
    return content.model_copy(update={slot: getattr(scenario, slot) for slot in open_slots})


def check(scenario: Scenario, fields: dict[str, Value], area_names: dict[str, str]) -> list[Finding]:
    """Everything wrong with the fields: `field-missing`, `field-invalid`, `field-unknown`."""
    return [*_missing(scenario, fields), *_invalid(scenario, fields, area_names), *_unknown(scenario, fields)]


def _missing(scenario: Scenario, fields: dict[str, Value]) -> Iterator[Finding]:
    for name, rule in scenario.fields.items():
        if rule.required and name not in fields:
            yield _finding("field-missing", name, f"Vul in: {rule.label}.")


def _invalid(scenario: Scenario, fields: dict[str, Value], area_names: dict[str, str]) -> Iterator[Finding]:
    for name, rule in scenario.fields.items():
        if name in fields and (reason := refusal(rule, fields[name], area_names)):
            yield _finding("field-invalid", name, f"{rule.label}: dit {reason}.")


def _unknown(scenario: Scenario, fields: dict[str, Value]) -> Iterator[Finding]:
    for name in fields.keys() - scenario.fields.keys():
        yield _finding("field-unknown", name, f"Dit scenario heeft geen veld '{name}'.")


def _finding(code: str, name: str, message: str) -> Finding:
    return Finding(code, FindingKind.BLOCKING, f"fields.{name}", message)


FACTS_OLD = "facts-old"


def age_findings(scenario: Scenario, content: DraftContent, now: datetime) -> Iterator[Finding]:
    """A blocking finding for each limit that facts have outlived (Ahrtal, 14 July 2021: the message of 20:56 carried
    figures of 20:15, and the water rose 20 cm in ten minutes). Whoever looked again says so with a new `as_of`."""
    if content.as_of is None:
        return
    ageing: dict[timedelta, list[str]] = {}
    for name, rule in scenario.fields.items():
        limit = rule.stale_after or _usual_limit(scenario)
        if rule.as_of and limit is not None and name in (content.fields or {}):
            ageing.setdefault(limit, []).append(rule.label)
    for limit, labels in sorted(ageing.items()):
        if now - content.as_of > limit:
            minutes = int(limit.total_seconds() // 60)
            message = f"De feiten zijn ouder dan {minutes} minuten. Controleer: {', '.join(labels)}."
            yield Finding(FACTS_OLD, FindingKind.BLOCKING, "as_of", message)


def _usual_limit(scenario: Scenario) -> timedelta | None:
    return None if scenario.facts_minutes is None else timedelta(minutes=scenario.facts_minutes)


def unread_findings(scenario: Scenario, languages: Iterable[str], status: Status) -> Iterator[Finding]:
    """A finding for each language whose text nobody read whose own language it is: to accept by name before it goes
    out for real. Told in an exercise, and of a withdrawal, which waits for nothing: the words that take back a wrong
    alert must not be what it hangs on (Hawaii, 13 January 2018: 38 minutes)."""
    asked = status is Status.ACTUAL and not scenario.withdraws
    kind = FindingKind.TO_ACCEPT if asked else FindingKind.NOTICE
    for language in languages:
        if not scenario.texts[language].was_read:
            message = f"De tekst in '{language}' is niet nagelezen: laat dat doen, of aanvaard dit."
            yield Finding(f"text-unread:{language}", kind, "scenario", message)


def texts(
    scenario: Scenario,
    fields: dict[str, Value],
    timezone: str,
    today: date,
    area_names: dict[str, str] | None = None,
    templates: Templates | None = None,
) -> dict[str, Info]:
    """The texts in every language of the scenario; any exception may come of a bad template."""
    house, known = templates or house_templates(), area_names or {}
    return {
        language: info_of(scenario, language, fields, ZoneInfo(timezone), today, known, house)
        for language in scenario.texts
    }


def info_of(
    scenario: Scenario,
    language: str,
    fields: dict[str, Value],
    zone: ZoneInfo,
    today: date,
    area_names: dict[str, str],
    templates: Templates,
) -> Info:
    """The texts in one language; any exception may come of a bad template."""
    moments = Moments(words_of(language, templates.words), zone, today)
    own = scenario.texts[language]
    context = {
        name: _written(name, rule, fields, language, own, moments, area_names) for name, rule in scenario.fields.items()
    }
    filled = {slot: templates.render_text(source, context).strip() for slot, source in own.slots().items()}
    try:
        return Info.model_validate({slot: text for slot, text in filled.items() if text})
    except ValidationError as error:
        problem = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from error


def _written(
    name: str,
    rule: FieldRule,
    fields: dict[str, Value],
    language: str,
    own: ScenarioTexts,
    moments: Moments,
    area_names: dict[str, str],
) -> str:
    """A field as it stands in a text: empty when it was left open, visibly unknown when it may not be."""
    if name not in fields and not rule.required:
        return ""
    if name not in fields or refusal(rule, fields[name], area_names):
        return UNKNOWN
    value = fields[name]
    if not isinstance(value, str):
        return str(value)
    if rule.kind == "choice":
        return own.choices[name][value]
    if rule.kind == "time":
        instant = instant_of(value.strip())
        return value.strip() if instant is None else moments.at(instant)
    return isolated(area_names[value] if rule.kind == "area" else value.strip(), language)
