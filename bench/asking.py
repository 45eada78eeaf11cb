"""Many displays in one process, speaking the least HTTP there is. One JSON document a line, each answered with one:
{"port", "path", "headers", "connections"} with "requests" (so many, one after the other over all connections), or with
"hold" (one each, left waiting; the next line then waits for the answers, and gets the clock at each)."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any, cast

import uvloop

from bench.measuring import cpu


class Display(asyncio.Protocol):
    """One connection. `done` is told the status of each answer; what it gives is the next request, if any."""

    def __init__(self, request: bytes, done: Callable[[int], bool]) -> None:
        self._request, self._done = request, done
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if (end := self._buffer.find(b"\r\n\r\n")) < 0:
            return
        status = int(self._buffer[9:12])
        head = self._buffer[:end].lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r")[0] or 0) if status == 200 else 0
        if len(self._buffer) < end + 4 + length:
            return
        self._buffer = b""
        if self._done(status):
            self._transport.write(self._request)

    def close(self) -> None:
        self._transport.close()


class Crowd:
    """The displays of one line."""

    def __init__(self, asked: dict[str, Any]) -> None:
        lines = [f"GET {asked['path']} HTTP/1.1", "Host: bench", *asked["headers"], "", ""]
        self._request = "\r\n".join(lines).encode()
        self._asked = asked
        self._wanted: int = asked.get("requests", 0)
        self._left: int = self._wanted
        self._open: int = asked["connections"]
        self._statuses: dict[int, int] = {}
        self._answered_at: list[float] = []
        self._over = asyncio.Event()
        self._displays: list[Display] = []

    def _done(self, status: int) -> bool:
        self._statuses[status] = self._statuses.get(status, 0) + 1
        self._answered_at.append(time.monotonic())
        self._left -= 1
        if len(self._answered_at) == (self._wanted or self._open):
            self._over.set()
        return self._left >= self._open

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self._open):
            made = await loop.create_connection(
                lambda: Display(self._request, self._done), "127.0.0.1", self._asked["port"]
            )
            self._displays.append(made[1])

    async def over(self) -> dict[str, Any]:
        await self._over.wait()
        for display in self._displays:
            display.close()
        return {"statuses": self._statuses, "answered_at": self._answered_at if "hold" in self._asked else []}


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def _run() -> None:
    _say({"ready": True})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        crowd = Crowd(json.loads(line))
        before = cpu()
        await crowd.connect()
        if "hold" in json.loads(line):
            _say({"held": True})
            await loop.run_in_executor(None, sys.stdin.readline)
        _say(await crowd.over() | {"cpu": cpu() - before})


def main() -> None:
    """Ask until nobody wants to know more."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvloop.run(_run())


if __name__ == "__main__":
    main()
