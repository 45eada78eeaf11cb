"""A poster from the process that draws: see `drawing`."""

import asyncio
import sys
from contextlib import suppress

from broadcaster.render.limited import environment
from broadcaster.render.poster import Poster

_DRAWS = "broadcaster.render.drawing"
_WALL_IN = 30.0


class NotPrinted(Exception):
    """There is no poster of this; the message says what to do, in Dutch."""


async def printed(poster: Poster) -> bytes:
    """The poster as a PDF."""
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
            made, said = await child.communicate(poster.as_line().encode())
    except TimeoutError:
        raise NotPrinted("De poster kwam niet op tijd klaar. Probeer het opnieuw.") from None
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
        return "Een van de talen heeft letters die niet op een poster kunnen: er is geen lettertype voor."
    return "De poster kan niet worden gemaakt. Vraag de beheerder om hulp."
