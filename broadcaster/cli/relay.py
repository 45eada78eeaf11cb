"""`omroeper relay`: the box at a support point, and its enrolment at a hub."""

from typing import Annotated

import typer

from broadcaster.cli.options import ConfigFile, config_file


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(rich_markup_mode=None, help="The box at a support point, that goes on without a line.")
    group.callback(invoke_without_command=True)(relay)
    app.add_typer(group, name="relay")


def relay(
    context: typer.Context,
    config: ConfigFile = None,
    port_file: Annotated[
        str | None, typer.Option("--port-file", metavar="FILE", help="Write the port to FILE once it answers.")
    ] = None,
) -> None:
    """Run the relay: pull boards, keep them, and serve displays and telephones here."""
    if context.invoked_subcommand is not None:
        return
    from broadcaster.observe import set_up
    from broadcaster.relay.running import run
    from broadcaster.settings.relay import load_relay
    from broadcaster.wiring.lasting import say_port, until_told

    set_up()
    settings = load_relay(config_file(config))
    until_told(lambda stop: run(settings, stop, lambda port: say_port(port, port_file)), child=False)
