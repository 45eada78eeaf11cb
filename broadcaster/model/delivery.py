"""The life of a delivery: one transition table, as data, that every check reads."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from broadcaster.channel import Parcel
from broadcaster.model.cap import Lane


class State(StrEnum):
    """Where a delivery stands."""

    DUE = "due"  # to be sent at its instant
    CLAIMED = "claimed"  # a worker has it, nothing was written
    STARTED = "started"  # its bytes may be on the wire
    ACCEPTED = "accepted"  # a provider took it
    DELIVERED = "delivered"  # a provider says it arrived
    FAILED = "failed"
    UNCERTAIN = "uncertain"  # written, no usable answer
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    HALTED = "halted"


_STOPS = {State.EXPIRED, State.SUPERSEDED, State.HALTED}

TRANSITIONS: dict[State, frozenset[State]] = {
    State.DUE: frozenset({State.CLAIMED, State.FAILED, *_STOPS}),
    State.CLAIMED: frozenset({State.DUE, State.STARTED, State.FAILED, *_STOPS}),
    State.STARTED: frozenset({State.DUE, State.ACCEPTED, State.FAILED, State.UNCERTAIN, *_STOPS}),
    State.UNCERTAIN: frozenset({State.DUE, State.ACCEPTED, State.DELIVERED, State.FAILED}),
    State.ACCEPTED: frozenset({State.DELIVERED, State.FAILED}),
    State.FAILED: frozenset({State.DUE, State.DELIVERED}),
    State.DELIVERED: frozenset(),
    # Stopped after an earlier, doubtful transmission: a receipt may still say that it arrived.
    State.EXPIRED: frozenset({State.DELIVERED}),
    State.SUPERSEDED: frozenset({State.DELIVERED}),
    State.HALTED: frozenset({State.DUE, State.DELIVERED}),
}
OPEN = frozenset({State.DUE, State.CLAIMED, State.STARTED})
"""Not yet at rest: something will still happen to it by itself."""
AT_REST = frozenset(State) - OPEN
"""Named end states; `accepted` and `uncertain` may still change by a receipt, until the expiry."""


def may(before: State, after: State) -> bool:
    """Whether a delivery may go from `before` to `after`."""
    return after in TRANSITIONS[before]


class Live:
    """Marks what may leave the house."""

    lane = Lane.LIVE


class Drill:
    """Marks what may not."""

    lane = Lane.DRILL


L = TypeVar("L", Live, Drill)


@dataclass(frozen=True, slots=True)
class Delivery(Generic[L]):
    """A claimed delivery on its way to an outlet of the same lane.

    `epoch` is the fencing token: an outcome with another epoch than the row's is discarded.
    `transmissions` counts how often its bytes may have gone out, this time not included.
    """

    id: int
    epoch: int
    alert_id: str
    rank: int
    attempts: int
    transmissions: int
    parcel: Parcel
