"""Calls on what people do by hand for an alert."""

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import Connection
from typing_extensions import TypedDict

from broadcaster.model.draft import Line, Name, Paragraph
from broadcaster.model.task import Act, TaskState
from broadcaster.store import people, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.store.answers import Answer
from broadcaster.store.tasks import TaskRow
from broadcaster.web import bodies, shapes
from broadcaster.web.calls import Call, given, listed
from broadcaster.web.describing import says
from broadcaster.web.shapes import Id, Page, Time
from broadcaster.web.writes import Show, write
from broadcaster.workflow import approving, bulletins
from broadcaster.workflow import tasks as by_hand
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Fault, Refused, Why


def _instant(given: Any) -> Any:
    if isinstance(given, str):
        return datetime.fromisoformat(given)
    raise ValueError("geef een tijdstip als 2026-11-23T14:30:00+01:00")


class Doing(BaseModel):
    """The body of a step: `take` makes it the caller's; `placed` with when and where; `not-needed` with a reason."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    do: Literal["take", "placed", "not-needed"]
    at: Annotated[AwareDatetime, BeforeValidator(_instant)] | None = None
    where: Line | None = Field(default=None, max_length=200)
    reason: Paragraph | None = Field(default=None, max_length=500)


class Standing(TypedDict):
    """What stands on a channel already, of a message that this one corrects."""

    alert: Id
    placed_at: Time | None
    where: str | None


class Task(TypedDict):
    """One task. act: what to do; clears: since the time of the alert is over, `placed` is then that it is gone;
    earlier: what stands there now, when something does."""

    id: Id
    channel: Name
    name: str
    act: Act
    clears: bool
    state: TaskState
    due_at: Time | None
    late: bool
    owner: str | None
    placed_at: Time | None
    where: str | None
    reason: str | None
    by: str | None
    earlier: Standing | None
    text: Annotated[
        str, Field(description="ready to be placed as it stands; empty where there is only something to remove")
    ]


def _task(item: TaskRow, text: str, names: dict[str, str], now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    earlier = item.earlier
    return {
        "id": item.id,
        "channel": item.channel.id,
        "name": item.channel.name,
        "act": item.act.value,
        "clears": item.clears,
        "state": item.state.value,
        "due_at": shapes.moment(item.due_at, zone) if item.due_at else None,
        "late": item.is_late(now),
        "owner": names.get(item.owner_id or ""),
        "placed_at": shapes.moment(item.placed_at, zone) if item.placed_at else None,
        "where": item.place,
        "reason": item.reason,
        "by": names.get(item.closer_id or ""),
        "earlier": None
        if earlier is None
        else {
            "alert": earlier.alert_id,
            "placed_at": shapes.moment(earlier.placed_at, zone) if earlier.placed_at else None,
            "where": earlier.place,
        },
        "text": text,
    }


def _all(conn: Connection, house: House, row: AlertRow, now: datetime) -> list[dict[str, Any]]:
    found, names = tasks.of_alert(conn, row), people.names(conn)
    texts = by_hand.texts(bulletins.of_alert(conn, house, row), found) if found else {}
    return [_task(item, texts[item.id], names, now, house.settings.hub.zone) for item in found]


@says(Page[Task])
async def index(call: Call) -> Answer:
    """`GET /v1/alerts/{id}/tasks`: what people do by hand for it, in the order of the configuration; none before
    it is approved."""
    house, now = call.parts.house, call.parts.clock.now()
    return listed(await call.parts.store.read(lambda conn: _all(conn, house, approving.alert_of(conn, call.id), now)))


@says(Task, takes=Doing, refuses=("conflict",))
async def do(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/tasks/{task}`: take it, say when it was placed, or why it is not needed."""
    body = bodies.shaped(Doing, await bodies.read_object(call.request))
    return await step(call, body, _showing(call))


async def step(call: Call, body: Doing, show: Show[AlertRow]) -> Answer:
    """Do what the body says."""
    if body.do == "not-needed" and body.reason is None:
        raise Refused(
            Why.INVALID, "Zeg waarom dit niet nodig is.", [Fault("reason", "missing", "dit veld is verplicht")]
        )
    wanted, now = (call.caller, call.id, call.request.match_info["task"]), call.parts.clock.now()
    if body.do == "take":
        return await write(call, show, by_hand.take, *wanted, now)
    if body.do == "placed":
        return await write(call, show, by_hand.place, *wanted, body.at, body.where, now)
    return await write(call, show, by_hand.waive, *wanted, body.reason, now)


def _showing(call: Call) -> Show[AlertRow]:
    task_id, house, now = call.request.match_info["task"], call.parts.house, call.parts.clock.now()

    def show(conn: Connection, row: AlertRow) -> Answer:
        return given(next(item for item in _all(conn, house, row, now) if item["id"] == task_id))

    return show
