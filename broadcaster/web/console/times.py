"""Times as people say them, in the hub's zone: the hour when it is today, with the day when it is not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from broadcaster.web.console.words import Words

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Times:
    """How instants read at `now`."""

    words: Words
    zone: ZoneInfo
    now: datetime

    def local(self, at: datetime) -> datetime:
        """An instant on the clock of the hub's zone."""
        return at.astimezone(self.zone)

    def said(self, at: datetime) -> str:
        """The hour ("14:05"), after the day when it is not today: "morgen 14:05", "di 24 nov 14:05"."""
        local = self.local(at)
        day = self.day(local)
        return f"{day} {local:%H:%M}" if day else f"{local:%H:%M}"

    def day(self, local: datetime) -> str:
        """The day in words; empty for today."""
        apart = (local.date() - self.local(self.now).date()).days
        if apart == 0:
            return ""
        if apart in (1, -1):
            return self.words("time.tomorrow" if apart == 1 else "time.yesterday")
        return self.date(local)

    def date(self, local: datetime) -> str:
        """The day as "di 24 nov", with the year when it is another."""
        day, month = (
            self.words("time.days").split()[local.weekday()],
            self.words("time.months").split()[local.month - 1],
        )
        year = "" if local.year == self.local(self.now).year else f" {local.year}"
        return f"{day} {local.day} {month}{year}"

    def passed(self, at: datetime) -> str:
        """How long ago: "zojuist", "4 minuten geleden", "2 uur geleden"."""
        seconds = max(0, int((self.now - at).total_seconds()))
        if seconds < _MINUTE:
            return self.words("time.just_now")
        if seconds < _HOUR:
            return self.words.counted("time.minutes", seconds // _MINUTE)
        if seconds < 2 * _DAY:
            return self.words.counted("time.hours", seconds // _HOUR)
        return self.words.counted("time.many_days", seconds // _DAY)

    def is_late(self, at: datetime | None) -> bool:
        """Whether an instant that was promised has gone by."""
        return at is not None and at < self.now - timedelta(seconds=_MINUTE)

    def element(self, at: datetime) -> "Element":
        """The instant for people and for machines."""
        return Element(f'<time datetime="{_machine(at)}">{escape(self.said(at))}</time>')

    def since(self, at: datetime) -> "Element":
        """How long ago, kept up to date by the page's script."""
        seconds = max(0, int((self.now - at).total_seconds()))
        about = f'class="passed" data-seconds="{seconds}" datetime="{_machine(at)}"'
        return Element(f"<time {about}>{escape(self.passed(at))}</time>")


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of a page: a template takes it as it stands."""

    html: str

    def __html__(self) -> str:
        return self.html


def _machine(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
