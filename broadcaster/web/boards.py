"""Calls on boards, and the keys to check them with."""

from aiohttp import web

from broadcaster.boards.serving import Signed
from broadcaster.model.board import MAX_SEQ, Mode
from broadcaster.store.answers import Answer
from broadcaster.web import queries
from broadcaster.web.calls import Call, given
from broadcaster.workflow.refusals import forbidden, not_found

LONGEST_IN = 60
"""Seconds a display may wait for news."""
_FRESH = {"Cache-Control": "no-cache"}


async def show(call: Call) -> Answer:
    """`GET /v1/boards/{point}`: the signed board, at once or as soon as it is another."""
    point = _point(call)
    mode = queries.one_of(call.request, "mode", Mode) or Mode.LIVE
    wait_in = queries.seconds(call.request, "wait", LONGEST_IN)
    board = call.parts.boards.current(point, mode)
    known = _is_known(call.request, board)
    if known and wait_in:
        board = await call.parts.boards.wait(
            point, mode, board.seq if board else 0, wait_in, board.etag if board else None
        )
        known = _is_known(call.request, board)
    if board is None:
        raise not_found("Dit bord")
    headers = {**_FRESH, "ETag": board.etag}
    if known:
        return Answer(304, "", headers)
    return Answer(200, board.jws, {**headers, "Content-Type": "application/jose"})


def _point(call: Call) -> str:
    """The point in the path; a display sees its own and no other."""
    point = call.request.match_info["point"]
    if call.caller.point_id not in (None, point):
        raise forbidden("Dit token is van een ander steunpunt.")
    if all(item.id != point for item in call.parts.house.settings.points):
        raise not_found("Dit steunpunt")
    return point


def _tags(request: web.Request) -> list[str]:
    """The entity tags in If-None-Match; compared weakly (RFC 9110 section 13.1.2)."""
    given_tags = ",".join(request.headers.getall("If-None-Match", []))
    return [tag.strip().removeprefix("W/") for tag in given_tags.split(",")] if given_tags else []


def _is_known(request: web.Request, board: Signed | None) -> bool:
    """Whether the asker has this board: by its tag, or without a tag by its number."""
    tags, after = _tags(request), queries.whole(request, "after", 0, MAX_SEQ)
    if board is None:
        return after is not None
    if tags:
        return board.etag in tags or "*" in tags
    return board.seq == after


async def _next(call: Call, point: str, mode: Mode, board: Signed | None) -> Signed | None:
    wait_in = queries.whole(call.request, "wait", 0, LONGEST_IN)
    if not wait_in:
        return board
    if board is None:
        return await call.parts.boards.wait(point, mode, 0, wait_in)
    return await call.parts.boards.wait(point, mode, board.seq, wait_in, board.etag)


async def keys(call: Call) -> Answer:
    """`GET /v1/keys`: a JWK set (RFC 7517)."""
    answer = given(call.parts.key_set())
    return Answer(200, answer.body, {**_FRESH, "Content-Type": "application/jwk-set+json"})
