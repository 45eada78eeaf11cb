"""The instant of a release, from what an officer typed: a local time in a zone, or with an offset."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

RELEASE_TRANSITIONS: dict[str, frozenset[str]] = {
    "waiting": frozenset({"held", "released", "dropped"}),
    "held": frozenset({"released", "dropped"}),  # late beyond its grace: an officer decides
    "released": frozenset(),
    "dropped": frozenset(),
}
"""The states of a planned release."""


class NoSuchTime(ValueError):
    """The text names no instant; `field` is where the fault lies."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Release:
    """`at` in UTC; `zone` is where people read it; `twice` when the clock shows that time two times
    that night, and then `at` is the first."""

    at: datetime
    zone: str
    twice: bool


def zone_named(name: str) -> ZoneInfo:
    """The time zone; NoSuchTime when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NoSuchTime("timezone", f"onbekende tijdzone '{name}', gebruik bijvoorbeeld Europe/Amsterdam") from error


def parse_release(text: str, zone_name: str | None, hub_zone: str) -> Release:
    """The release that `text` and `zone_name` mean; NoSuchTime when there is no such moment.

    When the clock goes forward an hour does not exist; when it goes back one exists twice
    (Europe/Amsterdam: the last Sundays of March and October, directive 2000/84/EC).
    """
    try:
        typed = datetime.fromisoformat(text)
    except ValueError as error:
        raise NoSuchTime("release_at", "geen tijdstip: gebruik bijvoorbeeld 2026-11-23T14:30") from error
    if not 2000 <= typed.year < 2100:
        raise NoSuchTime("release_at", "kies een jaar van 2000 tot 2100")
    if typed.tzinfo is not None:
        return _with_offset(typed, zone_name, hub_zone)
    if zone_name is None:
        raise NoSuchTime("timezone", "bij een lokale tijd hoort een tijdzone, bijvoorbeeld Europe/Amsterdam")
    return _local(typed, zone_name)


def _with_offset(typed: datetime, zone_name: str | None, hub_zone: str) -> Release:
    zone = zone_named(zone_name or hub_zone)
    if zone_name is not None and typed.astimezone(zone).utcoffset() != typed.utcoffset():
        raise NoSuchTime("release_at", f"de afwijking van UTC past niet bij {zone_name}: geef één van beide")
    return Release(typed.astimezone(UTC), zone.key, twice=False)


def _local(typed: datetime, zone_name: str) -> Release:
    zone = zone_named(zone_name)
    first, second = (typed.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != typed:
        raise NoSuchTime("release_at", f"dit tijdstip bestaat niet in {zone_name}: de klok gaat dan vooruit")
    return Release(first, zone.key, twice=first != second)
