"""The console's words, from one file: Dutch first, English second."""

import re
import tomllib
from functools import cache

from broadcaster import data
from broadcaster.web.console.sentences import in_english

LANGUAGES = ("nl", "en")
_CODE = re.compile(r"'([a-z]{2}(?:-easy)?)'|\(([a-z]{2}(?:-easy)?)\)")
Table = dict[str, dict[str, dict[str, str]]]


@cache
def catalogue() -> Table:
    """Every word by group, name and language."""
    return tomllib.loads((data.find("templates") / "console" / "words.toml").read_text(encoding="utf-8"))


class Words:
    """The words in one language. A key is "group.name"; KeyError when there is none."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]

    @property
    def other(self) -> str:
        """The language that the page offers instead."""
        return next(language for language in LANGUAGES if language != self.language)

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key, with its values filled in."""
        group, _, name = key.partition(".")
        found = catalogue()[group][name][self.language]
        return found.format_map(values) if values else found

    def of(self, group: str, name: str) -> str:
        """The word for a value of a closed set; the value itself when the set has grown since."""
        found = catalogue()[group].get(name)
        return name if found is None else found[self.language]

    def knows(self, group: str, name: str) -> bool:
        """Whether there is a word for a value."""
        return name in catalogue()[group]

    def say(self, dutch: str) -> str:
        """What the hub says of a finding, a fault or a refusal; a language by its name, not by its code."""
        said = dutch if self.language == "nl" else in_english(dutch)
        return _CODE.sub(self._named, said)

    def _named(self, code: re.Match[str]) -> str:
        """'ar' is "het Arabisch", (ar) is "(Arabisch)"."""
        quoted, bracketed = code.groups()
        if not self.knows("language", quoted or bracketed):
            return code.group()
        name = self.of("language", quoted or bracketed)
        if bracketed:
            return f"({name})"
        return f"het {name}" if self.language == "nl" and name[0].isupper() else name

    def counted(self, key: str, count: int, **values: object) -> str:
        """The words for a number of things; one thing has its own, under the key with `_one`."""
        return self(f"{key}_one" if count == 1 else key, count=self.number(count), **values)

    def number(self, count: int) -> str:
        """A number with its thousands apart, as the language has it."""
        grouped = f"{count:,}"
        return grouped.replace(",", ".") if self.language == "nl" else grouped
