"""What every page wears: the mode, the organisation, who is signed in, the language."""

from typing import Any

from aiohttp import web

from broadcaster.model.cap import Lane, Status, lane_of
from broadcaster.model.people import Caller, Role
from broadcaster.web.console.times import Times
from broadcaster.web.console.words import LANGUAGES, Words, catalogue
from broadcaster.web.parts import PARTS

LANGUAGE_COOKIE = "omroeper-language"


def around(request: web.Request, caller: Caller | None, status: Status = Status.ACTUAL) -> dict[str, Any]:
    """What every template finds. The page wears the dress of `status`; a page about nothing in particular is live."""
    parts, words = request.app[PARTS], words_for(request)
    roles = caller.roles if caller else frozenset[Role]()
    return {
        "t": words,
        "times": Times(words, parts.house.settings.hub.zone, parts.clock.now()),
        "zone": parts.house.settings.hub.zone.key,
        "drill": lane_of(status) is Lane.DRILL,
        "mode": words.of("mode", status.value),
        "may_write": Role.AUTHOR in roles,
        "may_approve": Role.APPROVER in roles,
        "may_manage": Role.ADMIN in roles,
        "may_act": bool(roles & {Role.AUTHOR, Role.APPROVER}),
        "path": request.path,
        "here": _here(request),
        "kinds": " ".join(catalogue()["event"]),
    }


def _here(request: web.Request) -> str:
    """Where who chooses another language comes back: this page, or the one that this answer to a form belongs to."""
    if request.method == "GET":
        return request.path_qs
    pages = {
        route.resource.canonical for route in request.app.router.routes() if route.resource and route.method == "GET"
    }
    resource = request.match_info.route.resource
    asked, path = resource.canonical if resource else "", request.path
    while asked and asked not in pages:
        asked, path = asked.rpartition("/")[0], path.rpartition("/")[0]
    return path


def words_for(request: web.Request) -> Words:
    """The words in the language that the reader chose; Dutch until they do."""
    return Words(request.cookies.get(LANGUAGE_COOKIE, LANGUAGES[0]))
