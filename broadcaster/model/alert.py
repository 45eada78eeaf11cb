"""The stages of drafts and alerts, each transition table once, as data."""

from enum import StrEnum

from broadcaster.model.cap import MsgType


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
    # That its time is over takes nothing back: people still have it (Pickering, 12 January 2020).
    Stage.EXPIRED: frozenset({Stage.SUPERSEDED, Stage.CANCELLED}),
}
DRAFT_TRANSITIONS: dict[Stage, frozenset[Stage]] = {
    Stage.DRAFT: frozenset({Stage.SUBMITTED}),
    Stage.SUBMITTED: frozenset({Stage.DRAFT, Stage.APPROVED}),
    Stage.APPROVED: frozenset(),
}
CORRECTED: dict[MsgType, Stage] = {MsgType.UPDATE: Stage.SUPERSEDED, MsgType.CANCEL: Stage.CANCELLED}
"""Where the approval of a correction puts what it replaces."""
CORRECTABLE = frozenset(stage for stage, afters in ALERT_TRANSITIONS.items() if afters >= set(CORRECTED.values()))
"""Stages of an alert that a correction may replace, if somebody approved it once."""
