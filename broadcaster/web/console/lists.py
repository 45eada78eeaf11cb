"""The lists: every alert by its stage, every draft."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.model.cap import Status
from broadcaster.store import alerts, deliveries, drafts, people
from broadcaster.store.alerts import AlertRow
from broadcaster.store.answers import Answer
from broadcaster.web import queries
from broadcaster.web.calls import Call
from broadcaster.web.console import desk, frame, progress, start
from broadcaster.workflow.house import House

_A_PAGE = 50
STAGES = (Stage.SUBMITTED, Stage.APPROVED, Stage.RETURNED, Stage.SUPERSEDED, Stage.CANCELLED, Stage.EXPIRED)


async def of_alerts(call: Call) -> Answer:
    """`GET /console/alerts`: newest first, of one `stage` if asked for."""
    before, stage = queries.ID_CURSOR.of(call.request), queries.one_of(call.request, "stage", Stage)
    rows = await call.parts.store.read(_alerts, before, stage)
    kept, cursor = queries.page(rows, _A_PAGE, lambda item: item[0].id)
    values = {
        "rows": kept,
        "cursor": cursor,
        "stage": stage,
        "stages": STAGES,
        "late": _late_at(call.parts.clock.now()),
    }
    return frame.shown(call, "alerts.html", values, Status.ACTUAL)


def _late_at(now: datetime) -> Callable[[AlertRow], bool]:
    return lambda row: start.is_late(row, now)


def _alerts(conn: Connection, before: str | None, stage: Stage | None) -> list[tuple[Any, dict[str, int]]]:
    """Alerts, each with how many of its deliveries are in each group."""
    rows = alerts.listed(conn, before, _A_PAGE + 1, stage)
    return [(row, _together(deliveries.counts(conn, row.id))) for row in rows]


def _together(counts: dict[str, dict[str, int]]) -> dict[str, int]:
    found = progress.bars(counts)
    return {name: sum(bar.groups[name] for bar in found) for name in progress.GROUPS}


async def of_drafts(call: Call) -> Answer:
    """`GET /console/drafts`: those not yet approved, newest first."""
    before = queries.ID_CURSOR.of(call.request)
    rows = await call.parts.store.read(_drafts, call.parts.house, before)
    kept, cursor = queries.page(rows, _A_PAGE, lambda item: item["row"].id)
    return frame.shown(call, "drafts.html", {"rows": kept, "cursor": cursor}, Status.ACTUAL)


def _drafts(conn: Connection, house: House, before: str | None) -> list[dict[str, Any]]:
    names, found = people.names(conn), []
    for row in drafts.listed(conn, before, _A_PAGE + 1):
        author, at = drafts.last_change(conn, row)
        found.append({"row": row, "title": desk.title_of(house, row), "author": names.get(author or ""), "at": at})
    return found
