"""What many verbs take, and the configuration they begin with."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from broadcaster.settings import Settings

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The configuration [./omroeper.toml, then OMROEPER_CONFIG]."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def settings_from(config: Path | None) -> "Settings":
    """The configuration of this run. ConfigurationError with every problem in it."""
    from broadcaster.settings import load

    return load(config_file(config), os.environ)


def config_file(config: Path | None) -> Path:
    """The file meant: the one named, else the one here, else OMROEPER_CONFIG."""
    here = Path("omroeper.toml")
    if config is not None:
        return config
    if not here.exists() and (named := os.environ.get("OMROEPER_CONFIG")):
        return Path(named)
    return here


def print_json(value: Any) -> None:
    """Print `value` as the one JSON document of this run."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
