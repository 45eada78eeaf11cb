"""A PDF from the process that draws: see `drawing`."""

import asyncio
import sys
from contextlib import suppress
from typing import Protocol

from broadcaster.render.limited import environment

_DRAWS = "broadcaster.render.drawing"
_WALL_IN = 30.0


class NotPrinted(Exception):
    """There is no PDF of this; the message says what to do, in Dutch."""


class Sheet(Protocol):
    """What can be drawn."""

    def as_line(self) -> str:
        """As its template reads it: one line of JSON, whose `sheet` says which template."""


async def printed(sheet: Sheet) -> bytes:
    """The sheet as a PDF."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", _DRAWS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # One thread: each costs addresses, and a page has little for a second one to do.
        env=environment() | {"RAYON_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"},
    )
    try:
        async with asyncio.timeout(_WALL_IN):
            made, said = await child.communicate(sheet.as_line().encode())
    except TimeoutError:
        raise NotPrinted("De pdf kwam niet op tijd klaar. Probeer het opnieuw.") from None
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode or not made.startswith(b"%PDF-"):
        raise NotPrinted(_reason(said.decode(errors="replace")))
    return made


def _reason(said: str) -> str:
    if "could not be displayed" in said:
        return "Een van de talen heeft letters die niet in een pdf kunnen: er is geen lettertype voor."
    return "De pdf kan niet worden gemaakt. Vraag de beheerder om hulp."
