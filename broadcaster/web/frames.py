"""Pages of the console: what each has around its own content."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web
from jinja2 import Environment

from broadcaster.model.cap import Status
from broadcaster.model.people import Caller
from broadcaster.render.languages import direction
from broadcaster.store.answers import Answer
from broadcaster.web import pages, problems
from broadcaster.web.console import dress
from broadcaster.web.parts import PARTS
from broadcaster.web.problems import Problem

SIGN_IN = "/console/sign-in"
HOME = "/console"
_REFERRER_POLICY = "same-origin"
"""Under "no-referrer" a form's Origin is "null", and then whose is it? A redirect must say it too (W3C Referrer Policy,
section 8.2): after signing in, a page knows that it is where somebody comes back."""
_OF_THE_CONSOLE = {"Vary": "Cookie", "Referrer_Policy": _REFERRER_POLICY}


@cache
def _templates() -> Environment:
    found = pages.environment("console")
    found.globals["direction"] = direction
    return found


def page(
    request: web.Request,
    caller: Caller | None,
    name: str,
    values: Mapping[str, Any],
    status_code: int = 200,
    **headers: str,
) -> Answer:
    """A page from `templates/console` about nothing in particular; see `dressed`."""
    return dressed(request, caller, Status.ACTUAL, name, values, status_code, **headers)


def dressed(
    request: web.Request,
    caller: Caller | None,
    status: Status,
    name: str,
    values: Mapping[str, Any],
    status_code: int = 200,
    **headers: str,
) -> Answer:
    """A page in the dress of what it is about. caller: who is signed in, None for nobody. Every template finds
    `caller`, `organisations` (their names), `home`, `mandates_on`, and what `dress` gives."""
    settings = request.app[PARTS].house.settings
    around: dict[str, Any] = {
        "caller": caller,
        "organisations": [item.name for item in settings.organisations],
        "home": HOME,
    }
    around["mandates_on"] = settings.hub.mandates
    around |= dress.around(request, caller, status)
    return pages.page(_templates(), name, around | dict(values), status_code, **_OF_THE_CONSOLE, **headers)


def redirect(where: str, **headers: str) -> Answer:
    """See other (RFC 9110, section 15.4.4): a path of ours."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(303, "", {"Location": where, "Referrer-Policy": _REFERRER_POLICY, **named})


def problem(request: web.Request, caller: Caller | None, found: Problem, instance: str | None = None) -> Answer:
    """A problem as a page; nobody who is not signed in gets one, but the way to where they can."""
    if found.kind == "unauthenticated":
        return _to_sign_in(request)
    content = problems.content(found, instance)
    values = {"problem": content, "path": "", "here": ""}  # nothing of what was asked comes back
    return page(request, caller, "problem.html", values, content["status"], **found.headers)


def _to_sign_in(request: web.Request) -> Answer:
    """To the form, and from there back. A script that asked for a part of a page (htmx) has the whole page go."""
    by_script = "HX-Request" in request.headers
    if by_script or request.method not in ("GET", "HEAD"):
        came_from = _path_of(request.headers.get("HX-Current-URL" if by_script else "Referer", ""))
    else:
        came_from = request.rel_url.raw_path_qs
    where = f"{SIGN_IN}?next={quote(came_from or HOME, safe='')}"
    return Answer(401, "", {"HX-Redirect": where}) if by_script else redirect(where)


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
