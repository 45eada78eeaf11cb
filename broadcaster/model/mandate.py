"""A mandate: one named officer may release a message of one scenario alone, within limits that two others signed.

Kerr County, 4 July 2025: asked for at 04:22, "a supervisor must approve", first alert at 05:34, for many at 10:04.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from broadcaster.model.draft import MAX_WHOLE, FieldValue, GroupName, Line, Name

SIGNED_WITH_A_MANDATE = ("language-missing", "text-unread")
"""Rules about the scenario itself: who signs a mandate read its texts, and accepts these with it."""
LONGEST_DAYS = 366
"""A mandate is looked at anew every year."""
_Whole = Annotated[int, Field(strict=True, ge=-MAX_WHOLE, le=MAX_WHOLE)]


class Standing(StrEnum):
    """What a mandate is worth now."""

    PROPOSED = "proposed"
    VALID = "valid"
    OVER = "over"
    REVOKED = "revoked"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FieldLimit(_Strict):
    """What may stand in a typed field: one of `values`, or a number from `least` to `most`. A time needs neither: its
    form is its limit."""

    values: list[FieldValue] = Field(default=[], max_length=200)
    least: _Whole | None = None
    most: _Whole | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing but the field's own form limits it, as of a time."""
        return not self.values and self.least is None and self.most is None

    def admits(self, value: str | int) -> bool:
        """Whether a value is within it."""
        if isinstance(value, int) and self.least is not None and self.most is not None:
            return self.least <= value <= self.most
        return value in self.values


class Limits(_Strict):
    """All that whoever holds a mandate may choose. most: addresses; hours: how long the message is valid at most. A
    field that is not named stays open."""

    areas: list[Name] = Field(min_length=1, max_length=500)
    groups: list[GroupName] = Field(default=[], max_length=200)
    channels: list[Name] = Field(min_length=1, max_length=20)
    sources: list[Line] = Field(min_length=1, max_length=20)
    most: int = Field(strict=True, ge=0, le=1_000_000_000)
    hours: int = Field(strict=True, ge=1, le=72)
    fields: dict[str, FieldLimit] = Field(default={}, max_length=50)


def strangers(given: list[str], allowed: list[str]) -> Iterator[str]:
    """Those of `given` that are not allowed."""
    return (item for item in given if item not in allowed)
