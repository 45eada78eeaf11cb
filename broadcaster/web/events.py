"""`GET /v1/events`: what happens, as it happens, for consoles (server-sent events, WHATWG HTML section 9.2).

Each line of the journal goes out as an event with its number as `id` and its kind as `event`; a reader that comes back
says the last `id` it had, and gets what it missed from the journal. Data are ids and an instant: who wants to know more
asks for the thing itself.
"""

import asyncio
from typing import Annotated

from aiohttp import web
from aiohttp_sse import EventSourceResponse
from pydantic import Field

from broadcaster import ids
from broadcaster.store.database import AWAY
from broadcaster.web import queries
from broadcaster.web.callers import CALLERS
from broadcaster.web.calls import Call
from broadcaster.web.describing import says
from broadcaster.web.feed import Feed
from broadcaster.web.problems import Problem
from broadcaster.web.queries import Param

FEED = web.AppKey("feed", Feed)
"""Of each application, one."""
Told = Annotated[str, Field(description="events; `id` is a number of the journal, `data` a JSON object")]


DRAFT = Param(
    "draft",
    {"type": "string", "pattern": ids.PATTERN},
    "The draft that is open beside this stream: whoever else has it open hears of you, and you of them.",
    lambda request: queries.an_id(request, "draft", "id", "geef de id van een concept"),
)
QUERY: frozenset[str] = frozenset({DRAFT})


def _since(request: web.Request) -> int | None:
    """The number in Last-Event-ID; None without one, below 0 when it is none of ours."""
    given = request.headers.get("Last-Event-ID")
    if not given:
        return None
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else -1


@says(Told, media_type="text/event-stream", asks={"Last-Event-ID": False}, refuses=("too-many",))
async def stream(call: Call) -> web.StreamResponse:
    """`GET /v1/events`: what happens from now on, or after Last-Event-ID.

    `ready` comes first, or `reset` when too much was missed: then ask for everything anew. After it each event of
    the journal, and `progress` with the counts of an alert, at most once a second while they change. With `draft`,
    `beside` says that somebody else opened that draft or left it; it has no number, and is not told again.
    `freezing` says how far a large draft is that somebody submits: its step (addressing, sealing, writing, and
    over), how many addresses that step has `done`, and `of` how many once they are counted.
    """
    feed = call.request.app[FEED]
    pace = feed.pace
    response = EventSourceResponse(send_timeout=pace.patience_in, ping_interval=pace.beat_in, sep="\n")
    async with feed.place(call.caller.actor, _since(call.request), DRAFT.of(call.request)) as place:
        await response.prepare(call.request)
        try:
            async with response:
                while not place.ended and await _may_still(call):
                    if taken := await place.take(pace.ask_in):
                        await _send(response, taken, pace.patience_in)
        except (ConnectionError, TimeoutError):
            _break_off(call.request)  # gone, or too slow: an end of the answer would wait for it again
    return response


async def _send(response: EventSourceResponse, taken: bytes, patience_in: float) -> None:
    async with asyncio.timeout(patience_in):
        await response.write(taken)


async def _may_still(call: Call) -> bool:
    """Whether the reader is there, and would still be admitted."""
    if call.request.transport is None:
        return False
    try:
        caller = await call.request.app[CALLERS].of(call.request, by_itself=True)
        return bool(caller.person_id == call.caller.person_id and caller.roles)
    except (Problem, *AWAY):
        return False  # in doubt, no: whoever may comes back by itself


def _break_off(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
