"""Alerts of which a step fails by itself are put aside for a while, so that no other alert waits behind them.

What failed is tried again after 1 s, then after twice as long each time; what succeeds, or is not asked for any more,
is forgotten. The error is named by its kind and code alone: its text holds the values of rows.
"""

from collections.abc import Awaitable, Sequence
from typing import NamedTuple

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from broadcaster.clock import Clock
from broadcaster.store.database import AWAY

log = structlog.get_logger()
_FIRST_IN = 1.0
_LONGEST_IN = 60.0
_LONGEST_AWAY_IN = 5.0
"""Of an error that may be the database's: when that is well again, nobody waits a minute for it."""
_NAMED_FROM = 2
"""Failures in a row: one alone may be a line that broke."""


class _Failed(NamedTuple):
    times: int
    again_at: float


class Aside:
    """The alerts of which one kind of step failed; `what` says in the log that it did."""

    def __init__(self, clock: Clock, what: str) -> None:
        self._clock, self._what = clock, what
        self._failed: dict[str, _Failed] = {}

    def ready(self, alerts: Sequence[str]) -> list[str]:
        """Those that need not wait now, in their order; others than `alerts` are forgotten."""
        self._failed = {alert_id: self._failed[alert_id] for alert_id in alerts if alert_id in self._failed}
        now = self._clock.monotonic()
        return [one for one in alerts if one not in self._failed or self._failed[one].again_at <= now]

    def named(self) -> list[str]:
        """Those that did not fail by chance."""
        return sorted(alert_id for alert_id, failed in self._failed.items() if failed.times >= _NAMED_FROM)

    async def tried(self, alert_id: str, step: Awaitable[int]) -> int:
        """What the step gives; 0 when it fails, whatever the error: then its alert waits."""
        try:
            done = await step
        except Exception as error:  # noqa: BLE001 - also a fault of ours in one alert must not stop all
            self._put(alert_id, error)
            return 0
        if self._failed.pop(alert_id, _Failed(0, 0.0)).times >= _NAMED_FROM:
            log.info("an alert that was put aside goes on", was=self._what, alert=alert_id)
        return done

    def _put(self, alert_id: str, error: Exception) -> None:
        times = self._failed.get(alert_id, _Failed(0, 0.0)).times + 1
        wait_in = min(_FIRST_IN * 2 ** min(times - 1, 10), _LONGEST_AWAY_IN if _is_away(error) else _LONGEST_IN)
        self._failed[alert_id] = _Failed(times, self._clock.monotonic() + wait_in)
        say = log.critical if times >= _NAMED_FROM else log.warning
        say(self._what, alert=alert_id, error=type(error).__name__, code=_code(error), times=times, again_in=wait_in)


def _is_away(error: Exception) -> bool:
    """Whether it may have been the database's, and nothing of the alert."""
    if isinstance(error, DBAPIError):
        return isinstance(error, OperationalError | InterfaceError)
    return isinstance(error, AWAY)


def _code(error: Exception) -> str | None:
    """The database's code of an error: SQLSTATE, or SQLite's name."""
    found = getattr(error, "orig", None)
    return getattr(found, "sqlstate", None) or getattr(found, "sqlite_errorname", None)
