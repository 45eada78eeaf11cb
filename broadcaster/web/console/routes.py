"""Every page of the console, and who may see it."""

from broadcaster.model.people import Role
from broadcaster.web import queries, signing_in, signing_in_by_passkey, signing_in_elsewhere
from broadcaster.web.boards import MODE
from broadcaster.web.callers import Who, persons
from broadcaster.web.calls import Handler
from broadcaster.web.console import (
    account,
    alerts,
    approval,
    areas,
    audience,
    beginning,
    choosing,
    configuration,
    contacts,
    drafts,
    keys,
    language,
    lists,
    mandates,
    points,
    posting,
    staff,
    start,
    tasks,
)
from broadcaster.web.route import Route

_NO_QUERY: frozenset[str] = frozenset()
_AUTHORS = persons({Role.AUTHOR})
_APPROVERS = persons({Role.APPROVER})
_OFFICERS = persons({Role.AUTHOR, Role.APPROVER})
_READERS = persons(Role)
_ADMINS = persons({Role.ADMIN})
_LETS_IN = persons({Role.AUTHOR, Role.APPROVER, Role.ADMIN})


def _page(method: str, path: str, handler: Handler, who: Who | None, query: frozenset[str] = _NO_QUERY) -> Route:
    return Route(method, path, handler, who, query, page=True)


PAGES = (
    _page("GET", "/console/sign-in", signing_in.show, None, frozenset({"next"})),
    _page("POST", "/console/sign-in", signing_in.sign_in, None),
    _page("POST", "/console/sign-in/code", signing_in.give_code, None),
    _page("POST", "/console/sign-in/choose", signing_in.choose, None),
    _page("POST", "/console/sign-in/passkey/begin", signing_in_by_passkey.begin, None),
    _page("POST", "/console/sign-in/passkey", signing_in_by_passkey.sign_in, None),
    _page("GET", "/console/sign-in/oidc", signing_in_elsewhere.go, None, frozenset({"next"})),
    Route("GET", signing_in_elsewhere.CALLBACK, signing_in_elsewhere.come_back, None, query=None, page=True),
    Route("GET", "/console/sign-in/oidc/keys", signing_in_elsewhere.keys, None, often=True),
    _page("GET", "/console/account", account.show, _READERS),
    _page("POST", "/console/account/sessions/{id}/end", account.end_session, _READERS),
    _page("POST", "/console/account/reach/{kind}", account.reach, _READERS),
    _page("POST", "/console/account/password", account.change_password, _READERS),
    _page("POST", "/console/account/factor", account.begin_factor, _READERS),
    _page("POST", "/console/account/factor/confirm", account.confirm_factor, _READERS),
    _page("POST", "/console/account/factor/remove", account.remove_factor, _READERS),
    _page("POST", "/console/account/identity", account.begin_identity, _READERS),
    _page("POST", "/console/account/identity/remove", account.remove_identity, _READERS),
    _page("POST", "/console/account/passkeys", account.add_passkey, _READERS),
    _page("POST", "/console/account/passkeys/begin", account.begin_passkey, _READERS),
    _page("POST", "/console/account/passkeys/{id}/remove", account.remove_passkey, _READERS),
    _page("POST", "/console/sign-out", signing_in.sign_out, _READERS),
    _page("POST", "/console/language", language.choose, None),
    _page("GET", "/console", start.show, _READERS),
    _page("GET", "/console/areas.geojson", areas.show, _READERS),
    _page("GET", "/console/drafts", lists.of_drafts, _READERS, frozenset({queries.ID_CURSOR})),
    _page("POST", "/console/drafts", beginning.create, _AUTHORS),
    _page("GET", "/console/drafts/new", beginning.new, _AUTHORS, choosing.QUERY),
    _page("GET", "/console/drafts/{id}", drafts.show, _READERS),
    _page("POST", "/console/drafts/{id}", drafts.save, _OFFICERS),
    _page("GET", "/console/drafts/{id}/beside", drafts.beside, _READERS),
    _page("GET", "/console/drafts/{id}/poster.pdf", posting.show, _READERS),
    _page("POST", "/console/drafts/{id}/languages/{language}/check", drafts.check_language, _OFFICERS),
    _page("POST", "/console/drafts/{id}/submit", drafts.submit, _OFFICERS),
    _page("POST", "/console/drafts/{id}/delete", drafts.delete, _OFFICERS),
    _page("GET", "/console/alerts", lists.of_alerts, _READERS, frozenset({queries.ID_CURSOR, "stage"})),
    _page("GET", "/console/alerts/{id}", alerts.show, _READERS),
    _page("GET", "/console/alerts/{id}/progress", alerts.how_far, _READERS),
    _page("GET", "/console/alerts/{id}/tasks", tasks.show, _READERS),
    _page("POST", "/console/alerts/{id}/tasks/{task}", alerts.do_task, _OFFICERS),
    _page("GET", "/console/alerts/{id}/mail/{language}", approval.mail, _READERS),
    _page("POST", "/console/alerts/{id}/approve", approval.approve, _APPROVERS),
    _page("POST", "/console/alerts/{id}/return", approval.send_back, _OFFICERS),
    _page("POST", "/console/alerts/{id}/halt", alerts.halt, _OFFICERS),
    _page("POST", "/console/alerts/{id}/resend", alerts.resend, _OFFICERS),
    _page("POST", "/console/alerts/{id}/update", alerts.update, _OFFICERS),
    _page("POST", "/console/alerts/{id}/cancel", alerts.cancel, _OFFICERS),
    _page("POST", "/console/alerts/{id}/release", alerts.release, _APPROVERS),
    _page("GET", points.PATH, points.show, _READERS, frozenset({MODE})),
    _page("POST", f"{points.PATH}/code", points.invite, _LETS_IN, frozenset({MODE})),
    _page("POST", f"{points.PATH}/{{point}}/asked", points.asked, _OFFICERS, frozenset({MODE})),
    _page("POST", f"{points.PATH}/reports/{{id}}/read", points.read, _OFFICERS, frozenset({MODE})),
    _page("POST", f"{points.PATH}/devices/{{id}}/revoke", points.revoke, _LETS_IN, frozenset({MODE})),
    _page("POST", "/console/alerts/{id}/release-by-mandate", approval.release_alone, _AUTHORS),
    _page("POST", "/console/alerts/{id}/review", alerts.review, _APPROVERS),
    _page("GET", mandates.PATH, mandates.show, _READERS, frozenset({mandates.SCENARIO})),
    _page("POST", mandates.PATH, mandates.propose, _APPROVERS),
    _page("POST", f"{mandates.PATH}/{{id}}/sign", mandates.sign, _APPROVERS),
    _page("POST", f"{mandates.PATH}/{{id}}/revoke", mandates.revoke, _OFFICERS),
    _page("GET", staff.PATH, staff.show, _ADMINS),
    _page("POST", staff.PATH, staff.add, _ADMINS),
    _page("GET", f"{staff.PATH}/{{id}}", staff.show_one, _ADMINS),
    _page("POST", f"{staff.PATH}/{{id}}/{{act}}", staff.change, _ADMINS),
    _page("GET", keys.PATH, keys.show, _ADMINS),
    _page("POST", keys.PATH, keys.create, _ADMINS),
    _page("POST", f"{keys.PATH}/{{id}}/revoke", keys.revoke, _ADMINS),
    _page("GET", audience.PATH, audience.show, _ADMINS, frozenset({audience.ORGANISATION})),
    _page("POST", audience.PATH, audience.look, _ADMINS),
    _page("GET", f"{audience.PATH}/verslag.csv", audience.report, _ADMINS),
    _page("POST", f"{audience.PATH}/neem", audience.take, _ADMINS),
    _page("GET", configuration.PATH, configuration.show, _ADMINS),
    _page("GET", contacts.PATH, contacts.show, _READERS, frozenset({contacts.REPLACES})),
    _page("POST", contacts.PATH, contacts.propose, _OFFICERS),
    _page("POST", f"{contacts.PATH}/{{id}}/verify", contacts.verify, _OFFICERS),
    _page("POST", f"{contacts.PATH}/{{id}}/retire", contacts.retire, _OFFICERS),
)
