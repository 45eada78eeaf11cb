"""P7: displays that ask whether there is news, and displays that wait for it."""

import asyncio
import gc
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from bench.hub import hub
from bench.measuring import Figure, Process, compared, cpu, figure, process
from broadcaster.boards.serving import Boards, signed
from broadcaster.model.board import Mode
from broadcaster.web.app import make_app, make_runner
from tests.houses import DISPLAYS, TestHouse

NAME, POINT = "scherm-noord", DISPLAYS["scherm-noord"]
CONNECTIONS = 64
JWS = "eyJ0eXAiOiJvbXJvZXBlci1ib2FyZCtqc29uIiwiYWxnIjoiRWREU0EifQ." + "x" * 1500 + "." + "y" * 86


async def _asked(displays: Process, **what: Any) -> dict[str, Any]:
    """Their answer, while this process goes on serving."""
    return await asyncio.to_thread(displays.ask, json.dumps(what))


@asynccontextmanager
async def _listening(runner: web.AppRunner) -> AsyncIterator[int]:
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _bare(etag: str) -> web.AppRunner:
    async def show(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(text=JWS, headers={"ETag": etag})

    app = web.Application()
    app.router.add_get("/v1/boards/{point}", show)
    return web.AppRunner(app, access_log=None)


def _headers(opened: TestHouse, etag: str) -> list[str]:
    return [f"Authorization: Bearer {opened.tokens[NAME]}", f"If-None-Match: {etag}", "Accept: application/jose"]


async def _cost(displays: Process, port: int, headers: list[str], count: int) -> float:
    before = cpu()
    asked = {"port": port, "path": f"/v1/boards/{POINT}", "headers": headers, "connections": CONNECTIONS}
    said = await _asked(displays, requests=count, **asked)
    if said["statuses"] != {"304": count}:
        raise RuntimeError(f"the board was answered with {said['statuses']}")
    return (cpu() - before) / count * 1e6


async def asking(count: int, pairs: int) -> list[Figure]:
    """Requests per second of CPU that ask for a board which has not changed: by the hub, and by a bare handler."""
    boards = Boards()
    board = signed(JWS, 7)
    boards.publish(POINT, Mode.LIVE, board)
    with process("bench.asking") as displays:
        async with (
            hub("", "sms", 0) as opened,
            _listening(_bare(board.etag)) as bare,
            _listening(make_runner(make_app(opened.parts(boards=boards)))) as port,
        ):
            headers, costs = _headers(opened, board.etag), []
            for _ in range(pairs):
                ours = await _cost(displays, port, headers, count)
                costs.append((1e6 / ours, 1e6 / await _cost(displays, bare, headers, count)))
    return [
        compared("P7", "conditional GET of a board: requests per second of CPU", costs, "/s", bar=0.8, at_least=True)
    ]


async def waiting(count: int) -> list[Figure]:
    """Displays that wait for the next board, and how soon all have it."""
    boards = Boards()
    board = signed(JWS, 7)
    boards.publish(POINT, Mode.LIVE, board)
    with process("bench.asking") as displays:
        async with hub("", "sms", 0) as opened, _listening(make_runner(make_app(opened.parts(boards=boards)))) as port:
            await _asked(displays, port=port, path=f"/v1/boards/{POINT}", headers=_headers(opened, board.etag),
                         connections=CONNECTIONS, requests=CONNECTIONS * 10)  # fmt: skip
            gc.collect()
            before = _memory()
            asked = {"port": port, "path": f"/v1/boards/{POINT}?wait=60", "headers": _headers(opened, board.etag)}
            await _asked(displays, hold=True, connections=count, **asked)
            await _until_waiting(boards, count)
            gc.collect()
            held = (_memory() - before) / count
            published_at = time.monotonic()
            boards.publish(POINT, Mode.LIVE, signed(JWS + "z", 8))
            said = await _asked(displays)
    late = sorted((at - published_at) * 1e3 for at in said["answered_at"])
    if said["statuses"] != {"200": count}:
        raise RuntimeError(f"the board was answered with {said['statuses']}")
    return [
        figure("P7", f"{count:,} waiting displays: memory each", "KB", [held], bar=12),
        figure("P7", "  a new board to 99 % of them", "ms", [late[int(len(late) * 0.99)]], bar=200, ours=f"median {late[len(late) // 2]:.0f} ms"),
    ]  # fmt: skip


async def _until_waiting(boards: Boards, count: int) -> None:
    for _ in range(1200):
        if boards.waiting() == count:
            return
        await asyncio.sleep(0.05)
    raise RuntimeError(f"{boards.waiting()} of {count} displays wait")


def _memory() -> float:
    """What this process holds now, in KB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmRSS")))
