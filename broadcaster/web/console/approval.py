"""The page of the second person: exactly what would go out, to how many, and what changed; then yes or back."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from broadcaster.dispatch.engine import RELEASED, STOPPED
from broadcaster.model.approval import beyond_expected
from broadcaster.model.draft import Audience
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.model.people import Caller
from broadcaster.model.rendition import Rendition
from broadcaster.render.bulletin import Bulletin
from broadcaster.render.desk import texts_of
from broadcaster.store import alerts, approvals, audience, incidents, passkeys, people, recordings
from broadcaster.store.alerts import AlertRow
from broadcaster.store.answers import Answer
from broadcaster.store.incidents import IncidentRow
from broadcaster.web import bodies, forms, frames, step_ups
from broadcaster.web.alerts import Return
from broadcaster.web.callers import NOBODY
from broadcaster.web.calls import Call
from broadcaster.web.console import changes, desk, frame, preview, reading, waiting
from broadcaster.web.console.changes import Change, Said
from broadcaster.web.console.waiting import Waiting
from broadcaster.web.problems import KINDS, Problem
from broadcaster.web.proving import shown_in
from broadcaster.web.writes import write
from broadcaster.workflow import approving, bulletins, checking, releasing_alone, second_factor, stepping_up
from broadcaster.workflow.changing import CHANGED
from broadcaster.workflow.composing import Composed, as_preview
from broadcaster.workflow.house import House
from broadcaster.workflow.publishing import BOARDS_CHANGED
from broadcaster.workflow.refusals import Fault, Refused, Why, not_found
from broadcaster.workflow.submitting import variants

_FENCE = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-same-origin"
)
_WHOLE = re.compile(r"[0-9]{1,3}(?:[. ]?[0-9]{3})*|[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Compared:
    """What changed since an earlier version, which has a number of its own."""

    number: int
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Ways:
    """How an approver shows that it is them. until: the instant until which that was done; None for not yet."""

    until: datetime | None = None
    code: bool = False
    passkey: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """All there is to decide on. joined: who would be addressed now and is not. writers: everyone who took part,
    by id and name. told: what it tells the desks. listened: the recordings that who looks has heard. outside: what
    keeps who looks from releasing it with their mandate, nothing when they may; None when they have none.
    ways: how they can show that it is them."""

    row: AlertRow
    incident: IncidentRow | None
    renditions: list[Rendition]
    findings: list[Finding]
    by_channel: dict[str, int]
    by_language: dict[str, int]
    recipients: dict[int, int]
    joined: int
    writers: dict[str, str]
    since_last: Compared | None
    since_replaced: Compared | None
    told: Bulletin
    listened: frozenset[str]
    waiting: Waiting
    outside: list[Fault] | None
    ways: Ways

    @property
    def to_accept(self) -> list[Finding]:
        """What the approver accepts by name, each rule once."""
        found = {finding.code: finding for finding in self.findings if finding.kind is FindingKind.TO_ACCEPT}
        return list(found.values())

    @property
    def changed(self) -> list[Finding]:
        """The facts that read otherwise since the notice that this one replaces."""
        return [finding for finding in self.findings if finding.code.partition(":")[0] in CHANGED]

    @property
    def must_type(self) -> bool:
        """Whether the size of the audience is typed over (Los Angeles, January 2025)."""
        return any(finding.code == "audience-unexpected" for finding in self.to_accept)

    @property
    def expected(self) -> int | None:
        """What the author expected."""
        wanted = self.row.draft.audience
        return wanted.expected if wanted else None

    @property
    def unexpected(self) -> bool:
        """Whether the audience is far from that."""
        return beyond_expected(self.row.addressees.count, self.expected)


def read(conn: Connection, house: House, alert_id: str, said: Said, now: datetime, reader: Caller = NOBODY) -> Case:
    """The case of an alert that waits, as it stands at `now` for who looks."""
    row = approving.alert_of(conn, alert_id)
    names = people.names(conn)
    renditions = alerts.renditions(conn, row.id)
    return Case(
        row,
        incidents.get(conn, row.draft.incident),
        renditions,
        preview.worst_first([*alerts.findings(conn, row.id), *checking.aged(house, row.draft, now)]),
        *audience.counts(conn, row.id),
        audience.by_rendition(conn, row.id),
        _joined(conn, house, row, renditions),
        {person: names.get(person, "") for person in sorted(approvals.contributors(conn, row))},
        _compared(_earlier(conn, row), row, said),
        _compared(alerts.get(conn, row.replaces_id) if row.replaces_id else None, row, said),
        bulletins.of_alert(conn, house, row),
        frozenset(recordings.listened(conn, row.id, reader.person_id or "")),
        waiting.read(conn, house, [row], now)[row.id],
        releasing_alone.may_release(conn, house, row, reader.person_id or "", now),
        _ways(conn, house, reader, row.digest, now),
    )


def _ways(conn: Connection, house: House, reader: Caller, digest: str, now: datetime) -> Ways:
    person_id = reader.person_id or ""
    return Ways(
        stepping_up.until(conn, reader, digest, now),
        second_factor.needed(conn, person_id),
        house.settings.hub.passkey_domain is not None and bool(passkeys.of_person(conn, person_id)),
    )


def _joined(conn: Connection, house: House, row: AlertRow, renditions: Sequence[Rendition]) -> int:
    known = [kind for kind in row.draft.channels if kind in house.specs]
    content = row.draft.model_copy(update={"channels": known})
    composed = Composed(row.sent_at, content, tuple(renditions), ())
    return audience.joined_since(
        conn,
        row.id,
        row.organisation_id,
        content.audience or Audience(),
        variants(conn, house, row.organisation_id, composed),
    )


def _earlier(conn: Connection, row: AlertRow) -> AlertRow | None:
    """The version that was offered before this one."""
    made = alerts.of_draft(conn, row.draft_id)
    return next((other for other in made if other.number < row.number), None)


def _compared(before: AlertRow | None, after: AlertRow, said: Said) -> Compared | None:
    if before is None:
        return None
    # A correction goes to those who have it: whom its author chose before says nothing about that.
    alike = {"audience": None} if after.replaces_id == before.id else {}
    return Compared(before.number, changes.between({**before.content, **alike}, {**after.content, **alike}, said))


async def page(
    call: Call, refused: Refused | None = None, typed: forms.Form | None = None, problem: Problem | None = None
) -> Answer:
    """The page; what was refused stands above it. problem: why it was not even looked at."""
    house, times = call.parts.house, frame.times_for(call)
    case = await call.parts.store.read(read, house, call.id, reading.values(times, house), times.now, call.caller)
    items = [
        as_preview(item, [], case.recipients.get(n, 0)) | {"position": n} for n, item in enumerate(case.renditions)
    ]
    values = {
        "case": case,
        "row": case.row,
        "incident": case.incident,
        "renditions": preview.by_language(items, house.settings.hub.languages),
        "area_names": house.area_names,
        "desk_texts": texts_of(case.told),
        "is_writer": call.caller.person_id in case.writers,
        "field_label": reading.labels(times.words, desk.scenario_of(house, case.row)),
        "refused": refused,
        "accepted": typed.all("accepts") if typed else [],
        "typed": typed.get("expected") if typed else "",
        "anchors": _anchor,
    }
    status_code = 200
    if refused is not None:  # whatever is wrong with a form, its page answers the same
        status_code = KINDS[(Why.INVALID if refused.why is Why.MALFORMED else refused.why).value].status_code
    answer = frame.shown(call, "approve.html", values, case.row.status, status_code)
    if problem is not None:
        return replace(answer, status_code=KINDS[problem.kind].status_code, headers=answer.headers | problem.headers)
    return answer


_ANCHORS = {"audio": "recordings", "accepts": "findings", "passkey": "password"}


def _anchor(field: str) -> str:
    return _ANCHORS.get(field, field)


async def approve(call: Call) -> Answer:
    """`POST /console/alerts/{id}/approve`."""
    typed = await forms.read(call.request, many=["accepts"])
    given = typed.get("digest"), typed.all("accepts"), _number(typed.get("expected"))
    return await _let_go(call, typed, approving.approve, *given)


async def release_alone(call: Call) -> Answer:
    """`POST /console/alerts/{id}/release-by-mandate`."""
    typed = await forms.read(call.request)
    return await _let_go(call, typed, releasing_alone.release, typed.get("digest"))


async def _let_go(call: Call, typed: forms.Form, effect: Callable[..., AlertRow], *given: Any) -> Answer:
    """Let an alert go, once who sits there showed that it is them; what is refused stands above the page."""
    parts = call.parts
    try:
        await _step_up(call, typed.get("digest"), typed)
        answer = await write(call, to_alert, effect, parts.house, call.caller, call.id, *given, parts.clock.now())
    except (Refused, Problem) as refused:
        return await _refused(call, refused, typed)
    for name in (RELEASED, STOPPED, BOARDS_CHANGED):  # a correction stops what it replaces
        parts.signals.hint(name)
    return answer


async def _refused(call: Call, refused: Refused | Problem, typed: forms.Form) -> Answer:
    """The page with what was refused, and all that was typed; any other refusal is a page of its own."""
    if isinstance(refused, Problem) and refused.kind == "too-many":
        return await page(call, Refused(Why.STEP_UP, refused.detail), typed, refused)
    if isinstance(refused, Refused) and refused.why in (Why.INVALID, Why.STEP_UP):
        return await page(call, refused, typed)
    raise refused


async def _step_up(call: Call, digest: str, typed: forms.Form) -> None:
    """Have who sits there show that it is them, unless they did for this digest a moment ago."""
    now = call.parts.clock.now()
    if call.caller.by_session and not await call.parts.store.read(stepping_up.until, call.caller, digest, now):
        await step_ups.step_up(call, digest, shown_in(typed))


def _number(text: str) -> int | None:
    """A number as people type it, with or without its thousands apart."""
    text = text.strip()
    return int(re.sub(r"[. ]", "", text)) if _WHOLE.fullmatch(text) else None


def to_alert(_conn: Connection, row: AlertRow) -> Answer:
    """To the page of an alert, as it stands now."""
    return frames.redirect(f"/console/alerts/{row.id}")


async def send_back(call: Call) -> Answer:
    """`POST /console/alerts/{id}/return`."""
    typed = await forms.read(call.request)
    try:
        reason = bodies.shaped(Return, {"reason": typed.get("reason")}).reason
    except Refused as refused:
        return await page(call, refused, typed)
    return await write(call, _to_start, approving.send_back, call.caller, call.id, reason, call.parts.clock.now())


def _to_start(_conn: Connection, _row: AlertRow) -> Answer:
    return frames.redirect("/console")


async def mail(call: Call) -> web.Response:
    """`GET /console/alerts/{id}/mail/{language}`: the HTML of a mail as a mail program shows it, behind a fence of
    its own: nothing in it runs, and nothing is fetched."""
    await call.parts.store.read(approving.alert_of, call.id)
    language = call.request.match_info["language"]
    for item in await call.parts.store.read(alerts.renditions, call.id):
        if item.language == language and item.html is not None:
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": _FENCE}
            return web.Response(body=item.html.encode(), headers=headers)
    raise not_found("Deze mail")
