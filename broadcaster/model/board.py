"""A board: the complete snapshot of the notices valid at one support point.

Ours to define: the payload of the compact JWS at `GET /v1/boards/{point}`.
"""

from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Mode(StrEnum):
    """Which displays a board is for; each mode has its own key root."""

    LIVE = "live"
    EXERCISE = "exercise"


class Notice(BaseModel):
    """One notice on a board; `languages` holds the texts by language."""

    model_config = ConfigDict(frozen=True)
    number: int
    alert: str
    status: str
    severity: str
    sender: str
    as_of: AwareDatetime
    expires: AwareDatetime
    next_update: AwareDatetime | None = None
    replaces: int | None = None
    languages: dict[str, dict[str, Any]]


class BoardPayload(BaseModel):
    """What is signed. `seq` never falls within a key epoch."""

    model_config = ConfigDict(frozen=True)
    mode: Mode
    point: str
    seq: int = Field(ge=1)
    epoch: int = Field(ge=1)
    issued_at: AwareDatetime
    not_after: AwareDatetime
    journal_head: str | None = None
    notices: list[Notice]
