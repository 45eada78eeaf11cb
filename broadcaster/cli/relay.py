"""`omroeper relay`: the box at a support point, and its enrolment at a hub."""

from typing import Annotated

import typer

from broadcaster.cli.options import ConfigFile, config_file
from broadcaster.cli.relay_pin import new_pin


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(rich_markup_mode=None, help="The box at a support point, that goes on without a line.")
    group.callback(invoke_without_command=True)(relay)
    group.command("enrol")(enrol)
    group.command("pin")(new_pin)
    group.command("ca")(ca)
    app.add_typer(group, name="relay")


def relay(
    context: typer.Context,
    config: ConfigFile = None,
    port_file: Annotated[
        str | None, typer.Option("--port-file", metavar="FILE", help="Write the port to FILE once it answers.")
    ] = None,
) -> None:
    """Run the relay: pull boards, keep them, and serve displays and telephones here."""
    context.obj = config
    if context.invoked_subcommand is not None:
        return
    from broadcaster.observe import set_up
    from broadcaster.relay.running import run
    from broadcaster.settings.relay import load_relay
    from broadcaster.wiring.lasting import say_port, until_told

    set_up()
    settings = load_relay(config_file(config))
    until_told(lambda stop: run(settings, stop, lambda port: say_port(port, port_file)), child=False)


def enrol(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The address of the hub.", show_default=False)],
    code: Annotated[str, typer.Argument(metavar="CODE", help="A code for a relay; '-' reads it.", show_default=False)],
    config: ConfigFile = None,
) -> None:
    """Let this box in at a hub with a code that an administrator made there; its key is made here, and stays here."""
    import asyncio
    import sys

    from broadcaster.relay.enrolling import enrol as let_in
    from broadcaster.settings.relay import load_relay

    settings = load_relay(config_file(config or context.obj))
    given = sys.stdin.readline().strip() if code == "-" else code
    device = asyncio.run(let_in(url, given, settings.relay.name, settings.relay.folder))
    typer.echo(f"Enrolled as {device.id}, for {', '.join(point.id for point in device.points)}.")
    for mode, root in sorted(device.roots.items()):
        typer.echo(f"Root of the {mode} boards: {root}. Compare it with the hub's ('omroeper check').")


def ca(
    context: typer.Context,
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="The relay's names and addresses here.", show_default=False)
    ],
    config: ConfigFile = None,
) -> None:
    """Make an authority and a certificate for https on this network; displays are to trust the authority."""
    from broadcaster.relay.certifying import AUTHORITY, make
    from broadcaster.settings.relay import load_relay

    relay = load_relay(config_file(config or context.obj)).relay
    try:
        fingerprint = make(relay.folder, relay.name, names)
    except ValueError as error:
        raise typer.BadParameter(f"{error}: give names and addresses, such as relais.local 192.168.8.1.") from None
    typer.echo(f"{relay.folder / AUTHORITY}: have the browser of every display here trust it, and no other device.")
    typer.echo(f"SHA-256 {fingerprint}")
    typer.echo("Its key is gone: it can vouch for nothing else. Restart the relay, with [relay] listen_tls set.")
