"""`omroeper mandate`: who may release what alone. Proposing and signing take a person, in the console or over HTTP."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadcaster.cli.options import AsJson, ConfigFile, print_json
from broadcaster.cli.store import transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MOST = 1000


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    mandate = typer.Typer(help="Who may release a prepared scenario alone.", no_args_is_help=True)
    mandate.command("list")(list_all)
    mandate.command("revoke")(revoke)
    app.add_typer(mandate, name="mandate")


def list_all(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Every mandate there was, the latest first, and what it is worth now."""
    rows = transaction(config, lambda conn, _: _rows(conn))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['id']}: {row['holder']}, {row['scenario']}, {row['standing']}, until {row['valid_until']}")


def _rows(conn: "Connection") -> list[dict[str, Any]]:
    from broadcaster.clock import SystemClock
    from broadcaster.store import mandates, people

    now, names = SystemClock().now(), people.names(conn)
    return [
        {
            "id": row.id,
            "holder": names.get(row.holder_id, ""),
            "scenario": row.scenario,
            "standing": row.standing(now).value,
            "valid_until": row.valid_until.isoformat(timespec="seconds"),
        }
        for row in mandates.listed(conn, None, _MOST)
    ]


def revoke(
    mandate_id: Annotated[
        str, typer.Argument(metavar="ID", help="The mandate's id, as 'omroeper mandate list' has it.")
    ],
    config: ConfigFile = None,
) -> None:
    """Take a mandate away at once."""
    from broadcaster.cli.ending import Failure
    from broadcaster.clock import SystemClock
    from broadcaster.model.events import SYSTEM
    from broadcaster.workflow import mandates
    from broadcaster.workflow.refusals import Refused

    try:
        transaction(config, lambda conn, _: mandates.revoke(conn, SYSTEM, mandate_id, SystemClock().now()), write=True)
    except Refused as error:
        raise Failure("There is no such mandate: see 'omroeper mandate list'.") from error
    typer.echo("The mandate is revoked.")
