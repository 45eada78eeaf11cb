"""Every call there is, in one table: who may make it, and what may stand behind the question mark."""

from dataclasses import dataclass

from broadcaster.model.people import Role
from broadcaster.web import alerts, assets, boards, drafts, health, hooks
from broadcaster.web.callers import Who, persons
from broadcaster.web.calls import Handler


@dataclass(frozen=True, slots=True)
class Route:
    """One call. who: None is everybody, without a token. often: made so often that only its failures
    are worth a line in the log; such a call also keeps its own time. query: None lets everything stand."""

    method: str
    path: str
    handler: Handler
    who: Who | None
    query: frozenset[str] | None = frozenset()
    often: bool = False


_DRAFT_READERS = persons(Role, machines=True)
_DRAFTERS = persons({Role.AUTHOR}, machines=True)
_AUTHORS = persons({Role.AUTHOR})
_APPROVERS = persons({Role.APPROVER})
_OFFICERS = persons({Role.AUTHOR, Role.APPROVER})
_READERS = persons(Role)
_SCREENS = persons(Role, displays=True)
_PAGED = frozenset({"cursor", "limit"})

ROUTES = (
    Route("POST", "/v1/drafts", drafts.create, _DRAFTERS),
    Route("GET", "/v1/drafts", drafts.index, _DRAFT_READERS, _PAGED),
    Route("GET", "/v1/drafts/{id}", drafts.show, _DRAFT_READERS),
    Route("PATCH", "/v1/drafts/{id}", drafts.revise, _DRAFTERS),
    Route("DELETE", "/v1/drafts/{id}", drafts.delete, _DRAFTERS),
    Route("GET", "/v1/drafts/{id}/renditions", drafts.renditions, _DRAFT_READERS),
    Route("POST", "/v1/drafts/{id}/submit", drafts.submit, _AUTHORS),
    Route("GET", "/v1/alerts", alerts.index, _READERS, _PAGED | {"stage"}),
    Route("GET", "/v1/alerts/{id}", alerts.show, _READERS),
    Route("GET", "/v1/alerts/{id}/deliveries", alerts.delivered, _READERS, _PAGED | {"state"}),
    Route("GET", "/v1/alerts/{id}/renditions", alerts.renditions, _READERS),
    Route("POST", "/v1/alerts/{id}/approve", alerts.approve, _APPROVERS),
    Route("POST", "/v1/alerts/{id}/return", alerts.send_back, _OFFICERS),
    Route("POST", "/v1/alerts/{id}/halt", alerts.halt, _OFFICERS),
    Route("POST", "/v1/alerts/{id}/release", alerts.release, _APPROVERS),
    Route("GET", "/v1/boards/{point}", boards.show, _SCREENS, frozenset({"mode", "after", "wait"}), often=True),
    Route("GET", "/v1/keys", boards.keys, None, often=True),
    Route("POST", "/hooks/{account}/{key}", hooks.receive, None, query=None, often=True),
    Route("GET", "/hooks/{account}/{key}", hooks.receive, None, query=None, often=True),  # some report in the query
    Route("GET", "/assets/{name:.+}", assets.show, None, frozenset({"v"}), often=True),
    Route("GET", "/health/live", health.live, None, often=True),
    Route("GET", "/health/ready", health.ready, None, often=True),
)
