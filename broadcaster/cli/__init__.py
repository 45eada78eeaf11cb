"""The command line: a module here is a verb, or a few that belong together.

A verb's module has `register(app)`, which adds its commands. It imports what they need when they
run. What a command raises becomes one sentence on standard error and an exit status, in `ending`.
"""

import pkgutil
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from broadcaster import __version__
from broadcaster.cli.ending import ending


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"omroeper {__version__}")
        raise typer.Exit


def _omroeper(
    _asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version, and end.")
    ] = False,
) -> None:
    """Crisis communication for a municipality: one draft, two officers, every channel, every language."""


def build() -> typer.Typer:
    """The whole command line."""
    # Plain text and no tracebacks: what goes wrong is said in one sentence (see `ending`).
    app = typer.Typer(
        name="omroeper",
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_omroeper)
    for found in pkgutil.iter_modules(__path__, f"{__name__}."):
        register = getattr(import_module(found.name), "register", None)
        if register is not None:
            register(app)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command; the exit status: 0 done, 1 the thing asked failed, 2 wrong use or configuration."""
    try:
        command = typer.main.get_command(build())
        status = command.main(list(arguments), prog_name="omroeper", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the last resort: an administrator gets a sentence, never a traceback
        return ending(error)
    return status if isinstance(status, int) else 0
