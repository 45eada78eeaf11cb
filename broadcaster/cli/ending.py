"""How a command ends that did not do what was asked: a sentence and an exit status."""

import traceback
from pathlib import Path

import typer
from typer.exceptions import TyperException

FAILED, WRONG = 1, 2


class Failure(Exception):
    """The thing asked failed; the message is one English sentence that says what to do."""


def ending(error: Exception) -> int:
    """Say what `error` means on standard error; the exit status."""
    if isinstance(error, TyperException):
        return _wrong_use(error)
    if isinstance(error, typer.Abort):
        typer.echo("Stopped.", err=True)
        return FAILED
    typer.echo(_sentence(error), err=True)
    return WRONG if _is_configuration(error) else FAILED


def _wrong_use(error: TyperException) -> int:
    """The sentence, and where to look how it is written."""
    typer.echo(error.format_message(), err=True)
    context = getattr(error, "ctx", None)
    if context is not None:
        typer.echo(f"{context.get_usage()}\nSee '{context.command_path} --help'.", err=True)
    return error.exit_code


def _is_configuration(error: Exception) -> bool:
    from broadcaster.settings import ConfigurationError

    return isinstance(error, ConfigurationError)


def _sentence(error: Exception) -> str:
    if type(error).__module__.startswith("broadcaster."):
        return str(error)  # the house's own errors say what to do
    if type(error).__module__ == "sqlalchemy.exc" and type(error).__name__ in ("OperationalError", "InterfaceError"):
        return (
            "The database does not answer: check [store] url, and that it runs and was migrated ('omroeper migrate')."
        )
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}: check that it is there and that this user may use it."
    # Not the message: it may quote an address or a secret.
    return f"Unexpected {type(error).__name__} in {_place(error)}: please report it with the version and the command."


def _place(error: Exception) -> str:
    """The last line of our own code that the error passed."""
    home = Path(__file__).resolve().parents[2]
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(home)]
    if not frames:
        return "omroeper"
    return f"{Path(frames[-1].filename).relative_to(home)}, line {frames[-1].lineno}"
