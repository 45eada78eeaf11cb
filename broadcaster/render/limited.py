"""The renderer the house uses: in a process that a bad template can neither hang nor exhaust.

`InlineRenderer` has the same face and no walls, for tests and simulations.
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import broadcaster
from broadcaster import data
from broadcaster.render import library
from broadcaster.render.engine import failed, render
from broadcaster.render.jail import Limits
from broadcaster.render.request import Rendered, RenderRequest

_LONGEST_LINE = 32 * 2**20
_GRACE_IN = 5.0  # what the child gets beyond the limit it keeps itself


class Renderer(Protocol):
    """Renders requests; a bad template is a finding, never an exception."""

    async def render(self, request: RenderRequest) -> Rendered:
        """Every text and every finding of a request."""

    async def aclose(self) -> None:
        """Let go of the process, if there is one."""


class InlineRenderer:
    """Renders in this process, without limits."""

    def __init__(self, folder: Path | None = None, own: Path | None = None) -> None:
        self._templates = library.read(folder or data.find("templates"), own)

    async def render(self, request: RenderRequest) -> Rendered:
        """Every text and every finding of a request."""
        return render(request, self._templates)

    async def aclose(self) -> None:
        """Nothing to let go of."""


class LimitedRenderer:
    """Renders in a child process, one request at a time; the child is started when first needed, and
    again when it died. Belongs to one event loop. own: the municipality's scenarios."""

    def __init__(self, folder: Path | None = None, limits: Limits | None = None, own: Path | None = None) -> None:
        self._folder, self._own = folder or data.find("templates"), own
        self._limits = limits or Limits()
        self._turn = asyncio.Lock()
        self._child: asyncio.subprocess.Process | None = None

    async def render(self, request: RenderRequest) -> Rendered:
        """Every text and every finding of a request."""
        async with self._turn:
            answer = await self._ask(request.as_line()) or await self._ask(request.as_line())
        if answer is None:
            reason = "het proces dat de berichten maakt, geeft geen antwoord"
            return Rendered({}, {}, {}, (failed("de sjablonen", reason, "channels"),))
        return Rendered.from_line(answer)

    async def aclose(self) -> None:
        """End the child."""
        async with self._turn:
            await self._end()

    async def _ask(self, line: str) -> str | None:
        """One question to a child that lives; None when it died or kept silent over it."""
        try:
            async with asyncio.timeout(self._limits.wall_in + _GRACE_IN):
                answer = await self._exchange(line)
        except (TimeoutError, OSError, ValueError):
            answer = b""
        except BaseException:  # cancelled half-way: the next request must not read this one's answer
            await asyncio.shield(self._end())
            raise
        if answer.endswith(b"\n"):
            return answer.decode()
        await self._end()
        return None

    async def _exchange(self, line: str) -> bytes:
        child = await self._alive()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(line.encode() + b"\n")
        await child.stdin.drain()
        return await child.stdout.readline()

    async def _alive(self) -> asyncio.subprocess.Process:
        if self._child is not None and self._child.returncode is None:
            return self._child
        limits = self._limits
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "broadcaster.render",
            str(self._folder),
            "" if self._own is None else str(self._own),
            *(str(limit) for limit in (limits.cpu_in, limits.wall_in, limits.memory)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            env=environment(),
        )
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
        if child.stdin is not None:
            child.stdin.close()
        await child.wait()


def environment() -> dict[str, str]:
    """What Python needs to find this package and to speak UTF-8; no secret of the hub goes along."""
    return {"PYTHONPATH": str(Path(broadcaster.__file__).parent.parent), "PYTHONUTF8": "1"}
