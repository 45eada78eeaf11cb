"""Calls on alerts."""

from dataclasses import dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from broadcaster.dispatch.dispatcher import DUE
from broadcaster.dispatch.engine import RELEASED, STOPPED
from broadcaster.model.alert import Stage
from broadcaster.model.delivery import State
from broadcaster.model.draft import Paragraph
from broadcaster.store import alerts, audience, deliveries, schedules
from broadcaster.store.alerts import AlertRow
from broadcaster.store.answers import Answer
from broadcaster.web import bodies, queries, shapes
from broadcaster.web.calls import Call, given, listed
from broadcaster.web.describing import says
from broadcaster.web.shapes import Counts, Frozen
from broadcaster.web.writes import Show, write
from broadcaster.workflow import approving, resending
from broadcaster.workflow.composing import as_preview, readable_of
from broadcaster.workflow.publishing import BOARDS_CHANGED

_MOST_FROZEN = 256
SIZE, DELIVERIES_SIZE = queries.size(50, 200), queries.size(100, 1000)
STAGE = queries.choice("stage", Stage, "Only alerts in this stage.")
STATE = queries.choice("state", State, "Only deliveries in this state.")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Approval(_Body):
    """The body of approve."""

    digest: str = Field(max_length=200)
    accepts: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=1000)
    expected: int | None = Field(default=None, ge=0, le=queries.MOST)


class Return(_Body):
    """The body of return."""

    reason: Paragraph


class Resend(_Body):
    """The body of resend."""

    states: list[Annotated[str, Field(max_length=40)]] = Field(max_length=20)


class FrozenAlerts:
    """The counts of addressees and the findings of the alerts asked for last: they never change."""

    def __init__(self) -> None:
        self._known: dict[str, Frozen] = {}

    def get(self, alert_id: str) -> Frozen | None:
        """What is known of an alert."""
        return self._known.get(alert_id)

    def keep(self, alert_id: str, frozen: Frozen) -> None:
        """Remember; the one asked for first goes first."""
        while len(self._known) >= _MOST_FROZEN:
            self._known.pop(next(iter(self._known)))
        self._known[alert_id] = frozen


FROZEN = web.AppKey("frozen", FrozenAlerts)


# --- reading ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Loaded:
    row: AlertRow
    release: str | None
    frozen: Frozen
    counts: Counts


def _zone(call: Call) -> ZoneInfo:
    return call.parts.house.settings.hub.zone


@says(shapes.Alert)
async def show(call: Call) -> Answer:
    """`GET /v1/alerts/{id}`: a whole alert, and how its deliveries stand."""
    memory = call.request.app[FROZEN]
    found = await call.parts.store.read(_load, call.id, memory.get(call.id))
    memory.keep(call.id, found.frozen)
    return given(shapes.alert(found.row, _zone(call), found.release, found.frozen, found.counts))


def _load(conn: Connection, alert_id: str, known: Frozen | None) -> _Loaded:
    row = approving.alert_of(conn, alert_id)
    frozen = known or Frozen(*audience.counts(conn, row.id), tuple(alerts.findings(conn, row.id)))
    release, counts = standing(conn, row)
    return _Loaded(row, release, frozen, counts)


def standing(conn: Connection, row: AlertRow) -> tuple[str | None, Counts]:
    """The state of its release, and deliveries by kind and state. Without an approval nothing is due, and what
    was dropped never will be."""
    release = released(conn, row)
    without = unmade(row, release)
    return release, {} if without is None else deliveries.counts(conn, row.id, without)


def released(conn: Connection, row: AlertRow) -> str | None:
    """The state of an alert's release; None while nobody approved it."""
    planned = schedules.state(conn, row.id)
    return planned or ("released" if schedules.released(conn, row.id) else None)


def unmade(row: AlertRow, release: str | None) -> State | None:
    """What an addressee without a delivery counts as; None without an approval. Of what was given up before its
    release everyone is in an end state."""
    if release is None:
        return None
    if release != "dropped":
        return State.DUE
    if row.halted_at is not None:
        return State.HALTED
    return State.SUPERSEDED if row.superseded_at is not None else State.EXPIRED


@says(shapes.Page[shapes.Summary])
async def index(call: Call) -> Answer:
    """`GET /v1/alerts`: newest first, `stage` if asked for."""
    most = SIZE.of(call.request)
    before, stage = queries.ID_CURSOR.of(call.request), STAGE.of(call.request)
    found = await call.parts.store.read(_listed, before, most + 1, stage)
    kept, cursor = queries.page(found, most, lambda item: item[0].id)
    return listed([shapes.summary(row, _zone(call), release, counts) for row, release, counts in kept], cursor)


def _listed(
    conn: Connection, before: str | None, most: int, stage: Stage | None
) -> list[tuple[AlertRow, str | None, Counts]]:
    return [(row, *standing(conn, row)) for row in alerts.listed(conn, before, most, stage)]


@says(shapes.Page[shapes.Delivery])
async def delivered(call: Call) -> Answer:
    """`GET /v1/alerts/{id}/deliveries`: in order, of one `state` if asked for."""
    most = DELIVERIES_SIZE.of(call.request)
    after, state = queries.NUMBER_CURSOR.of(call.request), STATE.of(call.request)
    rows = await call.parts.store.read(_delivered, call.id, state, after, most + 1)
    found, cursor = queries.page(rows, most, lambda row: row["n"])
    return listed([shapes.delivery(call.id, row, _zone(call)) for row in found], cursor)


def _delivered(conn: Connection, alert_id: str, state: State | None, after: int, most: int) -> list[dict[str, Any]]:
    approving.alert_of(conn, alert_id)
    return deliveries.listed(conn, alert_id, state, after, most)


@says(shapes.Renditions)
async def renditions(call: Call) -> Answer:
    """`GET /v1/alerts/{id}/renditions`: the very texts of the digest."""
    items, findings = await call.parts.store.read(_renditions, call.id)
    return listed(items, findings=findings)


def _renditions(conn: Connection, alert_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    readable = readable_of(approving.alert_of(conn, alert_id).draft)
    found = alerts.findings(conn, alert_id)
    given = audience.by_rendition(conn, alert_id)
    items = [
        as_preview(item, found, given.get(position, 0)) | readable.get(item.language, {})
        for position, item in enumerate(alerts.renditions(conn, alert_id))
    ]
    return items, [finding.as_json() for finding in found]


# --- deciding --------------------------------------------------------------------------------------


def _showing(call: Call) -> Show[AlertRow]:
    """Answers with the alert as it stands after the change."""
    return lambda conn, row: given(_summary(conn, row, _zone(call)))


def _summary(conn: Connection, row: AlertRow, zone: ZoneInfo) -> dict[str, Any]:
    return shapes.summary(row, zone, *standing(conn, row))


def _hint(call: Call, *names: str) -> None:
    for name in names:
        call.parts.signals.hint(name)


@says(shapes.Summary, takes=Approval, refuses=("conflict", "step-up"))
async def approve(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/approve`: release exactly this digest. Nobody who worked on the text may; a session
    only after its step-up."""
    body = bodies.shaped(Approval, await bodies.read_object(call.request))
    parts = call.parts
    wanted = (call.id, body.digest, body.accepts, body.expected, parts.clock.now())
    answer = await write(call, _showing(call), approving.approve, parts.house, call.caller, *wanted)
    _hint(call, RELEASED, STOPPED, BOARDS_CHANGED)  # a correction stops what it replaces
    return answer


@says(shapes.Summary, takes=Return, refuses=("conflict",))
async def send_back(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/return`: send it back to its draft, with the reason."""
    body = bodies.shaped(Return, await bodies.read_object(call.request))
    return await write(
        call, _showing(call), approving.send_back, call.caller, call.id, body.reason, call.parts.clock.now()
    )


@says(shapes.Summary, refuses=("conflict",))
async def halt(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/halt`: stop what is unsent."""
    await bodies.expect_nothing(call.request)
    answer = await write(call, _showing(call), approving.halt, call.caller, call.id, call.parts.clock.now())
    _hint(call, STOPPED)
    return answer


@says(shapes.Summary, refuses=("conflict",))
async def release(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/release`: let go what was held because its instant had passed."""
    await bodies.expect_nothing(call.request)
    parts = call.parts
    answer = await write(
        call, _showing(call), approving.release_held, parts.house, call.caller, call.id, parts.clock.now()
    )
    _hint(call, RELEASED, BOARDS_CHANGED)
    return answer


@says(shapes.Resent, takes=Resend, refuses=("conflict",))
async def resend(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/resend`: once more to those still missing; `resent` says how many."""
    body = bodies.shaped(Resend, await bodies.read_object(call.request))
    parts, zone = call.parts, _zone(call)

    def show(conn: Connection, result: tuple[AlertRow, dict[str, int]]) -> Answer:
        row, resent = result
        return given(_summary(conn, row, zone) | {"resent": resent})

    answer = await write(
        call, show, resending.resend, parts.house, call.caller, call.id, body.states, parts.clock.now()
    )
    _hint(call, DUE)
    return answer
