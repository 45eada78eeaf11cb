"""`omroeper demo`: the main job, on this machine, with providers that fail on purpose."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import print_json

if TYPE_CHECKING:
    from broadcaster.demo.report import Report


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("demo")(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the broadcast.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, and all else on standard error.")
    ] = False,
    recipients: Annotated[int, typer.Option(metavar="N", min=1, max=1_000_000, help="How many people.")] = 2000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Draws the people, and what fails.")] = 1,
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="The hub's port; 0 is any free one.")] = 0,
    drill: Annotated[bool, typer.Option("--drill", help="As an exercise: nothing may leave the house.")] = False,
    blackout: Annotated[
        bool, typer.Option("--blackout", help="Three days without power at three support points, in half a minute.")
    ] = False,
) -> None:
    """Send one alert to people who do not exist, and count at both ends whether it arrived."""
    if blackout:
        _blackout(seed, as_json=as_json)
        return
    from rich.console import Console

    from broadcaster.demo.screen import Screen
    from broadcaster.demo.story import Options, play

    def hand_over(report: "Report") -> None:
        if as_json:
            print_json(report.as_json())

    options = Options(recipients=recipients, seed=seed, port=port, drill=drill, once=once)
    try:
        report = asyncio.run(play(options, Screen(Console(stderr=as_json), hand_over)))
    except asyncio.CancelledError:
        raise typer.Abort from None
    if report.differences:
        raise Failure(f"The demo does not add up: {'; '.join(report.differences)}.")


def _blackout(seed: int, *, as_json: bool) -> None:
    from rich.console import Console

    from broadcaster.demo.blackout.telling import tell

    try:
        found = asyncio.run(tell(seed, Console(stderr=as_json)))
    except asyncio.CancelledError:
        raise typer.Abort from None
    if as_json:
        print_json(found)
