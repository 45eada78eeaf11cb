"""Verbs about whether a database may send, and where it is: `hold`, `move`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import AsJson, ConfigFile, print_json, settings_from
from broadcaster.cli.store import transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadcaster.settings import Settings
    from broadcaster.store.holding import Held


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    hold = typer.Typer(help="Whether this database may send anything.", no_args_is_help=True)
    hold.command("show")(show)
    hold.command("place")(place)
    hold.command("lift")(lift)
    app.add_typer(hold, name="hold")
    app.command("move")(move)


def show(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Say whether the database is held, and why."""
    from broadcaster.store.holding import held

    found = transaction(config, lambda conn, _: held(conn))
    if as_json:
        print_json(_as_json(found))
    elif found is None:
        typer.echo("Nothing is held: what is approved is sent.")
    else:
        typer.echo(f"Nothing is sent since {found.at:%Y-%m-%d %H:%M} UTC: {found.why}.")


def _as_json(found: "Held | None") -> dict[str, Any]:
    if found is None:
        return {"held": False}
    return {"held": True, "kind": found.kind.value, "why": found.why, "at": found.at.isoformat()}


def place(
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for who comes after you.")],
    config: ConfigFile = None,
) -> None:
    """Let nothing be sent from this database from the next start on: for a copy that is only to be looked at."""
    from broadcaster.clock import SystemClock
    from broadcaster.store.holding import HeldKind, hold

    now = SystemClock().now()
    transaction(config, lambda conn, _: hold(conn, HeldKind.ASKED, why, now), write=True)
    typer.echo("Held: a hub that starts on this database sends nothing until 'omroeper hold lift'.")


def lift(
    although_moved: Annotated[
        bool, typer.Option("--although-moved", help="Also where the database was moved: what it was moved to is gone.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Send again: only when no other copy of this database can, or people are told everything twice."""
    from broadcaster.clock import SystemClock
    from broadcaster.store import holding

    now = SystemClock().now()

    def work(conn: "Connection", _: "Settings") -> bool:
        found = holding.held(conn)
        if found is not None and found.kind is holding.HeldKind.MOVED and not although_moved:
            raise Failure(f"It was moved to {found.why}, which sends now: use that, or say --although-moved.")
        return holding.lift(conn, now)

    lifted = transaction(config, work, write=True)
    typer.echo("Lifted: a hub that runs goes on within a second." if lifted else "Nothing was held.")


def move(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="An empty database: postgresql://USER@HOST/NAME.")],
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="URL", help="The same, by the role that owns the schema.")
    ] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Move the database to another one, row for row; the old one then sends nothing any more."""
    from broadcaster.clock import SystemClock
    from broadcaster.wiring import moving

    moved = moving.move(settings_from(config), to, owner, SystemClock().now())
    if as_json:
        print_json({name: {"rows": item.rows, "sha256": item.sha256} for name, item in moved.items()})
        return
    rows = sum(item.rows for item in moved.values())
    typer.echo(f"Moved {rows} rows of {len(moved)} tables, read back and compared. Put the new URL in [store] url.")
