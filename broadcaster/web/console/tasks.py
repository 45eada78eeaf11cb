"""What people do by hand for an alert, on its page: who does it, until when, with which words, and when it was done."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from broadcaster.model.task import TaskState
from broadcaster.store import alerts, people, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.store.answers import Answer
from broadcaster.store.tasks import TaskRow
from broadcaster.web import bodies, forms, frames
from broadcaster.web import tasks as api
from broadcaster.web.calls import Call
from broadcaster.web.console import frame
from broadcaster.workflow import approving, bulletins
from broadcaster.workflow import tasks as by_hand
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Fault, Refused, Why

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)")
_ORDER = (TaskState.OPEN, TaskState.PLACED, TaskState.NOT_NEEDED, TaskState.OFFERED)


@dataclass(frozen=True, slots=True)
class Shown:
    """A task on the page. asks: whether it may still ask for somebody. earlier: the number of the notice that stands
    there now; owner, closer: names."""

    task: TaskRow
    text: str
    asks: bool
    late: bool
    owner: str
    closer: str
    earlier: int | None


@dataclass(frozen=True, slots=True)
class ByHand:
    """All of them: what is asked for first, the most urgent of it above, and what is only offered last.
    over: nobody should place this alert any more."""

    row: AlertRow
    items: list[Shown]
    over: bool

    @property
    def texts(self) -> set[str]:
        """The names of the texts that they hold."""
        return {item.task.channel.text for item in self.items}

    @property
    def open(self) -> int:
        """How many are still to be done."""
        return sum(item.asks and item.task.state is TaskState.OPEN for item in self.items)

    @property
    def late(self) -> int:
        """How many of those are late."""
        return sum(item.late for item in self.items)

    @property
    def done(self) -> int:
        """How many are placed, or need not be."""
        return sum(item.task.closer_id is not None for item in self.items)


def read(conn: Connection, house: House, row: AlertRow, now: datetime) -> ByHand:
    """Read them."""
    found, names = tasks.of_alert(conn, row), people.names(conn)
    texts = by_hand.texts(bulletins.of_alert(conn, house, row), found) if found else {}
    asking = {item.id: by_hand.asks(row, item, now) for item in found}
    found.sort(key=lambda item: (_ORDER.index(item.state), not asking[item.id], item.due_at or now))
    shown = [
        Shown(
            item,
            texts[item.id],
            asking[item.id],
            item.is_late(now) and asking[item.id],
            names.get(item.owner_id or "", ""),
            names.get(item.closer_id or "", ""),
            _number(conn, item.earlier),
        )
        for item in found
    ]
    return ByHand(row, shown, by_hand.is_over(row, now))


def _number(conn: Connection, earlier: TaskRow | None) -> int | None:
    found = alerts.get(conn, earlier.alert_id) if earlier else None
    return found.number if found else None


def refusal(call: Call, refused: Refused | None) -> dict[str, Any]:
    """What the template takes of a step that was refused, and at which task it says so."""
    task_id = call.request.match_info.get("task", "")
    fields = ("at", "where", "reason")
    return {
        "refused": refused,
        "refused_task": task_id,
        "anchors": lambda field: f"{field}-{task_id}" if field in fields else "",
    }


async def show(call: Call) -> Answer:
    """`GET /console/alerts/{id}/tasks`: the piece of the page that they are on."""
    house, now = call.parts.house, call.parts.clock.now()
    found = await call.parts.store.read(lambda conn: read(conn, house, approving.alert_of(conn, call.id), now))
    values = {"by_hand": found, "row": found.row, **refusal(call, None)}
    return frame.shown(call, "tasks_piece.html", values, found.row.status)


async def do(call: Call) -> Answer:
    """A step from a form, and back to where the task stands on the page. Refused as the API refuses."""
    form = await forms.read(call.request)
    given = {name: text for name in ("do", "where", "reason") if (text := form.get(name).strip())}
    now, zone = call.parts.clock.now(), call.parts.house.settings.hub.zone
    body = bodies.shaped(api.Doing, given)
    body = body.model_copy(update={"at": _typed(form.get("at").strip(), now, zone)})
    where = f"/console/alerts/{call.id}#task-{call.request.match_info['task']}"
    return await api.step(call, body, lambda _conn, _row: frames.redirect(where))


def _typed(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The last time that the clock said this; None for nothing, which means now."""
    if not text:
        return None
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise Refused(Why.INVALID, "Dit tijdstip kan niet.", [Fault("at", "no-such-time", "typ een tijd, zoals 06:30")])
    local = now.astimezone(zone).replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
    return local if local <= now + timedelta(minutes=1) else local - timedelta(days=1)
