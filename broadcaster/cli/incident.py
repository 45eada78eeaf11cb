"""`omroeper incident`: what the alerts of today are about, and at which GRIP level."""

from typing import Annotated

import typer

from broadcaster.cli.options import AsJson, ConfigFile, print_json
from broadcaster.cli.store import transaction

Name = Annotated[str, typer.Argument(metavar="NAME", help="What officers call it.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    incident = typer.Typer(help="What alerts are about, shown in the bar of the console.", no_args_is_help=True)
    incident.command("open")(open_one)
    incident.command("list")(list_ongoing)
    incident.command("grip")(grip_to)
    incident.command("close")(close)
    app.add_typer(incident, name="incident")


def open_one(
    name: Name,
    grip: Annotated[int, typer.Option("--grip", metavar="N", help="The GRIP level, 0 for none.")] = 0,
    organisation: Annotated[
        str | None, typer.Option("--organisation", metavar="ID", help="Whose incident [the only one].")
    ] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Open an incident: officers can choose it for a draft from now on."""
    from broadcaster.wiring import incidents

    found = transaction(
        config, lambda conn, known: incidents.open_one(conn, known, name, grip, organisation), write=True
    )
    if as_json:
        print_json({"id": found, "name": name, "grip": grip})
    else:
        typer.echo(f"Opened {name}.")


def list_ongoing(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """The open incidents, the latest first."""
    from broadcaster.store import incidents

    found = transaction(config, lambda conn, _: incidents.ongoing(conn))
    if as_json:
        print_json([{"id": item.id, "name": item.name, "grip": item.grip} for item in found])
        return
    for item in found:
        typer.echo(f"{item.name}: GRIP {item.grip}")


def grip_to(
    name: Name,
    grip: Annotated[int, typer.Argument(metavar="N", help="The GRIP level, 0 for none.")],
    config: ConfigFile = None,
) -> None:
    """Handle an incident at another GRIP level."""
    from broadcaster.wiring import incidents

    transaction(config, lambda conn, _: incidents.raise_to(conn, name, grip), write=True)
    typer.echo(f"{name} is at GRIP {grip}.")


def close(name: Name, config: ConfigFile = None) -> None:
    """Close an incident: no new draft is about it."""
    from broadcaster.wiring import incidents

    transaction(config, lambda conn, _: incidents.close(conn, name), write=True)
    typer.echo(f"{name} is closed.")
