"""`omroeper device`: screens and relays, let in by a one-time code."""

from typing import TYPE_CHECKING, Annotated

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import AsJson, ConfigFile, print_json
from broadcaster.cli.store import transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadcaster.settings import Settings
    from broadcaster.workflow.enrolling import Code


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Screens and relays at support points.", no_args_is_help=True)
    group.command("invite")(invite)
    group.command("list")(list_devices)
    group.command("revoke")(revoke)
    app.add_typer(group, name="device")


def invite(
    point: Annotated[str, typer.Option("--point", metavar="POINT", help="The support point where it hangs.")],
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="display or relay.")] = "display",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Print a code that lets in one device within 24 hours."""
    from broadcaster.wiring import staff

    def make(conn: "Connection", settings: "Settings") -> "Code":
        return staff.invite(conn, settings, point, kind)

    code = transaction(config, make, write=True)
    if as_json:
        print_json({"code": code.code, "point": point, "kind": kind, "expires_at": code.expires_at.isoformat()})
        return
    typer.echo(code.code)
    typer.echo("It lets in one device within 24 hours, and is shown this once.", err=True)


def list_devices(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Every device there ever was, by point."""
    from broadcaster.store import devices

    found = transaction(config, lambda conn, _: devices.listed(conn))
    if as_json:
        print_json(
            [
                {
                    "id": item.id,
                    "point": item.point_id,
                    "kind": item.kind.value,
                    "name": item.name,
                    "kid": item.kid,
                    "enrolled_at": item.enrolled_at.isoformat(),
                    "revoked_at": item.revoked_at.isoformat() if item.revoked_at else None,
                }
                for item in found
            ]
        )
        return
    for item in found:
        typer.echo(f"{item.id}  {item.point_id}  {item.kind}  {item.name}{' (revoked)' if item.revoked_at else ''}")


def revoke(
    device_id: Annotated[str, typer.Argument(metavar="ID", help="The device's id, as 'omroeper device list' shows.")],
    config: ConfigFile = None,
) -> None:
    """Let a device in no more: its token and its key are worthless."""
    from broadcaster.wiring import staff

    if not transaction(config, lambda conn, _: staff.revoke_device(conn, device_id), write=True):
        raise Failure("There is no such device that is let in: see 'omroeper device list'.")
    typer.echo("The device is let in no more.")
