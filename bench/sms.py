"""P1 and P2: text messages, one to a request and a hundred to a request, against a bare aiohttp loop."""

import asyncio
import json
import time
from collections.abc import Iterator

import aiohttp

from bench.hub import broadcast, hub, offered, release
from bench.measuring import Figure, Process, Run, compared, cpu, figure, process

PER_SECOND = 1_000_000


def account(module: str, port: int, concurrency: int) -> str:
    """One text message account in TOML."""
    return (
        f'[channel."sms.primary"]\nmodule = "channels.{module}"\nbase_url = "http://127.0.0.1:{port}"\n'
        f'from = "Voorbeeld"\nper_second = {PER_SECOND}\nconcurrency = {concurrency}\ntimeout = 30\n'
    )


def _single() -> bytes:
    message = {
        "body": "Geen stroom in Noord. Blijf thuis. Gebruik een zaklamp.",
        "encoding": "auto",
        "originator": "Voorbeeld",
        "recipients": ["31612345678"],
        "reference": "01kaw4x6v8bq2m3n5p7r9t1w3z" + "abc",
        "route": "business",
    }
    return json.dumps(message).encode()


def _hundred() -> bytes:
    one = {
        "to": [{"number": "0031612345678"}],
        "reference": "01kaw4x6v8bq2m3n5p7r9t1w3zabc",
        "allowedChannels": ["SMS"],
        "from": "Voorbeeld",
        "body": {"type": "auto", "content": "Geen stroom in Noord. Blijf thuis. Gebruik een zaklamp."},
        "minimumNumberOfMessageParts": 1,
        "maximumNumberOfMessageParts": 8,
        "validity": "2026-11-24 12:00:00 GMT",
    }
    return json.dumps({"messages": {"msg": [one] * 100}}, separators=(",", ":")).encode()


async def bare(sink: Process, path: str, body: bytes, calls: int, concurrency: int, recipients: int = 1) -> Run:
    """As many POSTs of one body by bare aiohttp, so many at once."""
    url, left = f"http://127.0.0.1:{sink.ready['port']}{path}", iter(range(calls))

    async def work(session: aiohttp.ClientSession, left: Iterator[int]) -> None:
        for _ in left:
            async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
                await response.read()

    sink.ask()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:
        before, began = cpu(), time.monotonic()
        await asyncio.gather(*[work(session, left) for _ in range(concurrency)])
        used, took = cpu() - before, time.monotonic() - began
    count = calls * recipients
    return Run(used / count * 1e6, took / count * 1e6)


async def one_each(count: int, pairs: int) -> list[Figure]:
    """P1."""
    with process("bench.sinks", "sms") as sink:
        async with hub(account("sms_spryng", sink.ready["port"], 32), "sms", count) as opened:
            runs = []
            for _ in range(pairs):
                ours = (await broadcast(opened, sink, "sms", count)).run
                runs.append((ours, await bare(sink, "/v1/messages", _single(), count, 32)))
    costs = [(ours.cpu, floor.cpu) for ours, floor in runs]
    rates = [(1e6 / ours.wall, 1e6 / floor.wall) for ours, floor in runs]
    return [
        compared("P1", f"SMS, one POST each, {count:,} recipients: CPU", costs, "µs", bar=1.35),
        compared("P1", "  the same: messages per second", rates, "/s"),
    ]


async def batches(count: int, pairs: int, delay_in: float, concurrency: int) -> list[tuple[Run, Run]]:
    """Batches of a hundred, by us and bare, by turns."""
    with process("bench.sinks", "batches", "--delay", f"{delay_in}") as sink:
        async with hub(account("sms_cm", sink.ready["port"], concurrency), "sms", count) as opened:
            runs = []
            for _ in range(pairs):
                ours = (await broadcast(opened, sink, "sms", count)).run
                runs.append((ours, await bare(sink, "/v1.0/message", _hundred(), count // 100, concurrency, 100)))
    return runs


async def lag(count: int) -> list[Figure]:
    """P7: how late the event loop comes round while it sends in batches as fast as it can, looked at every 5 ms."""
    late: list[float] = []

    async def look() -> None:
        while True:
            meant = time.monotonic() + 0.005
            await asyncio.sleep(0.005)
            late.append((time.monotonic() - meant) * 1e3)

    with process("bench.sinks", "batches") as sink:
        async with hub(account("sms_cm", sink.ready["port"], 16), "sms", count) as opened:
            alert = await offered(opened, "sms", count)
            looking = asyncio.create_task(look())
            await release(opened, alert, sink)
            looking.cancel()
    late.sort()
    worst = f"median {late[len(late) // 2]:.1f}, worst {late[-1]:.0f} ms"
    return [
        figure("P7", "  lag of the loop while sending, 99 %", "ms", [late[int(len(late) * 0.99)]], bar=50, ours=worst)
    ]


async def in_batches(count: int, pairs: int) -> list[Figure]:
    """P2. At 50 ms the account has the concurrency that it has by default."""
    fast = await batches(count, pairs, 0.0, 16)
    slow = await batches(count, pairs, 0.05, 8)
    floor = sorted(bare.cpu for _, bare in fast)[len(fast) // 2]
    rates = [(1e6 / ours.wall, 1e6 / floor.wall) for ours, floor in slow]
    return [
        figure(
            "P2", f"SMS, batches of 100, {count:,} recipients: CPU per recipient", "µs", [ours.cpu for ours, _ in fast],
            bar=12, floor=f"{floor:.2f} µs",
            why="12 µs of it are the store's: a row, an attempt and a named state for everybody, on disk (decision 32).",
        ),
        compared("P2", "  at a gateway of 50 ms: recipients per second", rates, "/s", bar=0.95, at_least=True),
    ]  # fmt: skip
