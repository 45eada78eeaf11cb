"""Verbs that work on the store alone: `migrate`, `journal verify`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import AsJson, ConfigFile, print_json, settings_from

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadcaster.seal import BoardSigner
    from broadcaster.settings import Settings
    from broadcaster.store.journal import Broken, Head

T = TypeVar("T")


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("migrate")(migrate)
    journal = typer.Typer(help="The append-only journal.", no_args_is_help=True)
    journal.command("verify")(journal_verify)
    app.add_typer(journal, name="journal")


@contextmanager
def connection(settings: "Settings", *, write: bool = False) -> "Iterator[Connection]":
    """One transaction on the configured store, which must be at this version's schema."""
    from broadcaster.wiring.stores import database, require_schema

    store = database(settings)
    try:
        with store.engine.begin() if write else store.reading() as conn:
            require_schema(conn)
            yield conn
    finally:
        store.close()


def transaction(config: Path | None, work: "Callable[[Connection, Settings], T]", *, write: bool = False) -> T:
    """Do `work` in one transaction."""
    settings = settings_from(config)
    with connection(settings, write=write) as conn:
        return work(conn, settings)


def migrate(config: ConfigFile = None) -> None:
    """Bring the database to this version's schema, with its guards."""
    from broadcaster.wiring.stores import bring_up_to_date

    typer.echo(f"The database is at schema {bring_up_to_date(settings_from(config))}.")


def journal_verify(
    board: Annotated[
        list[Path] | None,
        typer.Option("--board", metavar="FILE", help="A board that somebody kept; its head must stand in the journal."),
    ] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Walk the journal's chain, against the head in the file beside the database and those in signed boards."""
    from broadcaster.store.journal import Broken

    found = transaction(config, partial(_verified, board or []))
    broken = isinstance(found, Broken)
    if as_json:
        print_json(
            {"ok": not broken, "seq": found.seq}
            | ({"why": found.why} if isinstance(found, Broken) else {"head": found.hash})
        )
    elif not isinstance(found, Broken):
        typer.echo(f"The journal is whole: {found.seq} lines, head {found.hash}.")
    if isinstance(found, Broken):
        raise Failure(
            f"The journal was tampered with at line {found.seq}: {found.why}."
            " Keep this copy, and compare it with a backup."
        )


def _verified(files: list[Path], conn: "Connection", settings: "Settings") -> "Head | Broken":
    from broadcaster.seal import SignatureError
    from broadcaster.wiring.journal_head import verified
    from broadcaster.wiring.stores import head_file

    kept = [_read(file) for file in files]
    try:
        return verified(conn, head_file(settings), _signers(settings), kept)
    except SignatureError as error:
        raise Failure(f"A file given with --board is no board of this hub: {error}.") from error


def _signers(settings: "Settings") -> "list[BoardSigner]":
    """The keys that this hub's boards are checked with."""
    from broadcaster.model.board import Mode
    from broadcaster.seal import load_signer

    return [load_signer(settings.keys_folder, mode.value) for mode in Mode]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} cannot be read as a board: name a file that a display or a relay keeps.") from error
