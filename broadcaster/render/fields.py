"""The typed fields of a scenario: what may be filled in, and how it is written in a text."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, model_validator

Value = str | int
Kind = Literal["place", "address", "area", "time", "phone", "url", "number", "choice"]
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
# 112, 14 030, 0800-1351, 088 123 45 67, +31 30 286 00 00: as people read it, and nothing else.
_PHONE = re.compile(r"\+?[0-9](?:[ -]?[0-9]){2,14}")
# A name on the map and its address; no markup, no sentence of its own.
_PLACE = re.compile(r"[^\W_][\w .,'’()/&+-]*")
# Plain letters of a domain name and a path; a name in other letters is typed in its own form (xn--...).
_HOST_AND_PATH = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9](?:/[A-Za-z0-9._~/-]*)?")


class FieldRule(BaseModel):
    """One field. longest: characters of a text. least, most: bounds of a number. options: of a choice.
    as_of: what it says ages, so the draft's as-of time belongs to it. stale_after: how old it may be (ISO 8601,
    "PT30M"); without it the scenario's `facts_minutes` count."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Kind
    label: str
    required: bool = True
    as_of: bool = False
    stale_after: timedelta | None = None
    longest: int = 80
    least: int = 0
    most: int = 10_000_000
    options: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check_age(self) -> Self:
        if self.stale_after is not None and not self.as_of:
            raise ValueError("stale_after goes with as_of = true")
        if self.stale_after is not None and self.stale_after <= timedelta():
            raise ValueError("stale_after must be longer than nothing")
        return self


def refusal(rule: FieldRule, value: Value, area_names: dict[str, str]) -> str | None:
    """Why a value cannot stand in a field, in Dutch; None when it can."""
    if rule.kind == "number":
        return _number_refusal(rule, value)
    if not isinstance(value, str):
        return "moet een tekst zijn"
    if rule.kind == "choice":
        return None if value in rule.options else f"moet een van deze zijn: {', '.join(rule.options)}"
    if rule.kind == "area":
        return None if value in area_names else "is geen bekend gebied"
    return _text_refusal(rule, value.strip())


def _number_refusal(rule: FieldRule, value: Value) -> str | None:
    if isinstance(value, str):
        return "moet een heel getal zijn"
    return None if rule.least <= value <= rule.most else f"moet tussen {rule.least} en {rule.most} liggen"


def _text_refusal(rule: FieldRule, text: str) -> str | None:
    if len(text) > rule.longest:
        return f"is {len(text) - rule.longest} tekens te lang (hoogstens {rule.longest})"
    accepted, reason = _FORMS[rule.kind]
    return None if accepted(text) else reason


def _is_url(text: str) -> bool:
    """A whole secure address that a reader can type over: no user, no port, nothing behind a question mark (those are
    how a link pretends to lead elsewhere)."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    bare = not (parts.query or parts.fragment or parts.username or port)
    return parts.scheme == "https" and bare and _HOST_AND_PATH.fullmatch(text.removeprefix("https://")) is not None


def instant_of(text: str) -> datetime | None:
    """The instant a time field names (RFC 3339 with an offset); None for a bare HH:MM. ValueError for
    anything else."""
    if _CLOCK.fullmatch(text):
        return None
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a time needs an offset")
    return instant


def _is_time(text: str) -> bool:
    try:
        instant_of(text)
    except ValueError:
        return False
    return True


_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "time": (_is_time, "moet een tijd zijn, zoals 13:40 of 2026-11-24T13:40:00+01:00"),
    "phone": (_PHONE.fullmatch, "moet een telefoonnummer zijn"),
    "url": (_is_url, "moet een heel webadres zijn, zoals https://www.voorbeeldstad.example/water"),
    "address": (_PLACE.fullmatch, "moet een adres zijn, zoals Kerkstraat 1"),
    "place": (_PLACE.fullmatch, "moet een naam of adres zijn"),
}
