"""A board: the complete snapshot of the notices valid at one support point.

Ours to define: the payload of the compact JWS at `GET /v1/boards/{point}`.
"""

from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from broadcaster.model.cap import Lane, Severity, Status, lane_of
from broadcaster.model.draft import Name

MAX_SEQ = 2**53 - 1
"""The greatest whole number that every JSON reader keeps exact, a display's browser too (RFC 8259 section 6)."""


class Mode(StrEnum):
    """Which displays a board is for; each mode has its own key root."""

    LIVE = "live"
    EXERCISE = "exercise"


def mode_of(status: Status) -> Mode:
    """Where notices of a status are shown: only Actual on a live board."""
    return Mode.LIVE if lane_of(status) is Lane.LIVE else Mode.EXERCISE


class Notice(BaseModel):
    """One notice on a board. `languages` holds the pieces of its text by language, by name. `proof` is where the code
    on its poster leads, with the notice in short and signed by itself: a point prints posters without a line."""

    model_config = ConfigDict(frozen=True)
    number: int = Field(ge=1)
    alert: str
    status: Status
    severity: Severity
    sender: str
    as_of: AwareDatetime
    expires: AwareDatetime
    next_update: AwareDatetime | None = None
    replaces: int | None = None
    languages: dict[str, dict[str, str]]
    proof: str | None = None


class BoardPayload(BaseModel):
    """What is signed. `seq` never falls within a key epoch; unknown members are left alone, so that a
    display of this year reads a hub of the next. `name` and `spoken`: what the point is called and the languages it
    shows, for a relay that was told its id only."""

    model_config = ConfigDict(frozen=True)
    mode: Mode
    point: Name
    seq: int = Field(strict=True, ge=1, le=MAX_SEQ)
    epoch: int = Field(strict=True, ge=1)
    issued_at: AwareDatetime
    not_after: AwareDatetime
    journal_head: str | None = None
    name: str | None = None
    spoken: tuple[str, ...] = ()
    notices: list[Notice]

    @model_validator(mode="after")
    def _of_one_mode(self) -> Self:
        strange = [notice.number for notice in self.notices if mode_of(notice.status) is not self.mode]
        if strange:
            raise ValueError(f"notices {strange} do not belong on a board of mode {self.mode}")
        return self
