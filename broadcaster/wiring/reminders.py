"""Sending reminders to colleagues over the house's own accounts, beside the deliveries of alerts (decision 56)."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from broadcaster.channel import Accepted, FailureKind, Parcel, Texts
from broadcaster.clock import Clock
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.model.reminding import Sent
from broadcaster.model.rendition import Rendition
from broadcaster.seal import Seal
from broadcaster.signals import Signals
from broadcaster.store.database import Database
from broadcaster.store.reminders import Claimed
from broadcaster.web.writes import WRITTEN
from broadcaster.workflow import reminding
from broadcaster.workflow.house import House

_WORTH_IN = timedelta(minutes=30)
"""So long a gateway may hold it: what comes later is known by then."""
_PLAIN = "u"
"""No reference of a delivery begins so: a provider's receipt for a reminder is nobody's delivery."""
Result = tuple[Claimed, Sent, str | None]


class Reminders:
    """Looks at the clock for whoever waits. `outlets`: the accounts that are on, in configured order."""

    def __init__(
        self,
        store: Database,
        house: House,
        outlets: Mapping[str, LiveOutlet],
        seal: Seal,
        clock: Clock,
        signals: Signals,
    ) -> None:
        self._store, self._house, self._outlets = store, house, outlets
        self._seal, self._clock, self._signals = seal, clock, signals

    async def tick(self) -> None:
        """Write down what has come, then send what is written: nothing in between is lost by ending."""
        planned = await self._store.run(reminding.plan, self._house, self._clock.now())
        claimed = await self._store.run(reminding.claim, self._clock.now())
        if claimed:
            results = await asyncio.gather(*(self._send(item) for item in claimed))
            await self._store.run(reminding.record, results, self._clock.now())
        if planned or claimed:
            self._signals.hint(WRITTEN)

    async def _send(self, item: Claimed) -> Result:
        """One attempt at each account of its kind, until one takes it or may have."""
        address = reminding.address_of(self._seal, item)
        if address is None:
            return item, Sent.FAILED, None
        for name, outlet in self._outlets.items():
            if outlet.spec.kind != item.kind:
                continue
            outcome = await outlet.tell(self._parcel(outlet, item, address))
            if isinstance(outcome, Accepted):
                return item, Sent.SENT, name
            if outcome.kind is FailureKind.UNCERTAIN:
                return item, Sent.UNCERTAIN, name
        return item, Sent.FAILED, None

    def _parcel(self, outlet: LiveOutlet, item: Claimed, address: str) -> Parcel:
        now = self._clock.now()
        subject = item.text.partition(". Meld")[0]
        fitted = outlet.spec.fit(Texts("nl", item.text, now, subject=subject, one_click=False))
        rendition = Rendition(
            item.id, item.kind, "nl", fitted.text, fitted.payload, holes=fitted.holes, encoding=fitted.encoding
        )
        own = f"{self._house.settings.hub.url}/console/account"  # where they say that they want no more
        return Parcel(f"{_PLAIN}{item.id}", address, rendition, now + _WORTH_IN, own)
