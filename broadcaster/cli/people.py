"""`omroeper user` and `omroeper token`: who may do what."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import AsJson, ConfigFile, print_json
from broadcaster.cli.store import transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadcaster.settings import Settings

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The person's name, as colleagues know it.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    user = typer.Typer(help="Officers and administrators.", no_args_is_help=True)
    user.command("add")(add)
    user.command("list")(list_users)
    user.command("reset")(reset)
    user.command("disable")(disable)
    user.command("contact")(contact)
    app.add_typer(user, name="user")
    token = typer.Typer(help="Tokens for the HTTP interface and for displays.", no_args_is_help=True)
    token.command("create")(create_token)
    token.command("revoke")(revoke_token)
    app.add_typer(token, name="token")


def add(
    name: Name,
    role: Annotated[
        list[str], typer.Option("--role", help="author, approver, viewer or admin; may be given more than once.")
    ],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a person. The password comes from standard input; without one, a one-time password is printed, with which
    they can only choose one of their own."""
    from broadcaster.wiring import staff

    roles = staff.roles_named(role)
    password, given = _password()
    person = transaction(config, lambda conn, _: staff.add(conn, name, roles, password, own=given), write=True)
    _tell(as_json, {"id": person, "name": name, "roles": sorted(roles)}, f"Added {name}.", None if given else password)


def reset(name: Name, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Give a person another password, from standard input or a one-time one, with which they can only choose their
    own."""
    from broadcaster.wiring import staff

    password, given = _password()
    transaction(config, lambda conn, _: staff.reset(conn, name, password, own=given), write=True)
    _tell(as_json, {"name": name}, f"{name} has another password.", None if given else password)


def disable(name: Name, config: ConfigFile = None) -> None:
    """Let a person in no more; their tokens stop at once."""
    from broadcaster.wiring import staff

    transaction(config, lambda conn, _: staff.disable(conn, name), write=True)
    typer.echo(f"{name} is let in no more.")


def contact(
    name: Name,
    sms: Annotated[
        str | None, typer.Option("--sms", metavar="NUMBER", help="A mobile number; '' takes it away.")
    ] = None,
    email: Annotated[
        str | None, typer.Option("--email", metavar="ADDRESS", help="A mailbox; '' takes it away.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Say where a person is reminded that a message waits. Only the kinds are ever shown again."""
    from broadcaster.seal import load_seal
    from broadcaster.wiring import staff

    given = {kind: address for kind, address in (("sms", sms), ("email", email)) if address is not None}
    if not given:
        raise typer.BadParameter("give --sms NUMBER, --email ADDRESS, or both.")

    def change(conn: "Connection", settings: "Settings") -> list[str]:
        return staff.contact(conn, load_seal(settings.keys_folder), name, given)

    kinds = transaction(config, change, write=True)
    typer.echo(f"{name} is reminded by {' and '.join(kinds)}." if kinds else f"{name} is not reminded.")


def list_users(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Everyone who may sign in, with their roles."""
    from broadcaster.store import people

    found = transaction(config, lambda conn, _: people.everyone(conn))
    if as_json:
        print_json(found)
        return
    for person in found:
        state = " (disabled)" if person["disabled"] else " (has yet to choose a password)" * person["must_choose"]
        typer.echo(f"{person['name']}: {', '.join(person['roles'])}{state}")


def create_token(
    user: Annotated[str | None, typer.Option("--user", metavar="NAME", help="The person it belongs to.")] = None,
    point: Annotated[
        str | None, typer.Option("--point", metavar="POINT", help="The support point whose display it is for.")
    ] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a token for a person, for a display, or (without either) for a machine that may only draft."""
    from broadcaster.wiring import staff

    def make(conn: "Connection", settings: "Settings") -> tuple[str, str]:
        return staff.create_token(conn, settings, user, point)

    token_id, secret = transaction(config, make, write=True)
    if as_json:
        print_json({"token": secret, "id": token_id})
    else:
        typer.echo(secret)
        typer.echo("Keep it safe: it is shown this once.", err=True)


def revoke_token(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, as shown when it was made.")],
    config: ConfigFile = None,
) -> None:
    """Make a token worthless."""
    from broadcaster.wiring import staff

    if not transaction(config, lambda conn, _: staff.revoke_token(conn, token_id), write=True):
        raise Failure("There is no such valid token: give the id that 'omroeper token create --json' printed.")
    typer.echo("The token is worthless now.")


def _password() -> tuple[str, bool]:
    """The password from standard input, or a new one; and whether it was given."""
    from broadcaster.ids import new_secret

    given = "" if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    return given or new_secret(), bool(given)


def _tell(as_json: bool, report: dict[str, object], sentence: str, one_time: str | None) -> None:
    if as_json:
        print_json(report | ({"password": one_time} if one_time else {}))
        return
    typer.echo(sentence)
    if one_time:
        typer.echo(f"One-time password: {one_time}")
        typer.echo("It only lets them choose a password of their own, at /console/sign-in.")
