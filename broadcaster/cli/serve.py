"""`omroeper serve`, `omroeper worker` and `omroeper drill`: the processes of an installation."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from broadcaster.cli.options import ConfigFile, settings_from

Child = Annotated[bool, typer.Option("--child", help="End when standard input does: whoever started this is gone.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("serve")(serve)
    app.command("worker")(worker)
    app.command("drill")(drill)


def serve(
    config: ConfigFile = None,
    port_file: Annotated[
        str | None, typer.Option("--port-file", metavar="FILE", help="Write the port to FILE once it answers.")
    ] = None,
    child: Child = False,
) -> None:
    """Run the hub: officers, displays and providers talk to it, and it sends."""
    from broadcaster.observe import set_up
    from broadcaster.wiring.hub import Hub

    set_up()
    hub = Hub(settings_from(config))
    until_told(lambda stop: hub.run(stop, lambda port: say_port(port, port_file)), child)


def worker(config: ConfigFile = None, child: Child = False) -> None:
    """Send beside the hub, for a share of the accounts; only on PostgreSQL."""
    from broadcaster.observe import set_up
    from broadcaster.wiring.worker import work

    set_up()
    settings = settings_from(config)
    until_told(lambda stop: work(settings, stop), child)


def drill(config: ConfigFile = None, child: Child = False) -> None:
    """Work off exercises: the same pipeline, in a process from which nothing can leave."""
    from broadcaster.observe import set_up
    from broadcaster.wiring.drill import drill as work

    set_up()
    settings = settings_from(config)
    until_told(lambda stop: work(settings, stop), child)


def say_port(port: int, port_file: str | None) -> None:
    """Tell who started this that it answers, and where."""
    from pathlib import Path

    if port_file is not None:
        Path(port_file).write_text(f"{port}\n", encoding="ascii")
    typer.echo(f"omroeper answers on port {port}", err=True)


def until_told(work: Callable[[asyncio.Event], Awaitable[None]], child: bool) -> None:
    """Run until SIGTERM, Ctrl-C or the end of a parent, then drain."""
    # Names are looked up in a pool of libuv's, of four threads by default (docs.libuv.org, "Thread pool work
    # scheduling"): one mail account whose name server is silent would fill it, and every other account would wait.
    os.environ.setdefault("UV_THREADPOOL_SIZE", "32")
    import uvloop

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
