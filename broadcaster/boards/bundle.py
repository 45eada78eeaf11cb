"""What a courier carries: boards and the keys to check them with, down; reports up; and receipts down again. One file.

Ours to define: a JSON object. Nothing in it is believed for having come by hand: each part is verified as if a stranger
had sent it, and the whole has bounds, for a stick may hold anything.
"""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from broadcaster.ids import PATTERN

MAX_BYTES = 16 * 1024 * 1024
"""Room for the boards of a hundred points, and all the reports a relay keeps."""
MARK = b"omroeper-bundle"
"""Stands in the first bytes of every bundle: what has no such mark is not read."""
_Board = Annotated[str, Field(max_length=128 * 1024)]
_Small = Annotated[str, Field(max_length=4096)]


class NoBundle(ValueError):
    """These bytes are no bundle."""


class Receipt(BaseModel):
    """What the hub told of a report, by the id that its device gave it. read_at: when an officer saw it."""

    model_config = ConfigDict(frozen=True)
    id: str = Field(pattern=PATTERN)
    received_at: AwareDatetime | None = None
    read_at: AwareDatetime | None = None
    refused: str | None = Field(default=None, max_length=40)


class Bundle(BaseModel):
    """What is carried. keys: a JWK set as of `GET /v1/keys`; boards, heartbeats and reports: compact JWS. Unknown
    members are left alone."""

    model_config = ConfigDict(frozen=True)
    format: Literal["omroeper-bundle"] = "omroeper-bundle"
    version: Literal[1] = 1
    keys: dict[str, Any] = {}
    boards: Annotated[list[_Board], Field(max_length=1_000)] = []
    heartbeats: Annotated[list[_Small], Field(max_length=1_000)] = []
    reports: Annotated[list[_Small], Field(max_length=2_000)] = []
    receipts: Annotated[list[Receipt], Field(max_length=2_000)] = []


def read(content: bytes) -> Bundle:
    """A bundle from anyone. NoBundle when it is none, or larger than any."""
    if len(content) > MAX_BYTES or MARK not in content[:64]:
        raise NoBundle("not a bundle")
    try:
        return Bundle.model_validate_json(content)
    except ValidationError as error:
        raise NoBundle("not a bundle") from error


def written(bundle: Bundle) -> str:
    """A bundle as text; its mark comes first."""
    return bundle.model_dump_json(exclude_none=True)
