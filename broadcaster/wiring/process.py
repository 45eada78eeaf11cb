"""What a hub and a worker have in common: two processes that send."""

import gc

from broadcaster.clock import Clock
from broadcaster.dispatch.dispatcher import DUE
from broadcaster.dispatch.engine import RELEASED, SHARED_OUT, STOPPED
from broadcaster.seal import Seal
from broadcaster.settings import Settings
from broadcaster.web.writes import WRITTEN
from broadcaster.wiring.engines import LiveEngine
from broadcaster.wiring.listening import Listening
from broadcaster.workflow import receiving
from broadcaster.workflow.publishing import BOARDS_CHANGED

HINTS = (RELEASED, STOPPED, DUE, SHARED_OUT, BOARDS_CHANGED, WRITTEN)
"""What processes on one database tell each other to look at."""


def listening_for(settings: Settings, seal: Seal, live: LiveEngine, clock: Clock) -> Listening:
    """What hears readers, for the accounts that this process drives."""

    def hook_of(account: str) -> str:
        return f"{settings.hub.url}/hooks/{account}/{receiving.hook_key(seal, account)}"

    channels = {name: outlet.channel for name, outlet in live.outlets.items()}
    return Listening(channels, live.keep, hook_of, clock, live.engine.leases.holdings.drives)


def spare_the_collector() -> None:
    """Take what is loaded at the start, and stays, out of what Python's collector of cycles goes through: otherwise it
    holds up everything for 100 ms at a time while messages go out, and costs 45 µs a message (measured)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)  # new objects, not 700: what messages leave behind has few cycles
