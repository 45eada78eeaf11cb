"""Who wrote a draft's text in each language, who went over it, and which texts are older than what they translate.

The United Kingdom, 23 April 2023: autocorrect changed the Welsh of a national alert after it had been checked. So a
text that changes is nobody's checked text any more; and when the first text changes, the others are stale until they
change too, or somebody says that they still hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Translation:
    """One language. revision: of the draft, when its text changed last; by: who changed it (None: a machine), at in RFC
    3339. checked_…: who went over it since, at which revision of the draft."""

    revision: int
    at: str
    by: str | None = None
    checked_by: str | None = None
    checked_at: str | None = None
    checked_revision: int | None = None

    @property
    def known_good(self) -> int:
        """The revision of the draft that it was certainly written or checked against."""
        return max(self.revision, self.checked_revision or 0)


Translations = Mapping[str, Translation]


def read(stored: Mapping[str, Any]) -> dict[str, Translation]:
    """From what the store has."""
    return {language: Translation(**given) for language, given in stored.items()}


def stored(translations: Translations) -> dict[str, Any]:
    """For the store; what is not known is left out."""
    return {
        language: {name: value for name, value in asdict(one).items() if value is not None}
        for language, one in translations.items()
    }


def revised(
    before: Translations, old: Mapping[str, Any], new: Mapping[str, Any], revision: int, by: str | None, at: str
) -> dict[str, Translation]:
    """After a revision that made the texts `new` of `old` (infos by language)."""
    return {
        language: before[language]
        if language in before and old.get(language) == info
        else Translation(revision, at, by)
        for language, info in new.items()
    }


def checked(before: Translations, language: str, revision: int, by: str, at: str) -> dict[str, Translation]:
    """After somebody went over one language. KeyError when the draft has no text in it."""
    return {**before, language: replace(before[language], checked_by=by, checked_at=at, checked_revision=revision)}


def source_of(translations: Translations, order: Sequence[str]) -> str | None:
    """The language that the others translate: the first of the hub's that there is; None without any."""
    return next((language for language in order if language in translations), None) or min(translations, default=None)


def stale(translations: Translations, order: Sequence[str]) -> list[str]:
    """The languages whose text is older than the text it translates."""
    source = source_of(translations, order)
    if source is None:
        return []
    changed = translations[source].revision
    return sorted(language for language, one in translations.items() if language != source and one.known_good < changed)
