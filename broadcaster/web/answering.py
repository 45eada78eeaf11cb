"""Every request ends here: in an answer, or in a problem, and in one line of the log.

The line has the template of the path, and no query, body, address or name: those may be about people.
"""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler as Answering
from structlog.typing import FilteringBoundLogger

from broadcaster import ids
from broadcaster.store.answers import Answer
from broadcaster.web import queries
from broadcaster.web.callers import CALLERS, NOBODY
from broadcaster.web.calls import Call
from broadcaster.web.failures import is_ours, problem_of
from broadcaster.web.parts import PARTS
from broadcaster.web.problems import Problem, as_answer
from broadcaster.web.route import Route
from broadcaster.workflow.refusals import forbidden

ANSWERED_IN = 60.0
"""Seconds a call may take: above what the renderer gives itself, below what a proxy waits."""
LOG: web.AppKey[FilteringBoundLogger] = web.AppKey("log")
CALLER = web.RequestKey("caller", str)
OFTEN = web.RequestKey("often", bool)


async def serve(route: Route, request: web.Request) -> web.StreamResponse:
    """Answer one call of the table."""
    request[OFTEN] = route.often
    if route.often:
        return as_response(await _answer(route, request))
    async with asyncio.timeout(ANSWERED_IN):
        return as_response(await _answer(route, request))


async def _answer(route: Route, request: web.Request) -> Answer | web.StreamResponse:
    caller = NOBODY
    if route.who is not None:
        caller = await request.app[CALLERS].of(request)
        request[CALLER] = caller.actor
        if not route.who.admits(caller):
            raise forbidden("Uw rol mag dit niet, of dit token is voor iets anders.")
    if route.query is not None:
        queries.refuse_unknown(request, route.query)
    return await route.handler(Call(request, request.app[PARTS], caller))


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
    clock, log = request.app[PARTS].clock, request.app[LOG]
    began = clock.monotonic()
    try:
        response = await handler(request)
    except Exception as error:  # noqa: BLE001 - whatever it is, the asker gets an answer
        response = as_response(_failed(request, log, problem_of(error), error))
    if response.status >= 400 or not request.get(OFTEN, False):
        log.info(
            "request",
            method=request.method,
            route=_template(request),
            status_code=response.status,
            duration_in=round(clock.monotonic() - began, 4),
            caller=request.get(CALLER),
        )
    return response


def _failed(request: web.Request, log: FilteringBoundLogger, problem: Problem, error: Exception) -> Answer:
    """The problem; what an administrator should look at carries an id that is in the log too."""
    if not is_ours(problem):
        return as_answer(problem)
    instance = ids.new_id(request.app[PARTS].clock.now())
    log.error("request failed", kind=problem.kind, id=instance, route=_template(request), exc_info=error)
    return as_answer(problem, f"urn:omroeper:request:{instance}")


def _template(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "-"
