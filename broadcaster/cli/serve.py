"""`omroeper serve`, `omroeper worker` and `omroeper drill`: the processes of an installation."""

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
    from broadcaster.wiring.lasting import say_port, until_told

    set_up()
    hub = Hub(settings_from(config))
    until_told(lambda stop: hub.run(stop, lambda port: say_port(port, port_file)), child)


def worker(config: ConfigFile = None, child: Child = False) -> None:
    """Send beside the hub, for a share of the accounts; only on PostgreSQL."""
    from broadcaster.observe import set_up
    from broadcaster.wiring.lasting import until_told
    from broadcaster.wiring.worker import work

    set_up()
    settings = settings_from(config)
    until_told(lambda stop: work(settings, stop), child)


def drill(config: ConfigFile = None, child: Child = False) -> None:
    """Work off exercises: the same pipeline, in a process from which nothing can leave."""
    from broadcaster.observe import set_up
    from broadcaster.wiring.drill import drill as work
    from broadcaster.wiring.lasting import until_told

    set_up()
    settings = settings_from(config)
    until_told(lambda stop: work(settings, stop), child)
