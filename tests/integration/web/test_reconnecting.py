"""A hub comes back, and every display with it (R16): all at once they ask for the board they missed.

Each connects the moment that its connection breaks, without the pause of a real one (boards/client.py): no crowd can be
worse. TLS is the business of the server in front of the hub and is not measured.
"""

import asyncio
import socket
from contextlib import suppress
from time import monotonic

import pytest

from broadcaster.boards.serving import Boards, signed
from broadcaster.model.board import Mode
from tests.houses import TestHouse
from tests.integration.web.site import serving

POINT, DISPLAY = "wijkhuis-noord", "scherm-noord"
CURRENT_IN = 30.0
_ESTABLISHED = 1
DISPLAYS = [150, pytest.param(5_000, marks=[pytest.mark.soak, pytest.mark.timeout(300)])]
READERS = 500
"""Who read nothing; the small size of that is in test_raw_requests.py."""


def _publish(boards: Boards, seq: int, size: int = 10_000) -> None:
    boards.publish(POINT, Mode.LIVE, signed(f"kop.{seq}{'x' * size}.handtekening", seq))


def _asks(h: TestHouse, port: int, query: str = "") -> bytes:
    head = f"GET /v1/boards/{POINT}{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}"
    return f"{head}\r\nAuthorization: Bearer {h.tokens[DISPLAY]}\r\n\r\n".encode()


async def _display(h: TestHouse, port: int) -> float:
    """One display that has board 1: when it had board 2."""
    while True:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(_asks(h, port, "?after=1&wait=60"))
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"HTTP/1.1 200"):
                await reader.readexactly(10_000)
                writer.close()
                return monotonic()
            writer.close()
        await asyncio.sleep(0.05)  # nobody listens: a moment later


async def _all_wait(h: TestHouse, count: int) -> None:
    while h.boards.waiting() < count:  # noqa: ASYNC110 - the boards tell nobody who waits
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("displays", DISPLAYS)
async def test_when_a_hub_comes_back_every_display_has_the_board_it_missed(
    h: TestHouse, displays: int, request: pytest.FixtureRequest
) -> None:
    _publish(h.boards, 1)
    async with serving(h) as site:
        port = site.port
        waiting = [asyncio.create_task(_display(h, port)) for _ in range(displays)]
        await _all_wait(h, displays)
    boards = Boards()
    async with serving(h, port=port, boards=boards) as site:
        _publish(boards, 2)
        began = monotonic()
        current_at = await asyncio.gather(*waiting)
        assert (await site.get(None, "/health/live")).status_code == 200
    if request.node.get_closest_marker("soak"):
        assert max(current_at) - began <= CURRENT_IN


def _stalled(h: TestHouse, port: int) -> socket.socket:
    """A connection that asks for far more than the kernel holds for it, and reads nothing."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", port))
    line.sendall(_asks(h, port) * 100)
    return line


def _is_open(line: socket.socket) -> bool:
    return line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_five_hundred_readers_who_take_nothing_are_let_go_and_hold_up_nobody(h: TestHouse) -> None:
    _publish(h.boards, 1, 60_000)
    async with serving(h) as site:
        lines = [await asyncio.to_thread(_stalled, h, site.port) for _ in range(READERS)]
        began = monotonic()
        while any(map(_is_open, lines)):
            assert monotonic() - began <= CURRENT_IN, f"{sum(map(_is_open, lines))} readers are still there"
            assert (await site.get(None, "/health/live")).status_code == 200
            await asyncio.sleep(0.2)
        for line in lines:
            line.close()
