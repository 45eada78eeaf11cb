"""Every call there is, in one table: who may make it, and what may stand behind the question mark.

A handler under `/v1` says above it what it takes and gives (`describing`), and its parameters are `queries.Param`.
"""

from broadcaster.model.people import Role
from broadcaster.web import (
    alerts,
    assets,
    boards,
    cap,
    checking,
    contacts,
    devices,
    display,
    document,
    drafts,
    events,
    health,
    hooks,
    mandates,
    metrics,
    outputs,
    points,
    posters,
    public,
    queries,
    recordings,
    reporting,
    reports,
    step_ups,
    tasks,
    unsubscribing,
)
from broadcaster.web.callers import DEVICES, persons
from broadcaster.web.console.routes import PAGES
from broadcaster.web.route import Route

_DRAFT_READERS = persons(Role, machines=True)
_DRAFTERS = persons({Role.AUTHOR}, machines=True)
_WRITERS = persons({Role.AUTHOR, Role.APPROVER}, machines=True)  # who may only approve, may write corrections
_AUTHORS = persons({Role.AUTHOR})
_APPROVERS = persons({Role.APPROVER})
_OFFICERS = persons({Role.AUTHOR, Role.APPROVER})
_READERS = persons(Role)
_LETS_IN = persons({Role.AUTHOR, Role.APPROVER, Role.ADMIN})
_SCREENS = persons(Role, displays=True)
_BY_ID: frozenset[str] = frozenset({queries.ID_CURSOR})
_DELIVERIES: frozenset[str] = frozenset({queries.NUMBER_CURSOR, alerts.DELIVERIES_SIZE, alerts.STATE})

BOARD = Route("GET", "/v1/boards/{point}", boards.show, _SCREENS, boards.QUERY, often=True)
ROUTES = (
    Route("POST", "/v1/drafts", drafts.create, _DRAFTERS),
    Route("GET", "/v1/drafts", drafts.index, _DRAFT_READERS, _BY_ID | {drafts.SIZE}),
    Route("GET", "/v1/drafts/{id}", drafts.show, _DRAFT_READERS),
    Route("PATCH", "/v1/drafts/{id}", drafts.revise, _WRITERS),
    Route("DELETE", "/v1/drafts/{id}", drafts.delete, _WRITERS),
    Route("GET", "/v1/drafts/{id}/renditions", drafts.renditions, _DRAFT_READERS),
    Route("POST", "/v1/drafts/{id}/languages/{language}/check", drafts.check_language, _OFFICERS),
    Route("POST", "/v1/drafts/{id}/submit", drafts.submit, _OFFICERS),
    Route("GET", "/v1/alerts", alerts.index, _READERS, _BY_ID | {alerts.SIZE, alerts.STAGE}),
    Route("GET", "/v1/alerts/{id}.cap", cap.show, None),  # who may is a matter of which alert it is
    Route("GET", "/v1/feed.atom", cap.feed, None, often=True),
    Route("GET", "/v1/alerts/{id}", alerts.show, _READERS),
    Route("GET", "/v1/alerts/{id}/deliveries", alerts.delivered, _READERS, _DELIVERIES),
    Route("GET", "/v1/alerts/{id}/renditions", alerts.renditions, _READERS),
    Route("GET", "/v1/alerts/{id}/report.json", reporting.as_json, _READERS),
    Route("GET", "/v1/alerts/{id}/report.pdf", reporting.as_pdf, _READERS),
    Route("GET", "/v1/alerts/{id}/report.csv", reporting.as_csv, _READERS),
    Route("GET", "/v1/alerts/{id}/tasks", tasks.index, _READERS),
    Route("POST", "/v1/alerts/{id}/tasks/{task}", tasks.do, _OFFICERS),
    Route("GET", "/v1/alerts/{id}/outputs", outputs.index, _READERS),
    Route("GET", "/v1/alerts/{id}/outputs/{output}", outputs.show, _READERS),
    Route("GET", "/v1/alerts/{id}/poster.pdf", posters.show, None, frozenset({posters.SIZE})),  # as .cap
    Route("POST", "/v1/alerts/{id}/step-up", step_ups.create, _OFFICERS),
    Route("POST", "/v1/alerts/{id}/step-up/challenge", step_ups.challenge, _OFFICERS),
    Route("POST", "/v1/alerts/{id}/approve", alerts.approve, _APPROVERS),
    Route("POST", "/v1/alerts/{id}/return", alerts.send_back, _OFFICERS),
    Route("POST", "/v1/alerts/{id}/halt", alerts.halt, _OFFICERS),
    Route("POST", "/v1/alerts/{id}/release", alerts.release, _APPROVERS),
    Route("POST", "/v1/alerts/{id}/resend", alerts.resend, _OFFICERS),
    Route("POST", "/v1/alerts/{id}/listened", recordings.listened, _APPROVERS),
    Route("POST", "/v1/recordings", recordings.create, _OFFICERS),
    Route("GET", "/v1/recordings/{sha256}", recordings.show, _READERS),
    Route("GET", "/audio/{sha256}", recordings.show_public, None, often=True),
    Route("POST", "/v1/alerts/{id}/update", drafts.update, _OFFICERS),
    Route("POST", "/v1/alerts/{id}/cancel", drafts.cancel, _OFFICERS),
    Route("POST", "/v1/alerts/{id}/release-by-mandate", mandates.release, _AUTHORS),
    Route("POST", "/v1/alerts/{id}/review", mandates.review, _APPROVERS),
    Route("GET", "/v1/mandates", mandates.index, _READERS, _BY_ID | {mandates.SIZE}),
    Route("POST", "/v1/mandates", mandates.propose, _APPROVERS),
    Route("POST", "/v1/mandates/{id}/sign", mandates.sign, _APPROVERS),
    Route("POST", "/v1/mandates/{id}/revoke", mandates.revoke, _OFFICERS),
    Route("GET", "/v1/contacts", contacts.index, _DRAFT_READERS, _BY_ID | {contacts.SIZE}),
    Route("POST", "/v1/contacts", contacts.propose, _OFFICERS),
    Route("POST", "/v1/contacts/{id}/verify", contacts.verify, _OFFICERS),
    Route("POST", "/v1/contacts/{id}/retire", contacts.retire, _OFFICERS),
    Route("POST", "/v1/devices", devices.enrol, None),  # who has a code that was not used
    Route("GET", "/v1/devices", devices.index, _READERS),
    Route("POST", "/v1/devices/codes", devices.invite, _LETS_IN),
    Route("POST", "/v1/devices/{id}/revoke", devices.revoke, _LETS_IN),
    Route("POST", "/v1/reports", reports.hand_in, DEVICES),
    Route("GET", "/v1/reports", reports.index, _READERS, _BY_ID | {reports.SIZE, reports.POINT}),
    Route("GET", "/v1/reports/receipts", reports.receipts, DEVICES, often=True),
    Route("POST", "/v1/reports/{id}/read", reports.read, _OFFICERS),
    Route("GET", "/v1/points", points.index, _READERS, frozenset({boards.MODE})),
    Route("GET", "/v1/points/{point}", points.show, _READERS, frozenset({boards.MODE})),
    Route("POST", "/v1/points/{point}/asked", points.asked, _OFFICERS),
    Route("GET", "/v1/heard", points.heard, _READERS, frozenset({boards.MODE})),
    Route("POST", "/v1/points/{point}/showing", reports.showing, DEVICES, frozenset({boards.MODE}), often=True),
    *PAGES,
    Route("GET", "/v1/events", events.stream, _READERS, events.QUERY, often=True),
    BOARD,
    Route("GET", "/v1/heartbeats/{point}", boards.beat, _SCREENS, boards.BEAT_QUERY, often=True),
    Route("GET", "/v1/keys", boards.keys, None, often=True),
    Route("GET", "/v1/openapi.json", document.show, None, often=True),
    Route("POST", "/hooks/{account}/{key}", hooks.receive, None, query=None, often=True),
    Route("GET", "/hooks/{account}/{key}", hooks.receive, None, query=None, often=True),  # some report in the query
    Route("GET", "/uit/{token}", unsubscribing.show, None, query=None),  # a mail program may add what it likes
    Route("POST", "/uit/{token}", unsubscribing.press, None, query=None),
    Route("GET", "/assets/{name:.+}", assets.show, None, frozenset({"v"}), often=True),
    Route("GET", "/metrics", metrics.show, None, often=True),  # who may is a matter of where from, too
    Route("GET", "/", public.show, None, query=None, often=True),  # people share addresses with all sorts of tails
    Route("GET", "/controle", checking.show, None, query=None, often=True),
    Route("GET", "/controle/stand.json", checking.standing, None, query=None, often=True),
    Route("GET", "/controle/worker.js", checking.worker, None, often=True),
    Route("GET", "/robots.txt", public.robots, None, often=True),
    Route("GET", "/favicon.ico", public.icon, None, query=None, often=True),
    Route("GET", "/display/{point}", display.show, None, display.QUERY, often=True),
    Route("GET", "/display/{point}/papier", display.paper, None, display.PAPER_QUERY, often=True),
    Route("GET", "/display/{point}/worker.js", display.worker, None, often=True),
    Route("GET", "/health/live", health.live, None, often=True),
    Route("GET", "/health/ready", health.ready, None, often=True),
)
