"""`omroeper check`: whether the configuration can be used, and which accounts are on."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import AsJson, ConfigFile, print_json, settings_from

if TYPE_CHECKING:
    from broadcaster.settings import ConfigurationError, Settings
    from broadcaster.wiring.accounts import Wired


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("check")(check)


def check(
    config: ConfigFile = None,
    as_json: AsJson = False,
    hooks: Annotated[bool, typer.Option("--hooks", help="Show where each provider sends its receipts.")] = False,
) -> None:
    """Check the configuration and your own scenarios: every error at once, and which accounts are on."""
    from broadcaster.render.library import troubles
    from broadcaster.settings import ConfigurationError

    try:
        settings, rows = _checked(config, hooks=hooks)
    except ConfigurationError as error:
        if as_json:
            print_json({"ok": False, "problems": _problems(error), "accounts": [], "reminders": []})
        raise
    holes = _unreminded(settings)
    wrong = troubles(settings.hub.scenarios)
    if as_json:
        found = [{"file": one.file, "key": one.key, "message": one.message, "remedy": one.remedy} for one in wrong]
        print_json({"ok": not wrong, "problems": found, "accounts": rows, "reminders": holes})
    else:
        for line in (*_lines(settings, rows), *holes):
            typer.echo(line)
    if wrong:
        broken = "\n".join(map(str, wrong))
        raise Failure(f"Some of your own scenarios cannot be used; the hub starts without them:\n{broken}")


def _checked(config: Path | None, *, hooks: bool) -> "tuple[Settings, list[dict[str, Any]]]":
    from broadcaster.wiring.accounts import accounts
    from broadcaster.wiring.contacts import configured_contacts

    settings = settings_from(config)
    configured_contacts(settings)
    rows = [_row(wired) for wired in accounts(settings)]
    return settings, _with_hooks(settings, rows) if hooks else rows


def _unreminded(settings: "Settings") -> list[str]:
    """Why colleagues would not hear that a message waits; nothing while there is no database that could tell."""
    from sqlalchemy.exc import DBAPIError

    from broadcaster.cli.store import connection
    from broadcaster.store.database import StoreError
    from broadcaster.web.console.sentences import in_english
    from broadcaster.wiring.accounts import accounts, house_of
    from broadcaster.workflow import reminding

    try:
        with connection(settings) as conn:
            return [in_english(one) for one in reminding.nobody(conn, house_of(settings, accounts(settings)))]
    except (StoreError, DBAPIError, OSError):
        return []


def _row(wired: "Wired") -> dict[str, Any]:
    return {
        "name": wired.name,
        "kind": wired.spec.kind,
        "module": wired.account.module,
        "on": wired.on,
        "missing": [f"{wired.name}.{key}" for key in wired.missing],
    }


def _with_hooks(settings: "Settings", rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from broadcaster.seal import load_seal
    from broadcaster.workflow.receiving import hook_key

    seal = load_seal(settings.keys_folder)
    url = f"{settings.hub.url}/hooks"
    return [row | {"hook": f"{url}/{row['name']}/{hook_key(seal, row['name'])}"} for row in rows]


def _problems(error: "ConfigurationError") -> list[dict[str, str]]:
    return [{"file": one.file, "key": one.key, "message": one.message, "remedy": one.remedy} for one in error.problems]


def _lines(settings: "Settings", rows: list[dict[str, Any]]) -> Iterator[str]:
    yield f"{settings.path} can be used."
    for row in rows:
        yield f"{row['name']}: on" if row["on"] else f"{row['name']}: off, {_why_off(settings, row)}"
        if "hook" in row:
            yield f"  receipts to {row['hook']}"
    if not any(row["on"] for row in rows):
        yield "No account is on: alerts reach the support points only."


def _why_off(settings: "Settings", row: dict[str, Any]) -> str:
    if row["missing"]:
        return f"put its secret in {' and '.join(str(settings.secrets_folder / name) for name in row['missing'])}"
    return "its module is read by others and sends nothing"
