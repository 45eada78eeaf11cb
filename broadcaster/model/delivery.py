"""The life of a delivery: one transition table, as data, that every check reads."""

from enum import StrEnum


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
    # Uncertain: its time is over, and an earlier copy may have arrived. (That a receipt says so meanwhile stops no
    # second copy: the receipt waits until it is at rest.)
    State.DUE: frozenset({State.CLAIMED, State.FAILED, State.UNCERTAIN, *_STOPS}),
    State.CLAIMED: frozenset({State.DUE, State.STARTED, State.FAILED, State.UNCERTAIN, *_STOPS}),
    State.STARTED: frozenset({State.DUE, State.ACCEPTED, State.FAILED, State.UNCERTAIN, *_STOPS}),
    State.UNCERTAIN: frozenset({State.DUE, State.ACCEPTED, State.DELIVERED, State.FAILED}),
    State.ACCEPTED: frozenset({State.DELIVERED, State.FAILED}),
    State.FAILED: frozenset({State.DUE, State.DELIVERED}),
    State.DELIVERED: frozenset(),
    # Stopped after an earlier, doubtful transmission: a receipt may still say that it arrived.
    State.EXPIRED: frozenset({State.DELIVERED}),
    State.SUPERSEDED: frozenset({State.DELIVERED}),
    State.HALTED: frozenset({State.DELIVERED}),
}
OPEN = frozenset({State.DUE, State.CLAIMED, State.STARTED})
"""Not yet at rest: something will still happen to it by itself."""
AGAIN = frozenset({State.FAILED, State.UNCERTAIN})
"""At rest, and an officer may have it sent once more."""
AT_REST = frozenset(State) - OPEN
"""Named end states; `accepted` and `uncertain` may still change by a receipt, until the expiry."""


def may(before: State, after: State) -> bool:
    """Whether a delivery may go from `before` to `after`."""
    return after in TRANSITIONS[before]
