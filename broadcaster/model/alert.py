"""The stages of drafts and alerts, each transition table once, as data."""

from enum import StrEnum


class Stage(StrEnum):
    """Where a draft or an alert stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


ALERT_TRANSITIONS: dict[Stage, frozenset[Stage]] = {
    Stage.SUBMITTED: frozenset({Stage.APPROVED, Stage.RETURNED, Stage.EXPIRED}),
    Stage.APPROVED: frozenset({Stage.SUPERSEDED, Stage.CANCELLED, Stage.EXPIRED}),
    Stage.RETURNED: frozenset(),
    Stage.SUPERSEDED: frozenset(),
    Stage.CANCELLED: frozenset(),
    Stage.EXPIRED: frozenset(),
}
DRAFT_TRANSITIONS: dict[Stage, frozenset[Stage]] = {
    Stage.DRAFT: frozenset({Stage.SUBMITTED}),
    Stage.SUBMITTED: frozenset({Stage.DRAFT, Stage.APPROVED}),
    Stage.APPROVED: frozenset(),
}
