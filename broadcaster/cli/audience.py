"""`omroeper audience import FILE.csv`: the people who get our messages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import AsJson, ConfigFile, print_json, settings_from
from broadcaster.cli.store import connection

if TYPE_CHECKING:
    from broadcaster.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the verb."""
    audience = typer.Typer(help="The people who get our messages.", no_args_is_help=True)
    audience.command("import")(import_file)
    app.add_typer(audience, name="audience")


def import_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="UTF-8, header name,language,groups,areas,sms,email,telegram.")
    ],
    organisation: Annotated[
        str | None, typer.Option("--organisation", metavar="ID", help="Whose audience [the only one].")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Retire recipients that are not in the file.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Take an audience file: all of it, or nothing and the reasons."""
    from broadcaster.clock import SystemClock
    from broadcaster.model.events import SYSTEM
    from broadcaster.seal import load_seal
    from broadcaster.store import alerts
    from broadcaster.workflow import importing
    from broadcaster.workflow.refusals import Refused

    settings = settings_from(config)
    owner = _organisation(settings, organisation)
    try:
        recipients = importing.parse(file.read_bytes(), {area.id for area in settings.areas})
    except Refused as refusal:
        reasons = "\n".join(f"{fault.field}: {fault.message}" for fault in refusal.faults)
        raise Failure(f"{file} is refused as a whole, nothing was stored:\n{reasons}") from None
    seal = load_seal(settings.keys_folder)
    rows = [importing.sealed(seal, recipient) for recipient in recipients]
    with connection(settings, write=True) as conn:
        alerts.sync_organisations(conn, [(item.id, item.name, item.sender) for item in settings.organisations])
        counts = importing.take(conn, owner, rows, SYSTEM, SystemClock().now(), replace=replace)
    if as_json:
        print_json(counts)
    else:
        typer.echo(f"{counts['added']} recipients added, {counts['renewed']} renewed, {counts['retired']} retired.")


def _organisation(settings: "Settings", named: str | None) -> str:
    known = [item.id for item in settings.organisations]
    if named is None and len(known) == 1:
        return known[0]
    if named not in known:
        raise Failure(f"Say whose audience it is: --organisation with one of {', '.join(known)}.")
    return named
