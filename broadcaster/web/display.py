"""The page that hangs at a support point, over HTTP."""

from broadcaster.boards import screen
from broadcaster.boards.screen import STOPS, WORDS, Given, Screen
from broadcaster.model.board import Mode
from broadcaster.store.answers import Answer
from broadcaster.web import queries
from broadcaster.web.calls import Call
from broadcaster.web.posters import SIZE
from broadcaster.workflow.refusals import not_found

__all__ = ["PAPER_QUERY", "QUERY", "STOPS", "WORDS", "paper", "show", "worker"]
_MODE = queries.choice("mode", Mode, "Which board it shows; `live` when not given.")
QUERY: frozenset[str] = frozenset({_MODE})
PAPER_QUERY: frozenset[str] = QUERY | {SIZE}


async def show(call: Call) -> Answer:
    """`GET /display/{point}`: the page; its address holds the display's token once, after the number sign."""
    mode, found = _MODE.of(call.request) or Mode.LIVE, _screen(call)
    return _answer(screen.page(found, mode) if found else screen.unknown())


async def paper(call: Call) -> Answer:
    """`GET /display/{point}/papier`: the page that prints what the display holds."""
    found = _screen(call)
    return _answer(screen.paper(found) if found else screen.unknown())


async def worker(call: Call) -> Answer:
    """`GET /display/{point}/worker.js`: keeps the page for when there is no line."""
    found = _screen(call)
    if found is None:
        raise not_found("Dit steunpunt")
    return _answer(screen.worker(found))


def _screen(call: Call) -> Screen | None:
    settings = call.parts.house.settings
    wanted = call.request.match_info["point"]
    for point in settings.points:
        if point.id == wanted:
            return Screen(point.id, point.name, tuple(point.languages), settings.hub.timezone, showing=True)
    return None


def _answer(given: Given) -> Answer:
    return Answer(given.status_code, given.body, dict(given.headers))
