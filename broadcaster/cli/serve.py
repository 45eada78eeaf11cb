"""`omroeper serve` and `omroeper drill`: the two processes of an installation."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from broadcaster.cli.options import ConfigFile, settings_from


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("serve")(serve)
    app.command("drill")(drill)


def serve(
    config: ConfigFile = None,
    port_file: Annotated[str | None, typer.Option("--port-file", metavar="FILE", help="Write the port to FILE once it answers.")] = None,
) -> None:
    """Run the hub: officers, displays and providers talk to it, and it sends."""
    from broadcaster.observe import set_up
    from broadcaster.wiring.hub import Hub

    set_up()
    hub = Hub(settings_from(config))
    _until_told(lambda stop: hub.run(stop, lambda port: _say(port, port_file)))


def drill(config: ConfigFile = None) -> None:
    """Work off exercises: the same pipeline, in a process from which nothing can leave."""
    from broadcaster.observe import set_up
    from broadcaster.wiring.drill import drill as work

    set_up()
    settings = settings_from(config)
    _until_told(lambda stop: work(settings, stop))


def _say(port: int, port_file: str | None) -> None:
    from pathlib import Path

    if port_file is not None:
        Path(port_file).write_text(f"{port}\n", encoding="ascii")
    typer.echo(f"omroeper answers on port {port}", err=True)


def _until_told(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run until SIGTERM or Ctrl-C, then drain."""
    import uvloop

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await work(stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
