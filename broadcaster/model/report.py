"""A report: what a support point tells back, signed by the device that it was written on.

Ours to define: the payload of a compact JWS (`typ` below, `alg` Ed25519) that any way may carry, a relay or a stick
too. The hub counts each `id` once, however often and by however many ways it arrives.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from broadcaster.ids import PATTERN
from broadcaster.model.board import MAX_SEQ, Mode
from broadcaster.model.draft import Name

REPORT_TYP = "omroeper-report+json"
Line = Annotated[str, Field(max_length=280, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""A line of a host's own words, of at most 280 characters. No names, no telephone numbers: the page says so."""

Numbers = Annotated[tuple[Annotated[int, Field(ge=1, le=MAX_SEQ)], ...], Field(max_length=100)]
"""Numbers of notices."""


class Service(StrEnum):
    """What a point can offer."""

    WATER = "water"
    POWER = "power"
    HEAT = "heat"
    FIRST_AID = "first-aid"
    INFORMATION = "information"
    INTERPRETER = "interpreter"
    SANITATION = "sanitation"
    CONNECTIVITY = "connectivity"


class Crowd(StrEnum):
    """How busy a point is, as its host sees it."""

    EMPTY = "empty"
    QUIET = "quiet"
    BUSY = "busy"
    FULL = "full"


class Subject(StrEnum):
    """What people ask or tell about, and what a point needs. Fixed, so that points can be counted together."""

    DURATION = "duration"
    WATER = "water"
    FOOD = "food"
    POWER = "power"
    HEAT = "heat"
    PHONE = "phone"
    MEDICINE = "medicine"
    CARE = "care"
    SAFETY = "safety"
    TRANSPORT = "transport"
    SHELTER = "shelter"
    OTHER = "other"


class Part(BaseModel):
    """Unknown members are left alone, so that a hub of this year reads a relay of the next."""

    model_config = ConfigDict(frozen=True)


class Opening(Part):
    """Whether the point is open, and what it offers while it is."""

    open: bool
    staff: int | None = Field(default=None, ge=0, le=999)
    services: Annotated[tuple[Service, ...], Field(max_length=len(Service))] = ()
    crowd: Crowd | None = None


class Heard(Part):
    """A question, or a rumour, that visitors came with."""

    rumour: bool
    subject: Subject
    line: Line = ""


class Urgent(Part):
    """Something that the point cannot do without."""

    subject: Subject
    line: Line = ""


class Showing(Part):
    """What is on, or what hangs. None is not told, and leaves what was told before; an empty one is nothing.

    screen: the numbers that can be seen on a screen, made of board `seq` with `digest` (SHA-256 of the compact JWS, in
    hexadecimal). A relay tells of all its screens together. paper: the numbers that hang on the wall, by the host's
    word. version: of the page that says so."""

    seq: int | None = Field(default=None, ge=1, le=MAX_SEQ)
    digest: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    screen: Numbers | None = None
    paper: Numbers | None = None
    version: str | None = Field(default=None, max_length=40, pattern=r"^[\w.+ -]*$")


class Report(Part):
    """One thing that was told. `at` is by the device's clock; `clock_known` says whether it could trust it."""

    id: str = Field(pattern=PATTERN)
    point: Name
    mode: Mode
    at: AwareDatetime
    clock_known: bool = True
    opening: Opening | None = None
    heard: Heard | None = None
    urgent: Urgent | None = None
    showing: Showing | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = [part for part in (self.opening, self.heard, self.urgent, self.showing) if part is not None]
        if len(said) != 1:
            raise ValueError("a report says exactly one thing")
        return self
