"""The drill process as a child of `serve`: started again when it dies, ended with its parent."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import structlog

from broadcaster.clock import Clock

log = structlog.get_logger()
_AGAIN_IN = 2.0
_END_IN = 10.0


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a drill may see: overrides of the configuration, and nothing else."""
    kept_from = ("OMROEPER_SECRET", "OMROEPER_STORE__OWNER_URL")  # the owner's address may hold a password
    return {
        name: value
        for name, value in environ.items()
        if name.startswith("OMROEPER_") and not name.startswith(kept_from)
    }


class DrillChild:
    """Keeps one `omroeper drill` alive."""

    def __init__(self, config: Path, environ: Mapping[str, str], clock: Clock) -> None:
        self._config, self._environ, self._clock = config, without_secrets(environ), clock
        self._stopping = asyncio.Event()
        self._gone_at: float | None = None

    @property
    def gone_in(self) -> float:
        """Seconds since the child ended and no other took its place; 0 while one lives, or none was begun."""
        return 0.0 if self._gone_at is None else self._clock.monotonic() - self._gone_at

    def stop(self) -> None:
        """End the child, and start no other."""
        self._stopping.set()

    async def run(self) -> None:
        """Run the child until stopped."""
        while not self._stopping.is_set():
            await self._once()
            self._gone_at = self._clock.monotonic()
            if not self._stopping.is_set():
                log.warning("the drill process ended, it is started again")
                await self._clock.sleep(_AGAIN_IN)

    async def _once(self) -> None:
        # It ends when the pipe closes: with us, however we end.
        arguments = ["-m", "broadcaster", "drill", "--child", "--config", str(self._config)]
        child = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env=self._environ, stdin=asyncio.subprocess.PIPE
        )
        self._gone_at = None
        ended = asyncio.create_task(child.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ended.done():
            child.terminate()
            await self._ended(child, ended)

    async def _ended(self, child: asyncio.subprocess.Process, ended: "asyncio.Task[int]") -> None:
        try:
            async with asyncio.timeout(_END_IN):
                await asyncio.shield(ended)
        except TimeoutError:
            child.kill()
            await ended
