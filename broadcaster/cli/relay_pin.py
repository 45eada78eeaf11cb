"""`omroeper relay pin`: the code on the card of a support point."""

import typer

from broadcaster.cli.options import AsJson, ConfigFile, config_file, print_json


def new_pin(context: typer.Context, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Make a new PIN for the page of the point's host, and show it once. Who came in with the old one has to come in
    again; the relay may run meanwhile."""
    from broadcaster.relay.host import pin
    from broadcaster.settings.relay import load_relay

    folder = load_relay(config_file(config or context.obj)).relay.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = pin.new_pin()
    pin.Pin(folder / pin.FILE).set(found)
    if as_json:
        print_json({"pin": found})
    else:
        typer.echo(f"The PIN of this support point is {found}. Write it on its card: it is shown once.")
