"""Hints inside one process: "look now". The truth is in the database; a lost hint costs one poll."""

import asyncio
from collections import defaultdict
from collections.abc import Callable


class Signals:
    """Wakes whoever waits on a name. Belongs to one event loop."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, list[asyncio.Event]] = defaultdict(list)
        self.pass_on: Callable[[str], None] | None = None
        """Told each hint, to tell other processes."""

    def hint(self, name: str) -> None:
        """Wake everyone waiting on `name`, here and elsewhere."""
        self.wake(name)
        if self.pass_on is not None:
            self.pass_on(name)

    def wake(self, name: str) -> None:
        """Wake everyone waiting on `name` in this process, who came first first."""
        for event in self._waiting[name]:
            event.set()

    async def wait(self, name: str, timeout_in: float) -> bool:
        """Wait for a hint on `name`, at most `timeout_in` seconds; True if one came."""
        event = asyncio.Event()
        self._waiting[name].append(event)
        try:
            async with asyncio.timeout(timeout_in):
                await event.wait()
            return True
        except TimeoutError:
            return False
        finally:
            self._waiting[name].remove(event)
