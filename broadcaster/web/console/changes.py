"""What changed between two versions of a text, word by word."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from broadcaster.model.draft import Info

_WORD = re.compile(r"\s+|[^\s]+")
Piece = tuple[Literal["same", "gone", "new"], str]
_LINES = ("event", "severity", "urgency", "certainty", "source", "exercise", "areas", "channels")
_MOMENTS = ("as_of", "expires", "next_update", "release_at")
_SLOTS = tuple(Info.model_fields)
Said = Callable[[str, Any], str]


def _as_it_stands(_name: str, value: Any) -> str:
    return str(value)


@dataclass(frozen=True, slots=True)
class Change:
    """One field that reads otherwise. language: of a text; empty for what is no text."""

    field: str
    language: str
    pieces: tuple[Piece, ...]


def between(before: Mapping[str, Any], after: Mapping[str, Any], said: Said = _as_it_stands) -> list[Change]:
    """Every field that differs, the texts last: a text's own words stand in the language of its readers. `said`
    writes a field's value as people read it."""
    old, new = dict(_flat(before, said)), dict(_flat(after, said))
    order = [*new, *(key for key in old if key not in new)]
    return [
        Change(*key, tuple(pieces(old.get(key, ""), new.get(key, ""))))
        for key in order
        if old.get(key, "") != new.get(key, "")
    ]


def _flat(content: Mapping[str, Any], said: Said) -> Iterator[tuple[tuple[str, str], str]]:
    """Every field that people see, as (name, language) and its words."""
    for name in (*_LINES, *_MOMENTS):
        yield (name, ""), _text(name, content.get(name), said)
    for name, value in (content.get("audience") or {}).items():
        yield (f"audience.{name}", ""), _text(f"audience.{name}", value, said)
    for name, value in (content.get("fields") or {}).items():
        yield (f"fields.{name}", ""), _text(f"fields.{name}", value, said)
    for language, info in (content.get("infos") or {}).items():
        for slot in _SLOTS:
            yield (slot, language), info.get(slot) or ""


def _text(name: str, value: Any, said: Said) -> str:
    if value is None:
        return ""
    if isinstance(value, list):  # of areas, channels, groups: their order says nothing
        return ", ".join(sorted(said(name, item) for item in value))
    return said(name, value)


def pieces(before: str, after: str) -> Iterator[Piece]:
    """The words of both: those that stayed, those that went, those that came."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", "".join(old[old_from:old_to])
            continue
        if gone := "".join(old[old_from:old_to]):
            yield "gone", gone
        if came := "".join(new[new_from:new_to]):
            yield "new", came
