"""What the screens on this network say that they show: told to the hub when it changes, once a minute at most.

A screen that was heard and says nothing more is told of as one that shows nothing: a page that froze is found too.
"""

import asyncio

from broadcaster import ids
from broadcaster.boards.serving import Place
from broadcaster.model.report import Report, Showing
from broadcaster.relay.clock import RelayClock
from broadcaster.relay.outbox import Outbox
from broadcaster.relay.pace import USUAL, Pace

MOST = 16
"""Screens of one point that are listened to."""
SILENT_IN = 100.0
"""Seconds, of a screen that speaks every minute; with a minute until it is told, the hub knows within three."""
_NOTHING = Showing(screen=())


class Screens:
    """The last word of every screen, by where it is."""

    def __init__(self, outbox: Outbox, clock: RelayClock, pace: Pace = USUAL) -> None:
        self._outbox, self._clock, self._pace = outbox, clock, pace
        self._said: dict[Place, dict[str, tuple[Showing, float]]] = {}
        self._told: dict[Place, Showing] = {}

    def hear(self, place: Place, peer: str, showing: Showing) -> None:
        """A screen said what it shows."""
        screens = self._said.setdefault(place, {})
        screens.pop(peer, None)
        screens[peer] = showing, self._clock.monotonic()
        while len(screens) > MOST:
            del screens[next(iter(screens))]

    async def run(self) -> None:
        """Tell for ever."""
        while True:
            self.tell()
            await asyncio.sleep(self._pace.tell)

    def tell(self) -> None:
        """Tell what changed. Where several screens differ, the one that is furthest behind is told: it is what an
        officer must know."""
        for place, screens in self._said.items():
            worst = min(map(self._heard, screens.values()), key=lambda showing: showing.seq or 0)
            if self._told.get(place) != worst:
                self._outbox.put(self._report(place, worst))
                self._told[place] = worst

    def _heard(self, said: tuple[Showing, float]) -> Showing:
        showing, at = said
        return showing if self._clock.monotonic() - at <= SILENT_IN else _NOTHING

    def _report(self, place: Place, showing: Showing) -> Report:
        point, mode = place
        at, known = self._clock.now(), self._clock.is_known
        return Report(id=ids.new_id(at), point=point, mode=mode, at=at, clock_known=known, showing=showing)
