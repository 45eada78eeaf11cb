"""The words of the Common Alerting Protocol 1.2 (OASIS), as it spells them.

https://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2.html, sections 3.2.1 (alert) and 3.2.2 (info).
"""

from enum import StrEnum


class Status(StrEnum):
    """Whether an alert is real. Chosen when a draft is made, and never changed."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    TEST = "Test"


class Lane(StrEnum):
    """Where deliveries go: out of the house, or nowhere. Follows from the status alone."""

    LIVE = "live"
    DRILL = "drill"


class MsgType(StrEnum):
    """What an alert does to earlier ones."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


class Category(StrEnum):
    """The kind of event."""

    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class Severity(StrEnum):
    """How bad, most severe first."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"

    @property
    def rank(self) -> int:
        """0 for the most severe: what goes first has the lower rank."""
        return list(Severity).index(self)

    @property
    def grave(self) -> bool:
        """Whether lives may depend on it: then one doubtful send is repeated once."""
        return self in (Severity.EXTREME, Severity.SEVERE)


class Urgency(StrEnum):
    """How soon to act."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """How sure it is."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


def lane_of(status: Status) -> Lane:
    """The lane of a status: only Actual is live."""
    return Lane.LIVE if status is Status.ACTUAL else Lane.DRILL
