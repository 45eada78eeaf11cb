"""`omroeper poster`: the poster of an alert as a file, for who has the machine and no browser."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import ConfigFile
from broadcaster.cli.store import transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadcaster.render.poster import Poster, Size
    from broadcaster.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("poster")(poster)


def poster(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="The alert's id.", show_default=False)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the PDF goes.", show_default=False)],
    size: Annotated[str, typer.Option("--size", metavar="SIZE", help="a4 or a3.")] = "a4",
    config: ConfigFile = None,
) -> None:
    """Write the poster of an alert, in all its languages, as a PDF."""
    from broadcaster.render.poster import Size
    from broadcaster.render.printing import NotPrinted, printed

    if size not in list(Size):
        raise typer.BadParameter("choose a4 or a3", param_hint="--size")
    drawn = transaction(config, lambda conn, settings: _poster(conn, settings, alert, Size(size)))
    try:
        file.write_bytes(asyncio.run(printed(drawn)))
    except NotPrinted as error:
        raise Failure(str(error)) from error
    typer.echo(f"{drawn.title}: {file}")


def _poster(conn: "Connection", settings: "Settings", alert: str, size: "Size") -> "Poster":
    from broadcaster.model.board import Mode
    from broadcaster.seal import load_signer
    from broadcaster.wiring.accounts import accounts, house_of
    from broadcaster.workflow import posters
    from broadcaster.workflow.refusals import Refused

    signers = {mode: load_signer(settings.keys_folder, mode.value) for mode in Mode}
    try:
        return posters.of_alert(conn, house_of(settings, accounts(settings)), signers, alert, size)
    except Refused as refused:
        raise Failure(refused.title) from refused
