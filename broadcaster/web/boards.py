"""Calls on boards, and the keys to check them with."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from broadcaster.boards.serving import Signed, is_known, tags_in
from broadcaster.model.board import MAX_SEQ, Mode
from broadcaster.store.answers import Answer
from broadcaster.web import queries
from broadcaster.web.calls import Call, given
from broadcaster.web.describing import says
from broadcaster.web.sightings import OTHER
from broadcaster.workflow.refusals import forbidden, not_found

LONGEST_IN = 60
"""Seconds a display may wait for news."""
_FRESH = {"Cache-Control": "no-cache"}
MODE = queries.choice("mode", Mode, "Which board; `live` when not given.")
_AFTER = queries.Param(
    "after",
    {"type": "integer", "minimum": 0, "maximum": MAX_SEQ},
    "The sequence number of the board that the asker has: that one is answered with 304.",
    lambda request: queries.whole(request, "after", 0, MAX_SEQ),
)
_WAIT = queries.Param(
    "wait",
    {"type": "number", "minimum": 0, "maximum": LONGEST_IN, "default": 0},
    "Seconds to wait for another board than the one the asker has.",
    lambda request: queries.seconds(request, "wait", LONGEST_IN),
)
Jws = Annotated[str, Field(pattern=r"^[\w-]+\.[\w-]+\.[\w-]+$", description="a compact JWS (RFC 7515)")]
BEAT_QUERY: frozenset[str] = frozenset({MODE})
QUERY: frozenset[str] = frozenset({MODE, _AFTER, _WAIT})


@says(Jws, media_type="application/jose", headers=("ETag",), asks={"If-None-Match": False}, also={304: "Nothing new."})
async def show(call: Call) -> Answer:
    """`GET /v1/boards/{point}`: the signed board, at once or as soon as it is another."""
    point = point_of(call)
    mode = MODE.of(call.request) or Mode.LIVE
    tags = tags_in(call.request.headers.getall("If-None-Match", []))
    after, wait_in = _AFTER.of(call.request), _WAIT.of(call.request)
    call.parts.sightings.saw(call.caller, point, mode, _held(call.parts.boards.current(point, mode), tags, after))
    board, known = await call.parts.boards.asked(point, mode, tags, after, wait_in)
    if board is None:
        raise not_found("Dit bord")
    return answer(board, call.parts.clock.now(), known=known)


def answer(board: Signed, now: datetime, *, known: bool) -> Answer:
    """A board, or when the asker knows it that there is nothing new."""
    # By our own steady clock: displays check theirs against it.
    headers = {**_FRESH, "ETag": board.etag, "Date": format_datetime(now, usegmt=True)}
    if known:
        return Answer(304, "", headers)
    return Answer(200, board.jws, {**headers, "Content-Type": "application/jose"})


def scope(call: Call) -> frozenset[str]:
    """The points that a device may serve: its own, and those under it."""
    return call.parts.house.settings.scope_of(call.caller.point_id or "")


def point_of(call: Call) -> str:
    """The point in the path; a device serves its own and those under it, and no other."""
    point = call.request.match_info["point"]
    if call.caller.point_id is not None and point != call.caller.point_id and point not in scope(call):
        raise forbidden("Dit token is van een ander steunpunt.")
    if all(item.id != point for item in call.parts.house.settings.points):
        raise not_found("Dit steunpunt")
    return point


@says(Jws, media_type="application/jose")
async def beat(call: Call) -> Answer:
    """`GET /v1/heartbeats/{point}`: the hub's word of this minute on which board is the newest, signed too."""
    token = call.parts.beat(point_of(call), MODE.of(call.request) or Mode.LIVE)
    if token is None:
        raise not_found("Deze bevestiging")
    now = format_datetime(call.parts.clock.now(), usegmt=True)
    return Answer(200, token, {**_FRESH, "Content-Type": "application/jose", "Date": now})


def _held(current: Signed | None, tags: Sequence[str], after: int | None) -> int | None:
    """The number of the board that the asker has; OTHER when it does not say which, None when it has none."""
    if current is not None and is_known(current, tags, after):
        return current.seq
    return after or (OTHER if tags else None)


class Jwk(TypedDict):
    """A public key (RFC 7517, RFC 8037), and what it signs: the root's `certificate` binds mode, epoch and end."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str
    use: Literal["sig"]
    alg: Literal["Ed25519"]
    mode: Mode
    epoch: NotRequired[int]
    not_after: NotRequired[str]
    certificate: NotRequired[str]


class CapJwk(TypedDict):
    """The public key of CAP documents (RFC 7518, section 6.2). `x5c` is its certificate, which signs itself."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    kid: str
    use: Literal["sig"]
    alg: Literal["ES256"]
    mode: Mode
    not_after: str
    x5c: list[str]


class JwkSet(TypedDict):
    """The keys that boards are signed with, newest first; apart from them the roots, and those of CAP documents."""

    keys: list[Jwk]
    roots: list[Jwk]
    cap: NotRequired[list[CapJwk]]


@says(JwkSet, media_type="application/jwk-set+json")
async def keys(call: Call) -> Answer:
    """`GET /v1/keys`: a JWK set (RFC 7517) to check boards and CAP documents with."""
    found = given(call.parts.key_set())
    return Answer(200, found.body, {**_FRESH, "Content-Type": "application/jwk-set+json"})
