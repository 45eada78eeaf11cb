"""Who is told that something waits for them, and when. Pure.

A reminder is not an alert: it goes to colleagues and holds nothing of the message but its number and what it is about.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from broadcaster.model.cap import Severity


class About(StrEnum):
    """What a reminder is about."""

    APPROVAL = "approval"  # a submitted draft waits for somebody's decision
    UPDATE = "update"  # the next message that a notice promised is nearly due, or late
    MANDATE = "mandate"  # somebody released alone; an approver looks at it afterwards


class Sent(StrEnum):
    """What became of a reminder."""

    DUE = "due"
    SENDING = "sending"  # handed over, no answer yet
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"  # handed over, and no usable answer
    DROPPED = "dropped"  # somebody acted before it went
    REHEARSED = "rehearsed"  # of an exercise: shown, and sent to nobody


KINDS = ("sms", "email")
"""Channels over which colleagues are reached."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The latest turn of a repeated reminder that has come: the `n`th, from 0, due at `due_at`."""

    n: int
    due_at: datetime


def turn(first_at: datetime, repeat_in: timedelta, now: datetime) -> Turn | None:
    """The latest turn; None before the first. Those that passed while nobody looked are not caught up on."""
    if now < first_at:
        return None
    n = (now - first_at) // repeat_in
    return Turn(n, first_at + n * repeat_in)


class Loudness(StrEnum):
    """How loud the page says that a draft waits."""

    CALM = "calm"
    LATE = "late"
    VERY_LATE = "very-late"


# Valencia, 29 October 2024: a text that was ready waited 2 hours 26 minutes; Kerr County, 4 July 2025: 72. Water
# that rises, or smoke, gives minutes: half of what a careful reading of every language takes is the first limit.
_LIMITS = {
    Severity.EXTREME: (timedelta(minutes=2), timedelta(minutes=5)),
    Severity.SEVERE: (timedelta(minutes=5), timedelta(minutes=10)),
    Severity.UNKNOWN: (timedelta(minutes=5), timedelta(minutes=10)),
    Severity.MODERATE: (timedelta(minutes=15), timedelta(minutes=30)),
    Severity.MINOR: (timedelta(minutes=30), timedelta(minutes=60)),
}


def limits(severity: Severity) -> tuple[timedelta, timedelta]:
    """From how long on a draft of a severity waits late, and very late."""
    return _LIMITS[severity]


def loudness(severity: Severity, waited: timedelta) -> Loudness:
    """How loud it is said that a draft has waited so long."""
    late, very_late = _LIMITS[severity]
    if waited >= very_late:
        return Loudness.VERY_LATE
    return Loudness.LATE if waited >= late else Loudness.CALM
