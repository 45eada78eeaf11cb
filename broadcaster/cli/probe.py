"""`omroeper probe`: whether each account can be reached and knows us. Nothing is sent."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadcaster.cli.ending import FAILED, Failure
from broadcaster.cli.options import AsJson, ConfigFile, print_json, settings_from

if TYPE_CHECKING:
    from broadcaster.settings import Settings
    from broadcaster.wiring.accounts import Wired


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("probe")(probe)


def probe(
    account: Annotated[
        str | None, typer.Argument(metavar="[ACCOUNT]", help="One account, such as sms.primary.")
    ] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Test the link to each account, without sending anything. Ends with 1 when one fails."""
    settings = settings_from(config)
    rows = asyncio.run(_rows(settings, _chosen(settings, account)))
    if as_json:
        print_json({"ok": all(row["ok"] for row in rows), "accounts": rows})
    else:
        for row in rows:
            typer.echo(_line(row))
    if not all(row["ok"] for row in rows):
        raise typer.Exit(FAILED)


def _chosen(settings: "Settings", name: str | None) -> "list[Wired]":
    """The accounts meant: those that are on, or the one of that name."""
    from broadcaster.wiring.accounts import accounts

    on = [item for item in accounts(settings) if item.on]
    chosen = [item for item in on if name in (None, item.name)]
    if name is not None and not chosen:
        raise typer.BadParameter(
            f"'{name}' is no account that is on: there are {', '.join(i.name for i in on) or 'none'}."
        )
    if not chosen:
        raise Failure("No account is on: see 'omroeper check'.")
    return chosen


async def _rows(settings: "Settings", chosen: "list[Wired]") -> list[dict[str, Any]]:
    return list(await asyncio.gather(*(_row(settings, item) for item in chosen)))


async def _row(settings: "Settings", item: "Wired") -> dict[str, Any]:
    from broadcaster.clock import SystemClock
    from broadcaster.seal import load_seal
    from broadcaster.wiring.engines import connect

    clock = SystemClock()
    outlet = connect(settings, item, clock, load_seal(settings.keys_folder))
    began = clock.monotonic()
    try:
        failure = await outlet.probe()
    finally:
        await outlet.aclose()
    took_in = round(clock.monotonic() - began, 3)
    row = {"account": item.name, "kind": item.spec.kind, "ok": failure is None, "took_in": took_in}
    return row | {"failure": failure and failure.kind.value, "detail": failure and failure.detail}


def _line(row: dict[str, Any]) -> str:
    if row["ok"]:
        return f"{row['account']}: works, {row['took_in']} s"
    return f"{row['account']}: {row['failure']}, {row['detail']}"
