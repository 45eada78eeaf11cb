"""From what was claimed to what a channel is given: the address opened, the approved rendition, the deadline."""

from collections.abc import Callable, Sequence

from broadcaster import ids
from broadcaster.channel import Parcel
from broadcaster.dispatch.approved import Approvals, Approved, NotApproved
from broadcaster.dispatch.lanes import Delivery, L
from broadcaster.model.rendition import Hole
from broadcaster.store.queue import Claimed

OpenAddress = Callable[[bytes], str]
"""From a sealed address to the address; a drill's knows none."""


async def approved_of(approvals: Approvals, claimed: Sequence[Claimed]) -> dict[str, Approved]:
    """What was approved of each alert in a claim; nothing of one that is not what somebody approved."""
    found = {}
    for alert_id in {claim.alert_id for claim in claimed}:
        try:
            found[alert_id] = await approvals.of(alert_id)
        except NotApproved:
            continue
    return found


def pack(claim: Claimed, approved: Approved, open_address: OpenAddress, link_of: Callable[[str], str]) -> Delivery[L]:
    """A delivery, ready to be sent. `link_of`: from a reference to its reader's own link, for renditions that have
    a place for it."""
    reference, rendition = ids.reference(claim.alert_id, claim.n), approved.renditions[claim.rendition]
    link = link_of(reference) if rendition.holes and Hole.UNSUBSCRIBE in rendition.holes else ""
    parcel = Parcel(reference, open_address(claim.sealed), rendition, approved.expires_at, link)
    return Delivery(claim.id, claim.epoch, claim.alert_id, claim.rank, claim.attempts, claim.transmissions, parcel)
