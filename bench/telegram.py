"""P4: Telegram, against a bare loop of python-telegram-bot over aiohttp; and at a server that keeps its limits."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
from telegram import Bot
from telegram.request import BaseRequest, RequestData

from bench.hub import SECRETS, broadcast, hub, offered
from bench.measuring import Figure, Process, Run, compared, cpu, figure, process
from broadcaster.dispatch.engine import RELEASED
from broadcaster.wiring.engines import live_engine

CONCURRENCY = 32
LIMIT = 30


def _account(port: int, more: str) -> str:
    return (
        f'[channel."telegram.bot"]\nmodule = "channels.telegram_bot"\nbase_url = "http://127.0.0.1:{port}"\n'
        f'updates = "none"\n{more}\n'
    )


class _Bare(BaseRequest):
    """The least that lets the library ask over aiohttp."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONCURRENCY))

    @property
    def read_timeout(self) -> float:
        return 30

    async def initialize(self) -> None:
        pass

    async def shutdown(self) -> None:
        await self._session.close()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_timeouts: Any, **_more: Any
    ) -> tuple[int, bytes]:
        body = request_data.json_payload if request_data else b"{}"
        headers = {"Content-Type": "application/json"}
        async with self._session.request(method, url, data=body, headers=headers) as response:
            return response.status, await response.read()


async def bare(sink: Process, count: int) -> Run:
    """As many messages by the bare library."""
    request = _Bare()
    bot = Bot(SECRETS["telegram.bot.token"], f"http://127.0.0.1:{sink.ready['port']}/bot", request=request)

    async def work(left: Iterator[int]) -> None:
        for i in left:
            await bot.send_message(i, "Geen stroom in Noord. Blijf thuis. Gebruik een zaklamp.")

    sink.ask()
    before, began, left = cpu(), time.monotonic(), iter(range(1, count + 1))
    await asyncio.gather(*[work(left) for _ in range(CONCURRENCY)])
    used, took = cpu() - before, time.monotonic() - began
    await request.shutdown()
    return Run(used / count * 1e6, took / count * 1e6)


async def telegram(count: int, pairs: int) -> list[Figure]:
    """P4, by CPU."""
    more = f"per_second = 1000000\nconcurrency = {CONCURRENCY}"
    with process("bench.sinks", "telegram") as sink:
        async with hub(_account(sink.ready["port"], more), "telegram", count) as opened:
            runs = []
            for _ in range(pairs):
                ours = (await broadcast(opened, sink, "telegram", count)).run
                runs.append((ours, await bare(sink, count)))
    costs = [(ours.cpu, floor.cpu) for ours, floor in runs]
    return [compared("P4", f"Telegram, {count:,} recipients: CPU", costs, "µs", bar=1.15)]


async def within_limits(seconds: int) -> list[Figure]:
    """P4, at the simulated Bot API with its limits, as an account is by default; after two seconds, in which what was
    saved up goes out."""
    count = 28 * (seconds + 4)
    with process("broadcaster.demo.simulators", "telegram") as server:
        async with hub(_account(server.ready["port"], ""), "telegram", count) as opened:
            alert = await offered(opened, "telegram", count)
            live = live_engine(
                opened.house.settings, opened.store, opened.clock, opened.signals, opened.seal, opened.wired
            )
            running = asyncio.create_task(live.engine.run())
            await opened.approve("bert", alert)
            opened.signals.hint(RELEASED)
            await asyncio.sleep(2)
            first, first_at = server.ask(), time.monotonic()
            await asyncio.sleep(seconds)
            last, last_at = server.ask(), time.monotonic()
            live.engine.stop()
            await running
            await live.aclose()
    rate = (len(last["copies"]) - len(first["copies"])) / (last_at - first_at)
    return [
        figure(
            "P4", f"  at a server that takes {LIMIT} a second: messages per second", "/s", [rate], bar=27, at_least=True
        ),
        figure(
            "P4", "  requests while that server had asked for silence", "", [float(last.get("violations", 0))], bar=0
        ),
    ]
