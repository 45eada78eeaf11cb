"""The words of the host's page, from one file, and times as people say them."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from broadcaster import data

LANGUAGES = ("nl", "en")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@cache
def catalogue() -> dict[str, dict[str, dict[str, str]]]:
    """Every word by group, name and language."""
    return tomllib.loads((data.find("templates") / "host" / "words.toml").read_text("utf-8"))


class Words:
    """The words in one language. A key is "group.name"; KeyError when there is none."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key, with its values filled in."""
        group, _, name = key.partition(".")
        found = catalogue()[group][name][self.language]
        return found.format_map(values) if values else found


@dataclass(frozen=True, slots=True)
class Times:
    """How instants read at `now`. known: whether the clock can be trusted."""

    words: Words
    zone: ZoneInfo
    now: datetime
    known: bool

    def said(self, at: datetime) -> str:
        """The hour ("14:05"), after the day when it is not today ("ma 23-11 14:05")."""
        local = at.astimezone(self.zone)
        if local.date() == self.now.astimezone(self.zone).date():
            return f"{local:%H:%M}"
        day = self.words("time.weekdays").split()[local.weekday()]
        return f"{day} {local.day}-{local.month} {local:%H:%M}"

    def passed(self, at: datetime) -> str:
        """How long ago: "zojuist", "4 minuten geleden"; or that nobody knows."""
        if not self.known:
            return self.words("time.unknown")
        seconds = max(0, int((self.now - at).total_seconds()))
        if seconds < _MINUTE:
            return self.words("time.just_now")
        for unit, name, until in ((_MINUTE, "minutes", _HOUR), (_HOUR, "hours", 2 * _DAY)):
            if seconds < until:
                return self._counted(name, seconds // unit)
        return self._counted("days", seconds // _DAY)

    def _counted(self, name: str, count: int) -> str:
        return self.words(f"time.{name}_one" if count == 1 else f"time.{name}", n=count)
