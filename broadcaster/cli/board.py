"""`omroeper board`: what a support point's board says, after every check a display makes."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadcaster.cli.bundles import export, import_
from broadcaster.cli.ending import Failure
from broadcaster.cli.options import AsJson

if TYPE_CHECKING:
    from broadcaster.boards.client import Answer, Reader, Source, Unavailable
    from broadcaster.boards.refusals import Refused
    from broadcaster.boards.showing import Shown
    from broadcaster.model.board import Notice

_PIECES = ("headline", "instruction", "description", "impact", "contact", "web")


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The boards of support points.")
    group.command("fetch")(fetch)
    group.command("export")(export)
    group.command("import")(import_)
    app.add_typer(group, name="board")


@dataclass(frozen=True, slots=True)
class Trust:
    """What the command may believe, and where it keeps what it believed last."""

    root: str | None
    trust_first: bool
    state: Path | None


def fetch(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="A hub or relay, or a board's address.", show_default=False)
    ],
    point: Annotated[str | None, typer.Option("--point", help="The support point, when URL does not name it.")] = None,
    exercise: Annotated[bool, typer.Option("--exercise", help="The board of the exercise, not the live one.")] = False,
    token: Annotated[
        str | None, typer.Option("--token", help="A display's token; '-' reads it from standard input.")
    ] = None,
    root: Annotated[str | None, typer.Option("--root", metavar="FINGERPRINT", help="The root key to trust.")] = None,
    trust_first: Annotated[
        bool, typer.Option("--trust-first", help="Trust the root that the hub shows first.")
    ] = False,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="Keep what was accepted here: nothing older passes.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on, and print each new board.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch a board, verify it, and print its notices with their age."""
    if root and trust_first:
        raise typer.BadParameter("Give --root or --trust-first, not both.")
    source = _source(url, point, exercise, sys.stdin.readline().strip() if token == "-" else token)  # noqa: S105 - a dash
    run = _follow if follow else _once
    asyncio.run(run(source, Trust(root, trust_first, state), as_json))


def _source(url: str, point: str | None, exercise: bool, token: str | None) -> "Source":
    from broadcaster.boards.client import Source
    from broadcaster.model.board import Mode

    try:
        return Source.parse(url, point, Mode.EXERCISE if exercise else Mode.LIVE, token)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@asynccontextmanager
async def _reading(source: "Source", trust: Trust) -> "AsyncIterator[Reader]":
    import aiohttp

    from broadcaster.boards.client import Reader
    from broadcaster.boards.ratchet import open_ratchet
    from broadcaster.clock import SystemClock

    with open_ratchet(trust.state, source.point, source.mode) as ratchet:
        async with aiohttp.ClientSession() as session:
            yield Reader(session, source, ratchet, SystemClock(), root=trust.root, trust_first=trust.trust_first)


async def _once(source: "Source", trust: Trust, as_json: bool) -> None:
    async with _reading(source, trust) as reader:
        untold = trust.trust_first and reader.held is None
        problem = _print(await reader.fetch(), as_json)
        if untold:
            _say_root(reader)
    if problem:
        raise Failure(problem)


async def _follow(source: "Source", trust: Trust, as_json: bool) -> None:
    from random import SystemRandom

    from broadcaster.boards.verifying import Unchanged

    problem: str | None = ""  # nothing was printed yet
    async with _reading(source, trust) as reader:
        untold = trust.trust_first and reader.held is None
        async for answer in reader.follow(SystemRandom()):
            if isinstance(answer, Unchanged) and problem is None:
                continue
            problem, before = _print(answer, as_json), problem
            if problem not in (None, before):
                typer.echo(problem, err=True)
            untold = untold and not _say_root(reader)


def _say_root(reader: "Reader") -> bool:
    from broadcaster.seal import fingerprint

    if reader.held is None:
        return False
    typer.echo(f"Trusted on first use: root {fingerprint(reader.held.root)}. Compare it with the hub's.", err=True)
    return True


def _print(answer: "Answer", as_json: bool) -> str | None:
    """Print what may be shown; the sentence that says why not, if it may not."""
    from broadcaster.boards.client import Unavailable
    from broadcaster.boards.refusals import Refused

    seen = _seen(answer)
    if isinstance(seen, Refused | Unavailable):
        if as_json:
            _print_line(
                {"verified": False, "reason": seen.reason.value if isinstance(seen, Refused) else "unavailable"}
            )
        return seen.sentence
    if as_json:
        _print_line(_as_json(seen))
    else:
        typer.echo("\n".join(_lines(seen)))
    return None


def _print_line(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))  # one line each: followers read line by line


def _seen(answer: "Answer") -> "Shown | Refused | Unavailable":
    from broadcaster.boards.showing import show
    from broadcaster.boards.verifying import Board, Unchanged

    now = datetime.now(UTC)
    if isinstance(answer, Unchanged):
        return show(answer.board, now)
    return show(answer, now) if isinstance(answer, Board) else answer


def _as_json(shown: "Shown") -> dict[str, Any]:
    from broadcaster.seal import fingerprint

    payload = shown.board.payload.model_copy(update={"notices": shown.notices})
    return {
        "verified": True,
        "root": fingerprint(shown.board.root),
        "age_in": None if shown.age_in is None else shown.age_in.total_seconds(),
        **payload.model_dump(mode="json"),
    }


def _lines(shown: "Shown") -> list[str]:
    payload = shown.board.payload
    title = f"Board {payload.seq} of {payload.point} ({payload.mode.upper()}), issued {_age(shown.age_in)}"
    lines = [line for notice in shown.notices for line in _notice(notice)]
    return [title, *(lines or ["No notice is valid now."])]


def _age(age_in: timedelta | None) -> str:
    if age_in is None:
        return "at an unknown time ago: this machine's clock is behind the hub's"
    minutes = int(age_in.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute ago"
    return f"{minutes} min ago" if minutes < 120 else f"{minutes // 60} h ago"


def _notice(notice: "Notice") -> list[str]:
    replaces = f", replaces {notice.replaces}" if notice.replaces else ""
    lines = [f"\nNr {notice.number}{replaces}, {notice.severity}, until {notice.expires.isoformat(timespec='minutes')}"]
    for language, pieces in notice.languages.items():
        texts = [_plain(pieces[name]) for name in _PIECES if pieces.get(name)]
        lines += [f"[{language}] {texts[0]}", *(f"     {text}" for text in texts[1:])] if texts else []
    return lines


def _plain(text: str) -> str:
    """Without what steers a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()
