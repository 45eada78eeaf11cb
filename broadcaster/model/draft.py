"""What an officer writes: a draft's content, and what it still lacks.

A draft may be incomplete; a field that is given must be valid. What makes it complete are the
required slots of a warning (source, hazard, place, impact, action, time: Mileti & Sorensen 1990).
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from broadcaster.model.cap import Category, Certainty, Severity, Status, Urgency
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.model.recording import PATTERN

# C0 and C1 controls but the line feed, and what turns the reading direction behind the reader's back
# (Unicode UAX 9 embeddings and overrides): none has a place in a warning.
_NEVER = r"\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029\ufeff"
_FORBIDDEN = re.compile(rf"[{_NEVER}\ud800-\udfff]")
CHECK_SCENARIO = "check-message"
"""The scenario of a check message (Controlebericht)."""
_DATE_AND_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")


def _clean(text: str) -> str:
    if found := _FORBIDDEN.search(text):
        raise ValueError(f"teken U+{ord(found[0]):04X} mag niet in een tekst")
    if not text.strip():
        raise ValueError("dit veld mag niet leeg zijn")
    return text.strip()


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("dit veld is één regel")
    return text


def is_of_this_century(at: datetime) -> bool:
    """Whether a draft may name this instant. Near the ends of the calendar a change of zone has no answer."""
    return 2000 <= at.year < 2100


def _of_this_century(at: datetime) -> datetime:
    if not is_of_this_century(at):
        raise ValueError("kies een jaar van 2000 tot 2100")
    return at


def _written_out(given: Any) -> Any:
    # Pydantic would also take seconds since 1970 for a time (RFC 3339 section 5.6 does not).
    if isinstance(given, datetime) or (isinstance(given, str) and _DATE_AND_TIME.match(given)):
        return given
    raise ValueError("geef een tijdstip als 2026-11-23T14:30:00+01:00")


def _storable(text: str) -> str:
    text.encode()  # half a surrogate pair is a ValueError
    return text


def _one_fault(given: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(given)
    except ValidationError:
        raise PydanticCustomError("field_value", "dit moet een tekst of een geheel getal zijn") from None


MAX_WHOLE = 2**53 - 1
"""The digest's canonical JSON knows no greater whole number (RFC 8785 section 3.2.2.3)."""
Moment = Annotated[
    AwareDatetime,
    AfterValidator(_of_this_century),
    BeforeValidator(_written_out),
    Field(json_schema_extra={"pattern": "^20[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt ]"}),
]
_Text = Annotated[str, AfterValidator(_storable)]
_Whole = Annotated[int, Field(strict=True, ge=-MAX_WHOLE, le=MAX_WHOLE)]
FieldValue = Annotated[_Text | _Whole, WrapValidator(_one_fault)]
# What `_clean` and `_one_line` ask, as JSON Schema can say it.
_PARAGRAPH = {"pattern": rf"^[^{_NEVER}]*[^{_NEVER}\s][^{_NEVER}]*$"}
_LINE = {"pattern": rf"^[^\n{_NEVER}]*[^{_NEVER}\s][^\n{_NEVER}]*$"}
Line = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra=_LINE),
    AfterValidator(_clean),
    AfterValidator(_one_line),
]
Paragraph = Annotated[str, Field(min_length=1, max_length=2000, json_schema_extra=_PARAGRAPH), AfterValidator(_clean)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[a-z]{2,8})?$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
GroupName = Annotated[
    str,
    Field(min_length=1, max_length=100, json_schema_extra=_LINE),
    AfterValidator(_clean),
    AfterValidator(_one_line),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Info(_Strict):
    """The words in one language (CAP `info`)."""

    headline: Line | None = None
    description: Paragraph | None = None
    impact: Paragraph | None = None
    instruction: Paragraph | None = None
    short: Paragraph | None = None
    contact: Line | None = None
    web: Line | None = None


class Audience(_Strict):
    """Who gets it: recipients in one of `areas`, and in one of `groups`, where each is given.

    Both empty is nobody, never everybody (Los Angeles, January 2025).
    """

    groups: list[GroupName] = Field(default=[], max_length=200)
    areas: list[Name] = Field(default=[], max_length=500)
    expected: int | None = Field(default=None, ge=0, le=1_000_000_000, strict=True)


class DraftContent(_Strict):
    """The content of a draft, as the API takes and gives it."""

    status: Status
    organisation: Name | None = None
    incident: str | None = Field(default=None, max_length=64)
    event: Line | None = None
    category: Category | None = None
    severity: Severity | None = None
    urgency: Urgency | None = None
    certainty: Certainty | None = None
    source: Line | None = None
    as_of: Moment | None = None
    expires: Moment | None = None
    next_update: Moment | None = None
    release_at: str | None = Field(default=None, max_length=40)
    timezone: str | None = Field(default=None, max_length=64)
    exercise: Line | None = None
    areas: list[Name] = Field(default=[], max_length=500)
    audience: Audience | None = None
    channels: list[Name] = Field(default=[], max_length=20)
    infos: dict[Language, Info] = Field(default={}, max_length=20, json_schema_extra={"additionalProperties": False})
    without_accents: list[Language] = Field(
        default=[], max_length=20, description="languages whose text messages go without accents, which cost more there"
    )
    scenario: Name | None = None
    fields: dict[str, FieldValue] | None = None
    audio: dict[Language, Annotated[str, Field(pattern=PATTERN)]] = Field(
        default={}, max_length=20, json_schema_extra={"additionalProperties": False}
    )

    def as_json(self) -> dict[str, Any]:
        """As the API gives it: only what was filled in, times in RFC 3339."""
        return self.model_dump(mode="json", exclude_defaults=True) | {"status": self.status.value}


def about_lives(content: DraftContent) -> bool:
    """Whether lives depend on it now: then it must come through where the internet does not."""
    return content.severity is not None and content.severity.grave and content.urgency is Urgency.IMMEDIATE


INFO_SLOTS = ("headline", "description", "impact", "instruction")
ALERT_SLOTS = ("event", "category", "severity", "urgency", "certainty", "source", "as_of", "expires", "next_update")
_WHAT = {
    "event": "de gebeurtenis",
    "category": "de categorie",
    "severity": "de ernst",
    "urgency": "de urgentie",
    "certainty": "de zekerheid",
    "source": "de afzender (bron)",
    "as_of": "het tijdstip waarop de feiten bekend waren",
    "expires": "tot wanneer het bericht geldt",
    "next_update": "wanneer het volgende bericht komt",
    "areas": "het gebied",
    "channels": "ten minste één kanaal",
    "infos": "de tekst",
    "headline": "de kop",
    "description": "wat er gebeurt",
    "impact": "de gevolgen",
    "instruction": "wat mensen moeten doen",
}


def _missing(slot: str, field: str, language: str = "") -> Finding:
    where = f" ({language})" if language else ""
    return Finding("slot-missing", FindingKind.BLOCKING, field, f"Vul in: {_WHAT[slot]}{where}.")


def missing_slots(content: DraftContent) -> Iterator[Finding]:
    """A blocking finding for every required slot that is empty."""
    for slot in ALERT_SLOTS:
        if getattr(content, slot) is None:
            yield _missing(slot, slot)
    for slot in ("areas", "channels", "infos"):
        if not getattr(content, slot):
            yield _missing(slot, slot)
    for language, info in content.infos.items():
        for slot in INFO_SLOTS:
            if getattr(info, slot) is None:
                yield _missing(slot, f"infos.{language}.{slot}", language)


# How far the clocks of an officer's machine and the hub may differ before a time counts as a mistake.
_SKEW = timedelta(minutes=1)


def time_findings(content: DraftContent, now: datetime) -> Iterator[Finding]:
    """What is wrong with the times of a draft at `now`."""
    if content.expires is None:
        return
    if content.expires <= now:
        yield Finding(
            "expired", FindingKind.BLOCKING, "expires", "De geldigheid is al voorbij: kies een later tijdstip."
        )
    if content.next_update is not None and content.next_update <= now:
        yield Finding(
            "next-update-past", FindingKind.BLOCKING, "next_update", "Het volgende bericht ligt in het verleden."
        )
    if content.as_of is not None and content.as_of > now + _SKEW:
        yield Finding("as-of-future", FindingKind.BLOCKING, "as_of", "De feiten kunnen niet uit de toekomst zijn.")


def language_findings(content: DraftContent, required: list[str]) -> Iterator[Finding]:
    """A finding to accept by name for every required language without a text (Schiphol to Zeeland,
    24 June 2019: one language alone)."""
    for language in required:
        if content.infos and language not in content.infos:
            message = f"Er is geen tekst in '{language}'. Voeg die toe, of laat de accordeur dit aanvaarden."
            yield Finding(f"language-missing:{language}", FindingKind.TO_ACCEPT, "infos", message)


# How people say in each language that something is not an exercise (Hawaii, January 2018: a drill
# that said so was taken for real).
_NOT_A_DRILL = {
    "nl": r"(geen|niet een) (oefening|test)",
    "en": r"(not an?|no) (drill|exercise|test)",
    "de": r"keine (übung|test)",
    "fr": r"pas (d'|un )?(exercice|test)",
    "tr": r"(tatbikat|test) değil",
    "pl": r"nie są? (to )?(ćwiczeni|test)|to nie ćwiczeni",
    "ar": r"ليس(ت)? (تمرين|تدريب|اختبار)",
    "uk": r"не (навчання|тренування|тест)",
}
_NOT_A_DRILL_ANY = re.compile("|".join(_NOT_A_DRILL.values()), re.IGNORECASE)


def exercise_findings(content: DraftContent) -> Iterator[Finding]:
    """A blocking finding for each exercise text that denies being one."""
    if content.status is Status.ACTUAL:
        return
    for field, text in texts_of(content):
        if _NOT_A_DRILL_ANY.search(" ".join(text.split())):
            message = "Een oefentekst mag niet zeggen dat het geen oefening is."
            yield Finding("not-a-drill", FindingKind.BLOCKING, field, message)


def texts_of(content: DraftContent) -> Iterator[tuple[str, str]]:
    """Every text of a draft that ends up in a message or a feed, with its field."""
    for field in ("event", "source", "exercise"):
        if (text := getattr(content, field)) is not None:
            yield field, text
    for language, info in content.infos.items():
        for slot, text in info.model_dump(exclude_none=True).items():
            yield f"infos.{language}.{slot}", text
