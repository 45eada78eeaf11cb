"""`omroeper init DIR`: a folder with all that one installation needs."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadcaster.cli.ending import Failure

if TYPE_CHECKING:
    from broadcaster.settings import Settings

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
    from broadcaster.settings import load

    folder = folder.absolute()
    example = find("config") / _CONFIGURATION
    settings = load(example, {name: value for name, value in os.environ.items() if name.startswith("OMROEPER_STORE__")})
    _refuse_to_overwrite(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "secrets").mkdir(mode=0o700, exist_ok=True)
    shutil.copytree(example.parent / "areas", folder / "areas", dirs_exist_ok=True)
    _create_database(settings, folder)
    create_keys(folder / settings.keys_folder.name)
    # Last: a folder with a configuration is a whole one.
    shutil.copyfile(example, folder / _CONFIGURATION)
    typer.echo(_next_steps(folder))


def _refuse_to_overwrite(folder: Path) -> None:
    for name in (_CONFIGURATION, "keys", "omroeper.db"):
        if (folder / name).exists():
            raise Failure(f"{folder / name} exists already: choose another folder, or move it away first.")


def _create_database(settings: "Settings", home: Path) -> None:
    from broadcaster.store.database import store_url
    from broadcaster.store.migrating import migrate, owner_engine

    store = settings.store
    engine = owner_engine(store.owner_url or store.url, home)
    try:
        migrate(engine, store_url(store.url, home).username if store.owner_url else None)
    finally:
        engine.dispose()


def _next_steps(folder: Path) -> str:
    return f"""Made {folder}.
1. Edit {folder / _CONFIGURATION}: organisation, areas, accounts, support points.
2. Move keys/live.root.offline.json and keys/exercise.root.offline.json to a safe place off this machine.
3. Run 'omroeper check --config {folder / _CONFIGURATION}'."""
