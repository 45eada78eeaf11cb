"""From what went wrong to the problem that says so; nothing from inside goes out with it."""

from aiohttp import web
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from broadcaster.store.answers import KeyTaken
from broadcaster.store.database import StoreError
from broadcaster.store.sqlite import found_full
from broadcaster.web.problems import RETRY_AFTER, Problem, of_refusal
from broadcaster.workflow.refusals import Refused, Why

_AWAY = (OperationalError, InterfaceError, InternalError, PoolTimeoutError, StoreError, TimeoutError)
_BY_STATUS = {
    400: Why.MALFORMED.value,
    404: Why.NOT_FOUND.value,
    405: "method-not-allowed",
    413: "too-large",
    417: "expectation-failed",
}


def problem_of(error: Exception) -> Problem:
    """The problem an exception is answered with."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refused):
        return of_refusal(error)
    if isinstance(error, KeyTaken):
        return Problem("key-taken", "Neem een nieuwe Idempotency-Key voor een ander verzoek.")
    if isinstance(error, web.HTTPException):
        return _of_http(error)
    if found_full(error):
        return Problem("full")
    if isinstance(error, _AWAY):
        return Problem("unavailable", headers={"Retry-After": RETRY_AFTER})
    return Problem("unexpected")


def _of_http(error: web.HTTPException) -> Problem:
    """What aiohttp itself refuses: routes, methods, sizes."""
    kind = _BY_STATUS.get(error.status, "unexpected")
    return Problem(kind, headers={"Allow": error.headers["Allow"]} if "Allow" in error.headers else None)


def is_ours(problem: Problem) -> bool:
    """Whether an administrator should look at it."""
    return problem.kind in ("unexpected", "unavailable", "full")
