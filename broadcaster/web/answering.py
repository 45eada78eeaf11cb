"""Every request ends here: in an answer, or in a problem, and in one line of the log.

The line has the template of the path, and no query, body, address or name: those may be about people.
"""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler as Answering
from structlog.contextvars import bound_contextvars
from structlog.typing import FilteringBoundLogger

from broadcaster import ids
from broadcaster.model.people import Caller
from broadcaster.pages.assets import unpacks_gzip
from broadcaster.store.answers import Answer
from broadcaster.web import frames, queries
from broadcaster.web.callers import CALLERS, NOBODY
from broadcaster.web.calls import Call
from broadcaster.web.failures import is_ours, problem_of
from broadcaster.web.metrics import METRICS
from broadcaster.web.origins import refuse_foreign
from broadcaster.web.parts import PARTS
from broadcaster.web.problems import Problem, as_answer
from broadcaster.web.route import Route
from broadcaster.workflow.refusals import forbidden

ANSWERED_IN = 60.0
"""Seconds a call may take: above what the renderer gives itself, below what a proxy waits."""
_UNPACKED = ("/console/account", "/console/mensen", "/console/sleutels", "/console/steunpunten/code")
"""Where secrets are shown: their length would tell of them."""
LOG: web.AppKey[FilteringBoundLogger] = web.AppKey("log")
CALLER = web.RequestKey("caller", Caller)
ROUTE = web.RequestKey("route", Route)
NUMBER = web.RequestKey("number", str)


async def serve(route: Route, request: web.Request) -> web.StreamResponse:
    """Answer one call of the table."""
    request[ROUTE] = route
    if route.often:
        return as_response(await _answer(route, request))
    with bound_contextvars(request=_number(request)):
        async with asyncio.timeout(ANSWERED_IN):
            return as_response(await _answer(route, request))


async def _answer(route: Route, request: web.Request) -> Answer | web.StreamResponse:
    parts, caller = request.app[PARTS], NOBODY
    refuse_foreign(request, parts.house.settings.hub, page=route.page)
    if route.who is not None:
        caller = await request.app[CALLERS].of(request, by_itself=route.often)
        request[CALLER] = caller
        if not route.who.admits(caller):
            raise forbidden("Uw rol mag dit niet, of dit token is voor iets anders.")
    if route.query is not None:
        queries.refuse_unknown(request, route.query)
    return await route.handler(Call(request, parts, caller))


def as_response(answer: Answer | web.StreamResponse) -> web.StreamResponse:
    """The answer as aiohttp sends it."""
    if isinstance(answer, web.StreamResponse):
        return answer
    response = web.Response(status=answer.status_code, body=answer.body.encode(), headers=answer.headers)
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


@web.middleware
async def answering(request: web.Request, handler: Answering) -> web.StreamResponse:
    """Turn what is raised into a problem, and write the line."""
    response = await _answered(request, handler)
    _pack(request, response)
    request.app[METRICS].count(request.method, _template(request), response.status)
    return response


def _pack(request: web.Request, response: web.StreamResponse) -> None:
    """Pages of the console go out packed: they may come over a 4G dongle. Not those with a secret on them, whose length
    could tell something of it (BREACH, 2013)."""
    route = request.get(ROUTE)
    if route is None or not route.page or response.content_type != "text/html" or request.path.startswith(_UNPACKED):
        return
    response.headers["Vary"] = "Cookie, Accept-Encoding"
    if unpacks_gzip(request):
        response.enable_compression(web.ContentCoding.gzip)


async def _answered(request: web.Request, handler: Answering) -> web.StreamResponse:
    clock, log = request.app[PARTS].clock, request.app[LOG]
    began = clock.monotonic()
    try:
        response = await handler(request)
    except Exception as error:  # noqa: BLE001 - whatever it is, the asker gets an answer
        response = as_response(_failed(request, log, problem_of(error), error))
    route = request.get(ROUTE)
    if response.status >= 400 or route is None or not route.often:
        caller = request.get(CALLER)
        log.info(
            "request",
            request=_number(request),
            method=request.method,
            route=_template(request),
            status_code=response.status,
            duration_in=round(clock.monotonic() - began, 4),
            caller=caller.actor if caller else None,
        )
    return response


def _number(request: web.Request) -> str:
    """The request's number, on every line that is logged on its way; one that is made often gets it when it fails."""
    if NUMBER not in request:
        request[NUMBER] = ids.new_id(request.app[PARTS].clock.now())
    return request[NUMBER]


def _failed(request: web.Request, log: FilteringBoundLogger, problem: Problem, error: Exception) -> Answer:
    """The problem; what an administrator should look at carries the number that is in the log too."""
    instance = None
    if is_ours(problem):
        number = _number(request)
        log.error("request failed", request=number, kind=problem.kind, route=_template(request), exc_info=error)
        instance = f"urn:omroeper:request:{number}"
    if _for_people(request):
        return frames.problem(request, request.get(CALLER), problem, instance)
    return as_answer(problem, instance)


def _for_people(request: web.Request) -> bool:
    """Whether a person reads the answer: on a page, or where there is nothing and a browser asks."""
    route: Route | None = request.get(ROUTE)
    if route is not None:
        return route.page
    return not request.path.startswith("/v1/") and "text/html" in request.headers.get("Accept", "")


def _template(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "-"
