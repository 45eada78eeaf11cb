"""Calls on mandates, and releases with one."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from typing_extensions import TypedDict

from broadcaster.dispatch.engine import RELEASED
from broadcaster.model.draft import Line, Moment, Name, Paragraph
from broadcaster.model.mandate import Limits, Standing
from broadcaster.store import mandates as store
from broadcaster.store import people
from broadcaster.store.alerts import AlertRow
from broadcaster.store.answers import Answer
from broadcaster.store.mandates import MandateRow
from broadcaster.web import alerts, bodies, queries, shapes
from broadcaster.web.calls import Call, given, listed
from broadcaster.web.describing import says
from broadcaster.web.shapes import Digest, Id, Time, moment
from broadcaster.web.writes import write
from broadcaster.workflow import mandates, releasing_alone
from broadcaster.workflow.house import House
from broadcaster.workflow.mandates import Wanted
from broadcaster.workflow.publishing import BOARDS_CHANGED

SIZE = queries.size(100, 500)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Proposal(_Body):
    """The body of a proposal. holder: the name of who gets it; organisation: the only one when left out."""

    organisation: Name | None = None
    scenario: Name
    holder: Line
    limits: Limits
    valid_until: Moment


class Signature(_Body):
    """The body of sign, and of a release: exactly what was looked at."""

    digest: Annotated[str, Field(max_length=200)]


class Review(_Body):
    """The body of a review."""

    text: Paragraph


class Mandate(TypedDict):
    """A mandate, or what was proposed as one. Persons are ids, `holder_name` is what colleagues call who has it."""

    id: Id
    organisation: Name
    scenario: Name
    scenario_sha256: Annotated[Digest, Field(description="of the scenario's texts and fields as they were signed")]
    limits: Limits
    holder: str
    holder_name: str
    standing: Standing
    digest: Annotated[Digest, Field(description="what the second person signs")]
    proposed_by: str
    proposed_at: Time
    signed_by: str | None
    signed_at: Time | None
    valid_until: Time
    revoked_at: Time | None


def shape(row: MandateRow, names: Mapping[str, str], now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """A mandate."""
    return {
        "id": row.id,
        "organisation": row.organisation_id,
        "scenario": row.scenario,
        "scenario_sha256": row.scenario_sha256,
        "limits": row.limits.model_dump(mode="json"),
        "holder": row.holder_id,
        "holder_name": names.get(row.holder_id, ""),
        "standing": row.standing(now).value,
        "digest": row.digest,
        "proposed_by": row.proposer_id,
        "proposed_at": moment(row.proposed_at, zone),
        "signed_by": row.signer_id,
        "signed_at": None if row.signed_at is None else moment(row.signed_at, zone),
        "valid_until": moment(row.valid_until, zone),
        "revoked_at": None if row.ended_at is None else moment(row.ended_at, zone),
    }


def _showing(call: Call, status_code: int = 200) -> Callable[[Connection, MandateRow], Answer]:
    now, zone = call.parts.clock.now(), call.parts.house.settings.hub.zone
    return lambda conn, row: given(shape(row, people.names(conn), now, zone), status_code)


@says(shapes.Page[Mandate])
async def index(call: Call) -> Answer:
    """`GET /v1/mandates`: every mandate there was, the latest first."""
    most, before = SIZE.of(call.request), queries.ID_CURSOR.of(call.request)
    rows = await call.parts.store.read(store.listed, before, most + 1)
    names = await call.parts.store.read(people.names)
    found, cursor = queries.page(rows, most, lambda row: row.id)
    now, zone = call.parts.clock.now(), call.parts.house.settings.hub.zone
    return listed([shape(row, names, now, zone) for row in found], cursor)


def wanted(house: House, body: Proposal) -> Wanted:
    """What a body proposes."""
    known = [item.id for item in house.settings.organisations]
    organisation = body.organisation or (known[0] if len(known) == 1 else "")
    return Wanted(organisation, body.scenario, body.holder, body.limits, body.valid_until)


@says(Mandate, 201, takes=Proposal)
async def propose(call: Call) -> Answer:
    """`POST /v1/mandates`: propose that an officer may release a scenario alone; that is the first signature."""
    body = bodies.shaped(Proposal, await bodies.read_object(call.request))
    house = call.parts.house
    asked = wanted(house, body), call.parts.clock.now()
    return await write(call, _showing(call, 201), mandates.propose, house, call.caller, *asked)


@says(Mandate, takes=Signature, refuses=("conflict", "step-up"))
async def sign(call: Call) -> Answer:
    """`POST /v1/mandates/{id}/sign`: sign another's proposal, exactly as it was looked at."""
    body = bodies.shaped(Signature, await bodies.read_object(call.request))
    asked = call.parts.house, call.caller, call.id, body.digest, call.parts.clock.now()
    return await write(call, _showing(call), mandates.sign, *asked)


@says(Mandate)
async def revoke(call: Call) -> Answer:
    """`POST /v1/mandates/{id}/revoke`: take it away at once."""
    await bodies.expect_nothing(call.request)
    return await write(call, _showing(call), mandates.revoke, call.caller.actor, call.id, call.parts.clock.now())


@says(shapes.Summary, takes=Signature, refuses=("conflict", "step-up"))
async def release(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/release-by-mandate`: release alone exactly this digest, which the caller submitted; a
    session only after its step-up."""
    body = bodies.shaped(Signature, await bodies.read_object(call.request))
    parts = call.parts
    asked = parts.house, call.caller, call.id, body.digest, parts.clock.now()
    answer = await write(call, _summary(call), releasing_alone.release, *asked)
    for name in (RELEASED, BOARDS_CHANGED):
        parts.signals.hint(name)
    return answer


@says(shapes.Summary, takes=Review, refuses=("conflict",))
async def review(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/review`: say what an approver found of a release by one person."""
    body = bodies.shaped(Review, await bodies.read_object(call.request))
    asked = call.caller, call.id, body.text, call.parts.clock.now()
    return await write(call, _summary(call), releasing_alone.review, *asked)


def _summary(call: Call) -> Callable[[Connection, AlertRow], Answer]:
    zone = call.parts.house.settings.hub.zone
    return lambda conn, row: given(shapes.summary(row, zone, *alerts.standing(conn, row)))
