"""How the story is told in the terminal, and what it hands over at its end."""

import asyncio
import shutil
import signal
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from broadcaster.demo import story as broadcast
from broadcaster.demo.blackout.lines import Loopback
from broadcaster.demo.blackout.story import CONVERGE_IN, Hour, Story, beginning
from broadcaster.demo.blackout.town import town
from broadcaster.demo.failure import DemoFailure

_KEPT = (
    ("every point shows the newest notice once there is a line", "within {converged:.1f} s, {bound:g} allowed"),
    ("a screen without a line says how old its notice is", "{oldest} at the worst"),
    ("what is over leaves the screen, also when nobody tells it", "No. 3 left at its own end"),
    ("a changed board is never taken", "six of them, on a stick in the library's box"),
    ("every report arrives, by line or by stick, once", "{reports} reports, each once"),
    ("who told something sees that it was read", "in the north, after three days"),
)


async def tell(seed: int, console: Console) -> dict[str, Any]:
    """Play it and say what happens; what it hands over. DemoFailure when something is otherwise than it must be."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    console.print("\n[bold]Omroeper: three days without power, at three support points[/bold]\n")
    folder = Path(tempfile.mkdtemp(prefix="omroeper-blackout-"))
    try:
        found = await _played(folder, seed, console)
    except DemoFailure as error:
        raise DemoFailure(f"{error} The story's files are in {folder}.") from error
    except BaseException:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)
    return found


async def _played(folder: Path, seed: int, console: Console) -> dict[str, Any]:
    async with broadcast.providers(seed, fault_rate=0.0) as simulators:
        ports = broadcast.ports_of(simulators)
        async with town(folder, Loopback(), ports, seed) as there, beginning(there, simulators) as story:
            story.told = lambda hour: _say(console, hour)
            await story.play()
            _conclude(console, story)
            return as_json(story)


def _say(console: Console, hour: Hour) -> None:
    console.print(f"[bold]{hour.at:>3} h  {hour.title}[/bold]", highlight=False, soft_wrap=True)
    for line in hour.said:
        console.print(f"       {line}", highlight=False, soft_wrap=True)
    for point, seen in hour.screens.items():
        console.print(f"         {point:<20} shows {seen}", highlight=False, soft_wrap=True)


def _conclude(console: Console, story: Story) -> None:
    ages = [seen for hour in story.hours for seen in hour.screens.values() if seen.age_in is not None]
    oldest = max(ages, key=lambda seen: seen.age_in or timedelta())
    values = {"converged": story.converged_in, "bound": CONVERGE_IN, "oldest": oldest.age, "reports": story.reports}
    console.print("\n[bold]What was promised, and what was seen[/bold]\n")
    for promise, seen in _KEPT:
        console.print(f"  kept  {promise}: {seen.format(**values)}", highlight=False, soft_wrap=True)
    console.print()


def as_json(story: Story) -> dict[str, Any]:
    """The JSON of `--json`."""
    return {
        "ok": True,
        "hours": [
            {
                "at": hour.at,
                "title": hour.title,
                "said": list(hour.said),
                "screens": {
                    point: {"numbers": list(seen.numbers), "age_in": seen.age_in and seen.age_in.total_seconds()}
                    for point, seen in hour.screens.items()
                },
            }
            for hour in story.hours
        ],
        "converged_in": round(story.converged_in, 1),
        "reports": story.reports,
    }
