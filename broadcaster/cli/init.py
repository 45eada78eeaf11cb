"""`omroeper init DIR`: a folder with all that one installation needs."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from broadcaster.cli.ending import Failure

_CONFIGURATION = "omroeper.toml"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("init")(init)


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder to make; it may exist.", show_default=False)
    ],
) -> None:
    """Make DIR with a commented configuration, keys and an empty database."""
    from broadcaster.data import find
    from broadcaster.seal import create_keys
    from broadcaster.settings import CONTACTS, load
    from broadcaster.wiring.stores import bring_up_to_date

    folder = folder.absolute()
    example = find("config") / _CONFIGURATION
    environ = {name: value for name, value in os.environ.items() if name.startswith("OMROEPER_STORE__")}
    settings = replace(load(example, environ), path=folder / _CONFIGURATION)
    _refuse_to_overwrite(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "secrets").mkdir(mode=0o700, exist_ok=True)
    shutil.copytree(example.parent / "areas", folder / "areas", dirs_exist_ok=True)
    shutil.copyfile(example.parent / CONTACTS, folder / CONTACTS)
    bring_up_to_date(settings)
    create_keys(settings.keys_folder)
    # Last: a folder with a configuration is a whole one.
    shutil.copyfile(example, settings.path)
    typer.echo(_next_steps(folder))


def _refuse_to_overwrite(folder: Path) -> None:
    for name in (_CONFIGURATION, "keys", "omroeper.db"):
        if (folder / name).exists():
            raise Failure(f"{folder / name} exists already: choose another folder, or move it away first.")


def _next_steps(folder: Path) -> str:
    return f"""Made {folder}.
1. Edit {folder / _CONFIGURATION}: organisation, areas, accounts, support points.
2. Read {folder / "contacts.toml"}: the numbers and addresses that a message may hold without anybody looking.
3. Move keys/live.root.offline.json and keys/exercise.root.offline.json to a safe place off this machine.
4. Run 'omroeper check --config {folder / _CONFIGURATION}'."""
