"""`omroeper site export`: the public page as files, for any web server."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadcaster.cli.options import ConfigFile
from broadcaster.cli.store import transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadcaster.model.board import Mode
    from broadcaster.render.poster import Poster
    from broadcaster.seal import BoardSigner
    from broadcaster.settings import Settings
    from broadcaster.workflow.house import House

Files = list[tuple[str, bytes]]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    site = typer.Typer(help="The public page as files.", no_args_is_help=True)
    site.callback()(lambda: None)  # a group, also with one verb
    site.command("export")(export)
    app.add_typer(site, name="site")


def export(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that a web server shows.", show_default=False)
    ],
    config: ConfigFile = None,
) -> None:
    """Write the public page, the check of posters and all they need; each file takes its place at once."""
    from broadcaster.render.printing import printed
    from broadcaster.web.site import write

    pages, posters = transaction(config, made)
    changed = [name for name, content in pages if write(folder, name, content)]
    for name, poster in posters.items():
        if write(folder, name, asyncio.run(printed(poster))):
            changed.append(name)
    typer.echo(f"{folder}: {len(changed)} files changed, {len(pages) + len(posters)} in all.")


def made(conn: "Connection", settings: "Settings") -> "tuple[Files, dict[str, Poster]]":
    """The files and the posters, by path."""
    from broadcaster.boards.signing import key_set
    from broadcaster.model.board import Mode
    from broadcaster.seal import load_signer
    from broadcaster.web import checking, front, site
    from broadcaster.wiring.accounts import accounts, house_of

    now, house = datetime.now(UTC), house_of(settings, accounts(settings))
    signers = {mode: load_signer(settings.keys_folder, mode.value) for mode in Mode}
    shown = front.valid(conn, house, now)
    page, check = front.made(house, shown, now), checking.values(settings, signers)
    pages = site.files(page, check, checking.told(conn, now), key_set(signers.values()))
    public = [notice.alert for notice in shown.notices]
    return [*site.sounds(conn, shown), *pages], dict(_posters(conn, house, signers, public))


def _posters(
    conn: "Connection", house: "House", signers: "Mapping[Mode, BoardSigner]", public: list[str]
) -> "Iterator[tuple[str, Poster]]":
    from broadcaster.render.poster import Size
    from broadcaster.workflow import posters

    for alert in public:
        yield f"v1/alerts/{alert}/poster.pdf", posters.of_alert(conn, house, signers, alert, Size.A4)
