"""What displays ask all day, answered before anything else is made of it: is there another board than mine?

Only the usual question is answered here: GET over HTTP/1.1 of a live board that the asker may see, with a token, the
entity tag of the current board, and a query as displays write it. Whatever is odd in the least goes the long way, which
says the same with more work: a test compares the two byte for byte. The long way costs nearly three times as much a
request (measured), and 10,000 displays that wait get the next board all at once.
"""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import HttpVersion11, hdrs, web

from broadcaster.boards.serving import Signed
from broadcaster.model.board import Mode
from broadcaster.store.database import AWAY
from broadcaster.web import boards, headers
from broadcaster.web.answering import as_response
from broadcaster.web.callers import CALLERS
from broadcaster.web.metrics import METRICS
from broadcaster.web.parts import PARTS
from broadcaster.web.problems import Problem
from broadcaster.web.routes import BOARD

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_PATH = re.compile(
    r"/v1/boards/([\w-]+)(?:\?(?:after=[0-9]{1,15}&)?wait=((?:[1-5]?[0-9](?:\.[0-9]{1,6})?|60)))?", re.ASCII
)
"""With a tag in the question `after` says nothing more."""
_PHRASES = {200: "OK", 304: "Not Modified"}


class Prepared(web.StreamResponse):
    """An answer that is written as it is, to however many. `raw`: all of it, head and body."""

    def __init__(self, raw: bytes, status: int) -> None:
        super().__init__(status=status)
        self.raw = raw

    @property
    def keep_alive(self) -> bool:
        """The connection lasts: else the question was not usual."""
        return True

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write it. ConnectionResetError when nobody is there any more."""
        if request.transport is None:
            raise ConnectionResetError
        if self.raw:
            request.transport.write(self.raw)

    async def write_eof(self, data: bytes = b"") -> None:
        """It was all written."""


_HANDED = Prepared(b"", 200)
"""What is left to say to somebody who was handed the board."""


class Quick:
    """Answers the usual question of displays; `long_way` takes all others."""

    def __init__(self, app: web.Application, long_way: Handler) -> None:
        self._long_way = long_way
        self._parts, self._callers, self._metrics = app[PARTS], app[CALLERS], app[METRICS]
        settings = self._parts.house.settings
        self._scopes = {point.id: settings.scope_of(point.id) for point in settings.points}
        self._ready: dict[tuple[str, bool], tuple[int, Prepared]] = {}

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to any request."""
        path = _PATH.fullmatch(request.raw_path)
        board = self._parts.boards.current(path[1], Mode.LIVE) if path else None
        if (
            path is None
            or board is None
            or not self._is_usual(request, board)
            or not await self._may_see(request, path[1], board.seq)
        ):
            return await self._long_way(request)
        etag, point, wait_in = board.etag, path[1], float(path[2] or 0)
        del path  # who waits holds on to as little as can be
        if wait_in and self._parts.boards.current(point, Mode.LIVE) is board:  # else it came while the token was read
            hand = partial(self._hand, request.transport)
            if await self._parts.boards.next(point, Mode.LIVE, wait_in, hand):
                self._metrics.count(request.method, BOARD.path, _HANDED.status)
                return _HANDED
        board = self._parts.boards.current(point, Mode.LIVE) or board
        answer = self._answer(board, known=board.etag == etag)
        self._metrics.count(request.method, BOARD.path, answer.status)
        return answer

    def _hand(self, line: asyncio.Transport | None, board: Signed) -> bool:
        """Write a new board to somebody who waits, past everything between here and the system: 10,000 want it now."""
        if line is None or line.is_closing() or line.get_write_buffer_size() or line.get_extra_info("sslcontext"):
            return False
        raw = self._answer(board, known=False).raw
        try:
            sent = os.write(line.get_extra_info("socket").fileno(), raw)
        except OSError:
            return False  # nobody is there, or it takes nothing now: who writes next finds out
        if sent < len(raw):
            line.write(raw[sent:])
        return True

    @staticmethod
    def _is_usual(request: web.BaseRequest, board: Signed) -> bool:
        headers = request.headers
        return (
            headers.getall(hdrs.IF_NONE_MATCH, []) == [board.etag]
            and request.method == hdrs.METH_GET
            and request.version == HttpVersion11
            and request.keep_alive
            and not request.body_exists
            and hdrs.AUTHORIZATION in headers
            and hdrs.EXPECT not in headers
        )

    async def _may_see(self, request: web.BaseRequest, point: str, seq: int) -> bool:
        """Whether the asker may, who has board `seq`; if so it was seen."""
        try:
            caller = await self._callers.by_token(request)
        except (Problem, *AWAY):
            return False
        may = (
            BOARD.who is not None
            and BOARD.who.admits(caller)
            and point in self._scopes
            and (caller.point_id is None or point in self._scopes.get(caller.point_id, ()))
        )
        if may:
            self._parts.sightings.saw(caller, point, Mode.LIVE, seq)
        return may

    def _answer(self, board: Signed, *, known: bool) -> Prepared:
        """The answer, made once a second for each board."""
        now = self._parts.clock.now()
        second, ready = self._ready.get((board.etag, known), (0, None))
        if ready is None or second != int(now.timestamp()):
            if len(self._ready) >= 4 * len(self._scopes) + 4:
                self._ready.clear()
            ready = Prepared(*self._written(board, known=known))
            self._ready[board.etag, known] = int(now.timestamp()), ready
        return ready

    def _written(self, board: Signed, *, known: bool) -> tuple[bytes, int]:
        response = as_response(boards.answer(board, self._parts.clock.now(), known=known))
        assert isinstance(response, web.Response)
        body = response.body if isinstance(response.body, bytes) else b""
        if not known:
            response.headers[hdrs.CONTENT_LENGTH] = str(len(body))
        headers.add(response.headers, BOARD.path, self._parts.house.settings.hub.url)
        lines = [f"HTTP/1.1 {response.status} {_PHRASES[response.status]}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body, response.status
