"""How each account stands right now: what metrics, readiness and the console show of it."""

from dataclasses import dataclass
from datetime import datetime

from broadcaster.dispatch.breaker import BreakerState
from broadcaster.store.check_messages import LastCheck


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """One account. in_flight: parcels on the wire. per_second: the contracted rate, in recipients. held_in:
    seconds until the provider wants anything again, 0 when it does. proven_at: when a probe worked or a message
    was accepted, last; None when neither ever. failing_since: since when nothing worked; None when the last
    thing did. last_check: what came of the last check message that went over it."""

    account: str
    kind: str
    breaker: BreakerState
    in_flight: int
    per_second: float
    held_in: float
    proven_at: datetime | None
    failing_since: datetime | None
    last_check: LastCheck | None = None
