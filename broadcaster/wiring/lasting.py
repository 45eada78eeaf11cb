"""A process that lasts: it says where it answers, and works until it is told to stop."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop


def say_port(port: int, port_file: str | None) -> None:
    """Tell who started this that it answers, and where."""
    if port_file is not None:
        Path(port_file).write_text(f"{port}\n", encoding="ascii")
    sys.stderr.write(f"omroeper answers on port {port}\n")


def until_told(work: Callable[[asyncio.Event], Awaitable[None]], child: bool) -> None:
    """Run until SIGTERM, Ctrl-C or the end of a parent, then drain."""
    # Names are looked up in a pool of libuv's, of four threads by default (docs.libuv.org, "Thread pool work
    # scheduling"): one mail account whose name server is silent would fill it, and every other account would wait.
    os.environ.setdefault("UV_THREADPOOL_SIZE", "32")

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        if child:
            _watch_parent(stop)
        await work(stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def _watch_parent(stop: asyncio.Event) -> None:
    """Set `stop` when the pipe on standard input closes, as it does when its writer dies, however it dies."""
    loop, pipe = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(pipe, 4096):
            loop.remove_reader(pipe)
            stop.set()

    loop.add_reader(pipe, read)
