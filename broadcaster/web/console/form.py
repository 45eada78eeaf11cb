"""The form of a draft: from what was typed to a patch of its content, and back to what stands in each field.

A moment is a day that is chosen and an hour that is typed ("6:00", "0600"): a browser's own field for it shows AM
and PM to whoever has an English one, and at 03:00 nobody sees the difference.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from broadcaster.model.draft import Info
from broadcaster.model.release import parse_release
from broadcaster.render.scenarios import Scenario
from broadcaster.workflow.refusals import Fault

MOMENTS = ("as_of", "expires", "next_update")
LINES = ("event", "category", "severity", "urgency", "certainty", "source", "exercise", "incident")
MANY = ("areas", "channels", "audience.groups", "audience.areas")
"""Fields with boxes, of which several may be ticked."""
SLOTS = tuple(Info.model_fields)
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[:.h]?([0-5][0-9])")
_WHOLE = re.compile(r"[0-9]{1,3}(?:[. ]?[0-9]{3})*|[0-9]+")
Posted = Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Read:
    """What was read of a form: a merge patch (RFC 7396) of the draft's content, and what could not be read."""

    patch: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def one(posted: Posted, name: str) -> str:
    """A field's text; empty when it was not sent."""
    return posted.get(name, [""])[0].strip()


def read(posted: Posted, scenario: Scenario | None, languages: Sequence[str], zone: ZoneInfo) -> Read:
    """The patch that a form asks for."""
    found = Read()
    found.patch |= {name: one(posted, name) or None for name in LINES if name in posted}
    found.patch["areas"] = list(posted.get("areas", ())) or None
    found.patch["channels"] = list(posted.get("channels", ())) or None
    for name in MOMENTS:
        _read_moment(found, posted, name, zone)
    _read_release(found, posted, zone)
    _read_audience(found, posted)
    if scenario is not None:
        found.patch["fields"] = dict(_fields(posted, scenario)) or None
    else:
        found.patch["infos"] = {language: _info(posted, language) for language in languages}
    return found


def _typed_moment(posted: Posted, name: str) -> str | None:
    """What was typed as local time without a zone; None for nothing. ValueError when it is no time."""
    clock = one(posted, f"{name}.time")
    if not clock:
        return None
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise ValueError("typ een tijd, zoals 06:30")
    day = one(posted, f"{name}.day")
    if not day:
        raise ValueError("kies er een dag bij")
    return f"{day}T{int(match[1]):02}:{match[2]}"


def _read_moment(found: Read, posted: Posted, name: str, zone: ZoneInfo) -> None:
    try:
        typed = _typed_moment(posted, name)
        release = None if typed is None else parse_release(typed, zone.key, zone.key)
    except ValueError as error:  # a NoSuchTime too
        found.faults.append(Fault(name, "no-such-time", str(error)))
        return
    found.patch[name] = None if release is None else release.at.astimezone(zone).isoformat(timespec="seconds")


def _read_release(found: Read, posted: Posted, zone: ZoneInfo) -> None:
    """The release keeps the words that were typed, with their zone: the workflow reads them by its own rules."""
    try:
        typed = _typed_moment(posted, "release_at")
        if typed is not None:
            parse_release(typed, zone.key, zone.key)
    except ValueError as error:
        found.faults.append(Fault("release_at", "no-such-time", str(error)))
        return
    found.patch |= {"release_at": typed, "timezone": zone.key if typed else None}


def _read_audience(found: Read, posted: Posted) -> None:
    expected = one(posted, "audience.expected")
    audience: dict[str, Any] = {name: list(posted.get(f"audience.{name}", ())) or None for name in ("groups", "areas")}
    if expected and not _WHOLE.fullmatch(expected):
        found.faults.append(Fault("audience.expected", "whole", "typ een geheel getal, zoals 12000"))
    else:
        audience["expected"] = int(re.sub(r"[. ]", "", expected)) if expected else None
    found.patch["audience"] = audience if any(audience.values()) or audience.get("expected") == 0 else None


def _fields(posted: Posted, scenario: Scenario) -> Iterator[tuple[str, str | int | None]]:
    """The typed fields of a scenario. What is no whole number stays text, for the scenario to refuse."""
    for name, rule in scenario.fields.items():
        text = one(posted, f"fields.{name}")
        if rule.kind == "number" and text.isascii() and text.isdigit() and len(text) < 12:
            yield name, int(text)
        elif rule.kind == "time" and (match := _CLOCK.fullmatch(text)):
            yield name, f"{int(match[1]):02}:{match[2]}"
        else:
            yield name, text or None


def _info(posted: Posted, language: str) -> dict[str, str | None] | None:
    slots = {slot: one(posted, f"infos.{language}.{slot}").replace("\r\n", "\n") or None for slot in SLOTS}
    return slots if any(slots.values()) else None


# --- back to what stands in the fields ---------------------------------------------------------------


def values(content: Mapping[str, Any], zone: ZoneInfo) -> dict[str, list[str]]:
    """What stands in each field of a draft's form, in the form that it is posted."""
    audience = content.get("audience") or {}
    shown = {name: [str(content[name])] for name in LINES if content.get(name)}
    for name in ("areas", "channels"):
        shown[name] = list(content.get(name, ()))
    shown |= {f"audience.{name}": list(audience.get(name, ())) for name in ("groups", "areas")}
    if audience.get("expected") is not None:
        shown["audience.expected"] = [str(audience["expected"])]
    for name in (*MOMENTS, "release_at"):
        if content.get(name):
            local = _local(str(content[name]), zone)
            shown |= {f"{name}.day": [f"{local:%Y-%m-%d}"], f"{name}.time": [f"{local:%H:%M}"]}
    shown |= {f"fields.{name}": [str(value)] for name, value in (content.get("fields") or {}).items()}
    for language, info in (content.get("infos") or {}).items():
        shown |= {f"infos.{language}.{slot}": [text] for slot, text in info.items() if text}
    return shown


def _local(text: str, zone: ZoneInfo) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(UTC).astimezone(zone)


def anchor(name: str, known: frozenset[str]) -> str:
    """The id of the field that a finding is about, or of the nearest one around it; empty when there is none."""
    parts = name.split(".")
    while parts:
        if ".".join(parts) in known:
            return f"field-{'-'.join(parts)}"
        parts.pop()
    return ""
