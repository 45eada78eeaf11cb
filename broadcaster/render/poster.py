"""Posters: an alert on A4 or A3, in all its languages below each other, as a tagged PDF (PDF/UA-1, ISO 14289-1).

A poster hangs for days: every moment on it has its date, also today's (Berlin, January 2026: "tonight" stayed on the
wall). It is drawn by Typst from `templates/poster/poster.typ` in a process of its own, see `drawing`. The same poster
gives the same bytes.
"""

import io
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import segno

from broadcaster import data
from broadcaster.model.draft import Info
from broadcaster.render.languages import base, direction, isolated
from broadcaster.render.pieces import pieces
from broadcaster.render.request import RenderRequest
from broadcaster.render.templates import house_templates
from broadcaster.render.words import LAST_RESORT, Moments, words_of

PDF = "application/pdf"
DRAFT = "CONCEPT · NIET OPHANGEN"
_NO_DAY = date.min
_LONG, _PIECES, _MAY_BREAK = re.compile(r"\S{24,}"), re.compile(r".{1,12}"), "\u200b"
_LABELS = ("label_what_to_do", "label_what_happens", "label_impact")
_QUIET_ZONE = 4
"""Modules of white around the code (ISO/IEC 18004, section 6.3.8)."""


class Size(StrEnum):
    """A sheet of paper, portrait."""

    A4 = "a4"
    A3 = "a3"


@dataclass(frozen=True, slots=True)
class Poster:
    """Everything on it. word: the exercise's, None when real. draft: what says that nobody may hang it up; None when
    somebody approved it. sections: one per language. code: the QR code as SVG, None without one."""

    size: Size
    title: str
    organisation: str
    word: str | None
    draft: str | None
    sections: tuple[dict[str, Any], ...]
    code: str | None
    code_alt: str
    made_at: str

    def as_line(self) -> str:
        """As the template reads it: one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def poster_of(request: RenderRequest, size: Size, link: str | None) -> Poster:
    """The poster of a frozen alert, whose texts are in `request.content.infos`. link: where its code leads, None while
    nobody approved it."""
    infos = request.content.infos
    order = [language for language in request.languages if language in infos]
    order += sorted(set(infos) - set(order))
    sections = [_section(request, name, infos[name], link) for name in order]
    first = sections[0]
    return Poster(
        size,
        title=f"{first['number']}: {infos[order[0]].headline}",
        organisation=request.organisation_name,
        word=first["word"],
        draft=None if link else DRAFT,
        sections=tuple(sections),
        code=None if link is None else _svg(link),
        code_alt=f"QR: {urlsplit(link).hostname}" if link else "",
        made_at=request.sent_at.isoformat(),
    )


def _section(request: RenderRequest, language: str, info: Info, link: str | None) -> dict[str, Any]:
    dictionary = house_templates().words
    own, words = own_words(language), words_of(language, dictionary)
    said = pieces(request, language, info, dictionary)
    moments = Moments(words, ZoneInfo(request.timezone), _NO_DAY)
    asked = [f"{said[f'label_{label}']}: {said[slot]}" for label, slot in _ASKING.items() if said[slot]]
    facts = [
        f"{said['numbered']} · {words.next_update.format(at=moments.at(request.content.next_update))}",
        f"{words.as_of.format(at=moments.at(request.content.as_of))} · {said['label_source']}: {said['source']}",
        " · ".join([f"{said['label_place']}: {said['place']}", *asked]),
    ]
    take_down = own["take_down"].format(n=request.replaces) if request.replaces else None
    return {
        "lang": base(language),
        "rtl": direction(language) == "rtl",
        "name": _name(language),
        "word": said["word"] or None,
        "number": said["number"],
        "headline": _breakable(said["headline"]),
        "until": words.until.format(at=moments.at(request.content.expires)),
        "take_down": take_down,
        **{label: said[label] for label in _LABELS},
        **{slot: _lines(said[slot]) for slot in ("instruction", "description", "impact")},
        "facts": [_breakable(fact) for fact in facts],
        "code": own["code"].format(host=isolated(urlsplit(link).netloc, language)) if link else "",
    }


_ASKING = {"questions": "contact", "more": "web"}


def _lines(text: str) -> list[str]:
    return [_breakable(line) for line in text.splitlines() if line.strip()]


def _breakable(text: str) -> str:
    """A text whose longest words may go over the end of a line: a web address is wider than a column."""
    return _LONG.sub(lambda word: _MAY_BREAK.join(_PIECES.findall(word[0])), text)


def own_words(language: str) -> Mapping[str, str]:
    """What only a poster says, in a language or, without that, in the last resort."""
    table = _table("poster/words.toml")
    return table.get(language) or table.get(base(language)) or table[LAST_RESORT]


def _name(language: str) -> str:
    """What its readers call the language; its code when nobody told us."""
    table = _table("board/words.toml")
    found = table.get(language) or table.get(base(language)) or {}
    return found.get("name", language)


@lru_cache
def _table(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((data.find("templates") / name).read_text("utf-8"))


def _svg(link: str) -> str:
    """The code: at level M it is read with up to 15 % of it gone (ISO/IEC 18004)."""
    file = io.BytesIO()
    segno.make_qr(link, error="m", boost_error=False).save(file, kind="svg", omitsize=True, border=_QUIET_ZONE)
    return file.getvalue().decode()
