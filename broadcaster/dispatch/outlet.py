"""The last hop: a live outlet holds a connected channel, a drill outlet holds only what a channel is.

A `Delivery[Live]` fits a live outlet and a `Delivery[Drill]` a drill outlet; mypy refuses the mix-ups,
and a process that never calls `connect` has nothing to build a live outlet from.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from broadcaster.channel import Accepted, Channel, Failed, FailureKind, Outcome, Parcel, Spec
from broadcaster.dispatch.lanes import Delivery, Drill, L, Live


class Outlet(Protocol[L]):
    """Where deliveries of one lane go; one outcome each, in order."""

    spec: Spec

    async def send(self, deliveries: Sequence[Delivery[L]]) -> list[Outcome]:
        """Make one attempt for each delivery."""

    async def probe(self) -> Failed | None:
        """Test the link without sending anything; None when it works."""


_OUTCOMES = (Accepted, Failed)
_UNREADABLE = Failed(FailureKind.BAD_ADDRESS, "the stored address cannot be opened")


class LiveOutlet:
    """One live account at one provider."""

    def __init__(self, spec: Spec, channel: Channel) -> None:
        self.spec = spec
        self.read_facts = channel.facts
        self.channel = channel

    async def send(self, deliveries: Sequence[Delivery[Live]]) -> list[Outcome]:
        """Hand the parcels to the channel; one whose address cannot be read costs only itself."""
        readable = [delivery.parcel for delivery in deliveries if delivery.parcel.address]
        if len(readable) == len(deliveries):
            return await self._send(readable)
        outcomes = iter(await self._send(readable) if readable else [])
        return [next(outcomes) if delivery.parcel.address else _UNREADABLE for delivery in deliveries]

    async def _send(self, parcels: list[Parcel]) -> list[Outcome]:
        """A channel that breaks its word counts as written, no answer."""
        try:
            outcomes = [*await self.channel.send(parcels)]
        except Exception as error:  # noqa: BLE001 - a defect in an adapter must cost doubt, not silence
            return [Failed(FailureKind.UNCERTAIN, f"adapter raised {type(error).__name__}")] * len(parcels)
        if len(outcomes) != len(parcels) or not all(isinstance(outcome, _OUTCOMES) for outcome in outcomes):
            return [Failed(FailureKind.UNCERTAIN, "adapter gave no outcome per parcel")] * len(parcels)
        return outcomes

    async def tell(self, parcel: Parcel) -> Outcome:
        """Hand over one message to a colleague, which belongs to no alert. A drill's outlet has no such thing."""
        return (await self._send([parcel]))[0]

    async def probe(self) -> Failed | None:
        """Test the account's link. A defect in an adapter says nothing about the link."""
        try:
            return await self.channel.probe()
        except Exception as error:  # noqa: BLE001 - as for `_send`
            return Failed(FailureKind.UNCERTAIN, f"adapter raised {type(error).__name__}")

    async def aclose(self) -> None:
        """Let go of the account's connections."""
        await self.channel.aclose()


FaultScript = Callable[[Delivery[Drill]], Outcome]
"""What a rehearsed provider answers."""


def _accept(_delivery: Delivery[Drill]) -> Outcome:
    return Accepted(ref="drill")


class DrillOutlet:
    """Records what would have been sent; there is nothing here that could send it."""

    def __init__(self, spec: Spec, faults: FaultScript = _accept) -> None:
        self.spec = spec
        self.would_have_sent: Counter[tuple[str, str]] = Counter()
        self._faults = faults

    async def send(self, deliveries: Sequence[Delivery[Drill]]) -> list[Outcome]:
        """Count each delivery by alert and rendition, and answer from the fault script."""
        for delivery in deliveries:
            self.would_have_sent[delivery.alert_id, delivery.parcel.rendition.id] += 1
        return [self._faults(delivery) for delivery in deliveries]

    async def probe(self) -> Failed | None:
        """There is no link."""
        return None
