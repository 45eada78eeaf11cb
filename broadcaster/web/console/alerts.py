"""The page of an alert after the decision: who has it, who has not, and what can be done about it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from broadcaster.dispatch.dispatcher import DUE
from broadcaster.dispatch.engine import RELEASED, STOPPED
from broadcaster.model.alert import CORRECTABLE, Stage
from broadcaster.model.cap import Lane, MsgType
from broadcaster.model.delivery import AGAIN
from broadcaster.model.rendition import Rendition
from broadcaster.render.bulletin import Bulletin
from broadcaster.render.desk import texts_of
from broadcaster.store import alerts, approvals, mandates, people
from broadcaster.store.alerts import AlertRow
from broadcaster.store.answers import Answer
from broadcaster.store.mandates import Alone
from broadcaster.web import bodies, forms
from broadcaster.web.calls import Call
from broadcaster.web.console import approval, frame, preview, progress, tasks
from broadcaster.web.console.approval import to_alert
from broadcaster.web.console.beginning import to_draft
from broadcaster.web.console.progress import Progress
from broadcaster.web.console.tasks import ByHand
from broadcaster.web.mandates import Review
from broadcaster.web.reaching import REACHING, Far
from broadcaster.web.writes import write
from broadcaster.workflow import approving, bulletins, correcting, releasing_alone, resending
from broadcaster.workflow.composing import as_preview
from broadcaster.workflow.house import House
from broadcaster.workflow.publishing import BOARDS_CHANGED
from broadcaster.workflow.refusals import Refused, Why

_OLD = timedelta(seconds=1)


async def show(call: Call) -> Answer:
    """`GET /console/alerts/{id}`: to be decided on, or under way."""
    row = await call.parts.store.read(approving.alert_of, call.id)
    if row.stage is Stage.SUBMITTED:
        return await approval.page(call)
    return await live(call)


async def live(call: Call, refused: Refused | None = None) -> Answer:
    """The page once it was decided; what was refused of a task stands at it."""
    house, now = call.parts.house, call.parts.clock.now()
    far = await call.request.app[REACHING].of(call.id)
    found, renditions, replaced, replacement, told, own = await call.parts.store.read(_read, house, far, now)
    decision = await call.parts.store.read(_decision, far.row)
    items = [as_preview(item, []) for item in renditions]
    alone, names = await call.parts.store.read(_alone, call.id)
    values = {
        "alone": alone,
        "names": names,
        "found": found,
        "row": found.row,
        "incident": found.incident,
        "renditions": preview.by_language(items, house.settings.hub.languages),
        "area_names": house.area_names,
        "desk_texts": {name: text for name, text in texts_of(told).items() if name not in own.texts},
        "by_hand": own,
        "decision": decision,
        **tasks.refusal(call, refused),
        "replaced": replaced,
        "replacement": replacement,
        "correctable": found.row.stage in CORRECTABLE and found.release is not None and replacement is None,
        **_around(call, found),
        "sends": found.row.stage is Stage.APPROVED and not (found.row.halted_at or found.row.superseded_at),
        "again": sorted(AGAIN),
    }
    return frame.shown(call, "alert.html", values, found.row.status, 200 if refused is None else 422)


def _read(
    conn: Connection, house: House, far: Far, now: datetime
) -> tuple[Progress, list[Rendition], AlertRow | None, AlertRow | None, Bulletin, ByHand]:
    """How far it is, its texts, what it replaces and what replaced it, what it tells the desks, and what is to be
    done by hand."""
    found = progress.read(conn, far, now)
    before, after = (
        alerts.get(conn, other) if other else None for other in (found.row.replaces_id, found.row.replaced_by)
    )
    told = bulletins.of_alert(conn, house, found.row)
    return found, alerts.renditions(conn, found.row.id), before, after, told, tasks.read(conn, house, found.row, now)


def _decision(conn: Connection, row: AlertRow) -> dict[str, object] | None:
    """The approval, by whom, and what its findings said; None while nobody gave one."""
    found = approvals.of(conn, row.id)
    if found is None:
        return None
    said = {item.code: item.message for item in alerts.findings(conn, row.id)}
    accepted = [said.get(code, code) for code in found.accepts]
    return {"row": found, "name": people.names(conn).get(found.approver_id, ""), "accepted": accepted}


async def do_task(call: Call) -> Answer:
    """`POST /console/alerts/{id}/tasks/{task}`: a step of what is done by hand; when it cannot be, the page says so."""
    try:
        return await tasks.do(call)
    except Refused as refused:
        if refused.why not in (Why.INVALID, Why.MALFORMED, Why.CONFLICT):
            raise
        return await live(call, refused)


def _alone(conn: Connection, alert_id: str) -> tuple[Alone | None, dict[str, str]]:
    """How it was released alone, if it was, and what everybody is called."""
    return mandates.alone(conn, alert_id), people.names(conn)


async def how_far(call: Call) -> Answer:
    """`GET /console/alerts/{id}/progress`: the piece of the page that changes by itself."""
    now = call.parts.clock.now()
    found = await call.parts.store.read(progress.read, await call.request.app[REACHING].of(call.id), now)
    values = {"found": found, "row": found.row, **_around(call, found)}
    return frame.shown(call, "progress_piece.html", values, found.row.status)


def _around(call: Call, found: Progress) -> dict[str, object]:
    """How the gateways of its channels stand; an exercise has none. old: whether what was read is not of just now, and
    to be asked for again. stuck: whether its deliveries cannot be made."""
    accounts = call.parts.accounts() if found.row.lane is Lane.LIVE else ()
    kinds = {bar.kind: [item for item in accounts if item.kind == bar.kind] for bar in found.bars}
    old = not found.is_done and call.parts.clock.now() - found.read_at > _OLD
    return {"accounts": kinds, "old": old, "stuck": found.row.id in call.parts.stuck()}


async def review(call: Call) -> Answer:
    """`POST /console/alerts/{id}/review`: what an approver found of a release by one person."""
    body = bodies.shaped(Review, {"text": (await forms.read(call.request)).get("text")})
    asked = call.caller, call.id, body.text, call.parts.clock.now()
    return await write(call, to_alert, releasing_alone.review, *asked)


async def resend(call: Call) -> Answer:
    """`POST /console/alerts/{id}/resend`: once more to those still missing, in the states that were ticked."""
    states = (await forms.read(call.request, many=["states"])).all("states")
    parts = call.parts
    answer = await write(call, _resent, resending.resend, parts.house, call.caller, call.id, states, parts.clock.now())
    parts.signals.hint(DUE)
    return answer


def _resent(conn: Connection, result: tuple[AlertRow, dict[str, int]]) -> Answer:
    return to_alert(conn, result[0])


async def update(call: Call) -> Answer:
    """`POST /console/alerts/{id}/update`: to the draft that says it again, for those it reached."""
    return await _correct(call, MsgType.UPDATE)


async def cancel(call: Call) -> Answer:
    """`POST /console/alerts/{id}/cancel`: to the draft that takes it back, with words that are ready."""
    return await _correct(call, MsgType.CANCEL)


async def _correct(call: Call, msg_type: MsgType) -> Answer:
    await forms.read(call.request)
    house, now = call.parts.house, call.parts.clock.now()
    return await write(call, to_draft, correcting.open_or_start, house, call.caller, call.id, msg_type, now)


async def halt(call: Call) -> Answer:
    """`POST /console/alerts/{id}/halt`."""
    await forms.read(call.request)
    answer = await write(call, to_alert, approving.halt, call.caller, call.id, call.parts.clock.now())
    call.parts.signals.hint(STOPPED)
    return answer


async def release(call: Call) -> Answer:
    """`POST /console/alerts/{id}/release`: let go what was held."""
    await forms.read(call.request)
    parts = call.parts
    answer = await write(call, to_alert, approving.release_held, parts.house, call.caller, call.id, parts.clock.now())
    parts.signals.hint(RELEASED)
    parts.signals.hint(BOARDS_CHANGED)
    return answer
