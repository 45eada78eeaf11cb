"""Calls on the register of contacts: what a message may mention."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from typing_extensions import TypedDict

from broadcaster.model.contacts import Contact as Line
from broadcaster.model.contacts import ContactKind, Standing
from broadcaster.model.draft import GroupName, Moment
from broadcaster.model.draft import Line as OneLine
from broadcaster.store import contacts as store
from broadcaster.store.answers import Answer
from broadcaster.web import bodies, queries, shapes
from broadcaster.web.calls import Call, given, listed
from broadcaster.web.describing import says
from broadcaster.web.shapes import Id, Time, moment
from broadcaster.web.writes import write
from broadcaster.workflow import contacts

SIZE = queries.size(100, 500)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Proposal(_Body):
    """The body of a proposal. replaces: the line that it edits."""

    kind: ContactKind
    value: OneLine
    label: GroupName
    replaces: Annotated[str, Field(max_length=64)] | None = None


class Verification(_Body):
    """The body of verify. valid_until: when it has to be looked at again; a year from now when left out."""

    valid_until: Moment | None = None


class Contact(TypedDict):
    """A line of the register. Persons are ids; those of the configuration have none, and whoever deploys signed."""

    id: Id | None
    kind: ContactKind
    value: str
    label: str
    origin: Literal["configuration", "register"]
    standing: Standing
    source: Annotated[str | None, Field(description="where it is published, of one from the configuration")]
    replaces: Id | None
    proposed_by: str | None
    proposed_at: Time | None
    verified_by: str | None
    verified_at: Time | None
    valid_until: Time | None
    doubted_by: Annotated[str | None, Field(description="who says that it is wrong: another person retires it")]
    doubted_at: Time | None
    retired_by: str | None
    retired_at: Time | None


def shape(line: Line, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """A line of the register."""

    def at(instant: datetime | None) -> str | None:
        return None if instant is None else moment(instant, zone)

    return {
        "id": line.id,
        "kind": line.kind.value,
        "value": line.value,
        "label": line.label,
        "origin": "configuration" if line.id is None else "register",
        "standing": line.standing(now).value,
        "source": line.source or None,
        "replaces": line.replaces_id,
        "proposed_by": line.proposed_by,
        "proposed_at": at(line.proposed_at),
        "verified_by": line.verified_by,
        "verified_at": at(line.verified_at),
        "valid_until": at(line.valid_until),
        "doubted_by": line.doubted_by,
        "doubted_at": at(line.doubted_at),
        "retired_by": line.retired_by,
        "retired_at": at(line.retired_at),
    }


@says(shapes.Page[Contact])
async def index(call: Call) -> Answer:
    """`GET /v1/contacts`: the configuration's on the first page, then the register's, the latest first."""
    most, before = SIZE.of(call.request), queries.ID_CURSOR.of(call.request)
    rows = await call.parts.store.read(store.listed, before, most + 1)
    found, cursor = queries.page(rows, most, lambda line: line.id)
    own = [] if before is not None else list(call.parts.house.contacts)
    show = _shown(call)
    return listed([show(line) for line in [*own, *found]], cursor)


def _shown(call: Call) -> Callable[[Line], dict[str, Any]]:
    now, zone = call.parts.clock.now(), call.parts.house.settings.hub.zone
    return lambda line: shape(line, now, zone)


@says(Contact, 201, takes=Proposal, refuses=("conflict",))
async def propose(call: Call) -> Answer:
    """`POST /v1/contacts`: propose a contact, or with `replaces` an edit of one; another person verifies it."""
    body = bodies.shaped(Proposal, await bodies.read_object(call.request))
    wanted = (call.parts.house, call.caller, body.kind, body.value, body.label, body.replaces, call.parts.clock.now())
    return await write(call, _answer(call, 201), contacts.propose, *wanted)


@says(Contact, takes=Verification, refuses=("conflict",))
async def verify(call: Call) -> Answer:
    """`POST /v1/contacts/{id}/verify`: say that another's proposal is right; what it replaces is retired."""
    body = bodies.shaped(Verification, await bodies.read_object(call.request, optional=True))
    now = call.parts.clock.now()
    return await write(call, _answer(call), contacts.verify, call.caller, call.id, body.valid_until, now)


@says(Contact, refuses=("conflict",))
async def retire(call: Call) -> Answer:
    """`POST /v1/contacts/{id}/retire`: say that it is wrong; the second person to say so retires it."""
    await bodies.expect_nothing(call.request)
    return await write(call, _answer(call), contacts.retire, call.caller, call.id, call.parts.clock.now())


def _answer(call: Call, status_code: int = 200) -> Callable[[Connection, Line], Answer]:
    show = _shown(call)
    return lambda _conn, line: given(show(line), status_code)
