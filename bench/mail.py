"""P3: email, against a bare pool of aiosmtplib connections that send a finished letter."""

import asyncio
import time
from collections.abc import Iterator

import aiosmtplib

from bench.hub import broadcast, hub
from bench.measuring import Figure, Process, Run, compared, cpu, process

CONNECTIONS = 16
SENDER = "crisis@voorbeeldstad.example"
LETTER = b"From: " + SENDER.encode() + b"\r\nSubject: Stroomuitval in Noord\r\n\r\n" + b"Er is geen stroom.\r\n" * 145


def _account(port: int) -> str:
    return (
        f'[channel."email.main"]\nmodule = "channels.email_smtp"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
        f'from = "{SENDER}"\nper_second = 1000000\nper_domain = 1000\nconnections = {CONNECTIONS}\n'
    )


async def bare(sink: Process, count: int) -> Run:
    """As many letters by bare aiosmtplib, over connections that stay open."""

    async def work(client: aiosmtplib.SMTP, left: Iterator[int]) -> None:
        for i in left:
            await client.sendmail(SENDER, [f"lezer{i}@example.org"], LETTER)

    sink.ask()
    clients = [
        aiosmtplib.SMTP(hostname="127.0.0.1", port=sink.ready["port"], start_tls=False) for _ in range(CONNECTIONS)
    ]
    before, began, left = cpu(), time.monotonic(), iter(range(count))
    await asyncio.gather(*[client.connect() for client in clients])
    await asyncio.gather(*[work(client, left) for client in clients])
    used, took = cpu() - before, time.monotonic() - began
    await asyncio.gather(*[client.quit() for client in clients])
    return Run(used / count * 1e6, took / count * 1e6)


async def mail(count: int, pairs: int) -> list[Figure]:
    """P3: what a message costs bare, as a part of what it costs here."""
    with process("bench.sinks", "smtp") as sink:
        async with hub(_account(sink.ready["port"]), "email", count) as opened:
            runs = []
            for _ in range(pairs):
                ours = (await broadcast(opened, sink, "email", count)).run
                runs.append((ours, await bare(sink, count)))
    speeds = [(1e6 / ours.cpu, 1e6 / floor.cpu) for ours, floor in runs]
    rates = [(1e6 / ours.wall, 1e6 / floor.wall) for ours, floor in runs]
    return [
        compared(
            "P3", f"email, {count:,} recipients: messages per second of CPU", speeds, "/s", bar=0.85, at_least=True
        ),
        compared("P3", "  the same: messages per second", rates, "/s"),
    ]
