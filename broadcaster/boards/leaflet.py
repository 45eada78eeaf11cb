"""Notices as plain text by language, for pages without a script: what people read on their telephones."""

from collections.abc import Mapping, Sequence
from typing import Any

from broadcaster.boards.screen import WORDS
from broadcaster.model.board import Notice
from broadcaster.render.languages import base, direction, resolve

_NOTHING = dict.fromkeys(
    (  # by where they stand on a page
        *("number", "headline", "label_what_to_do", "instruction", "label_what_happens", "description"),
        *("label_impact", "impact", "label_questions", "contact", "label_more", "link", "web"),
        *("until", "next_update", "numbered", "as_of", "label_place", "place", "label_source", "source"),
    ),
    "",
)
"""Every piece that a page asks for: what another version of the hub left out stays empty."""


def section(language: str, notices: Sequence[Notice], required: Sequence[str]) -> dict[str, Any]:
    """All notices for who reads a language, with the words that go with it. required: what a notice falls back on."""
    words = words_of(language)
    return {
        "language": language,
        "direction": direction(language),
        "name": words["name"],
        "words": words,
        "notices": [_told(notice, language, required, words) for notice in notices],
    }


def words_of(language: str) -> Mapping[str, str]:
    """What a page says of itself in a language; in English where it has no words for it."""
    return WORDS.get(language) or WORDS.get(base(language), WORDS["en"])


def _told(notice: Notice, language: str, required: Sequence[str], words: Mapping[str, str]) -> dict[str, Any]:
    """A notice in a language; in another one, and marked as such, when it is not there in this."""
    own = resolve(language, notice.languages, required)
    return {
        "alert": notice.alert,
        "language": own,
        "direction": direction(own),
        "pieces": _NOTHING | notice.languages[own],
        "severity": notice.severity.value,
        "severity_word": words[notice.severity.value],
        "as_of": notice.as_of.isoformat(),
        "expires": notice.expires.isoformat(),
        "next_update": notice.next_update.isoformat() if notice.next_update else None,
        "audio": None,
        "poster_word": None,
    }
