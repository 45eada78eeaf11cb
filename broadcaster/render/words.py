"""The fixed words of every message, per language: `templates/layouts/words.toml`."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from broadcaster.model.cap import Status
from broadcaster.render.languages import base

LAST_RESORT = "en"
"""Whose words stand in a message in a language that has none."""
UNKNOWN = "[...]"
"""Stands in a preview for what the draft still lacks; submit refuses such a draft."""
NO_NUMBER = "–"
"""Stands in a preview for the number that submit allocates."""


class Words(BaseModel):
    """One language. Texts with `{n}` take a number, those with `{at}` a moment."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    exercise: str
    test: str
    number: str
    replaces: str
    as_of: str
    until: str
    next_update: str
    what_to_do: str
    what_happens: str
    impact: str
    place: str
    source: str
    questions: str
    more: str
    unsubscribe: str
    date: str
    months: list[str] = Field(min_length=12, max_length=12)

    def word(self, status: Status) -> str | None:
        """What begins and ends every text that is not real; None for one that is."""
        return {Status.ACTUAL: None, Status.EXERCISE: self.exercise, Status.TEST: self.test}[status]

    def numbered(self, number: int | None, replaces: int | None = None) -> str:
        """The number as people say it: "Nr 3", or "Nr 3, vervangt nr 2"."""
        own = self.number.format(n=NO_NUMBER if number is None else number)
        return own if replaces is None else self.replaces.format(number=own, n=replaces)


Dictionary = TypeAdapter(dict[str, Words])
"""Reads the whole file."""


def words_of(language: str, dictionary: dict[str, Words]) -> Words:
    """The words of a language, of its base language, or of the last resort."""
    return dictionary.get(language) or dictionary.get(base(language)) or dictionary[LAST_RESORT]


@dataclass(frozen=True, slots=True)
class Moments:
    """How instants are written: HH:MM in the hub's zone, with the date when it is not `today`."""

    words: Words
    zone: ZoneInfo
    today: date

    def at(self, instant: datetime | None) -> str:
        """The instant as people say it."""
        if instant is None:
            return UNKNOWN
        local = instant.astimezone(self.zone)
        time = f"{local:%H:%M}"
        if local.date() == self.today:
            return time
        return self.words.date.format(day=local.day, month=self.words.months[local.month - 1], time=time)
