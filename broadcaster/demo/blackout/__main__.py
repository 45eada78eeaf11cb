"""One process of the story: `python -m broadcaster.demo.blackout hub|relay CONFIGURATION CLOCK PORT_FILE`."""

import asyncio
import sys
from pathlib import Path

from broadcaster.demo.blackout.clock import TravellingClock
from broadcaster.relay.pace import Pace
from broadcaster.relay.running import run
from broadcaster.settings import load
from broadcaster.settings.relay import load_relay
from broadcaster.wiring.hub import Hub
from broadcaster.wiring.lasting import say_port, until_told

_PACE = Pace(clock=1, carry=1, ask=3, tell=3, hear=3, sticks=1, hold=6)
"""A minute of the story takes less than a second."""


def main() -> None:
    """Run until the story ends."""
    kind, configuration, clock_file, port_file = sys.argv[1:]
    file, clock = Path(configuration), TravellingClock(Path(clock_file))

    def ready(port: int) -> None:
        say_port(port, port_file)

    async def hub(stop: asyncio.Event) -> None:
        await Hub(load(file, {}), {}, clock, haste=20.0).run(stop, ready)

    async def relay(stop: asyncio.Event) -> None:
        await run(load_relay(file), stop, ready, clock, _PACE)

    until_told({"hub": hub, "relay": relay}[kind], child=True)


if __name__ == "__main__":
    main()
