"""Which account takes over from another: the configured order, past every account that is open."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from broadcaster.dispatch.breaker import Breaker
from broadcaster.dispatch.sharing import Holdings
from broadcaster.model.cap import Lane
from broadcaster.model.events import SYSTEM, Event
from broadcaster.store import handover, journal


class Routes:
    """The accounts of a lane. `firsts`: where each channel kind starts. `failover`: the accounts after an account,
    in order. An account without a list of its own that stands in another's takes that one's order, from its head:
    what came from there may go back. `holdings`: which of them other processes drive, and found open."""

    def __init__(
        self,
        firsts: Mapping[str, str],
        failover: Mapping[str, Sequence[str]],
        breakers: Mapping[str, Breaker],
        holdings: Holdings | None = None,
    ) -> None:
        self._firsts, self._breakers = firsts, breakers
        self._holdings = holdings or Holdings("", None)
        self._after: dict[str, list[str]] = {}
        for account, others in failover.items():
            self._after[account] = [other for other in others if other in breakers]
        for account, others in failover.items():
            for other in others:
                self._after.setdefault(other, [name for name in (account, *others) if name in breakers])

    def next_after(self, account: str) -> str | None:
        """The first account after this one that is not open; None when there is none."""
        others = self._after.get(account, ())
        return next((name for name in others if name != account and not self._is_open(name)), None)

    def _is_open(self, account: str) -> bool:
        if not self._holdings.drives(account):
            return self._holdings.is_open_elsewhere(account)
        return account in self._breakers and self._breakers[account].is_open

    def starts(self) -> dict[str, str]:
        """Where a new delivery of each kind starts: its first account, or the next while that one is open."""
        return {kind: self._usable(first) for kind, first in self._firsts.items()}

    def _usable(self, account: str) -> str:
        return (self.next_after(account) or account) if self._is_open(account) else account

    def moves(self) -> list[tuple[str, str]]:
        """Each open account with the one that takes over from it: whoever drives it moves what waits there."""
        mine = [name for name, breaker in self._breakers.items() if breaker.is_open and self._holdings.drives(name)]
        pairs = [(name, self.next_after(name)) for name in mine]
        return [(name, target) for name, target in pairs if target is not None]


def by_kind(accounts: Iterable[str]) -> dict[str, list[str]]:
    """Accounts by the kind in their names, in order."""
    found: dict[str, list[str]] = {}
    for account in accounts:
        found.setdefault(account.partition(".")[0], []).append(account)
    return found


def take_over(conn: Connection, lane: Lane, account: str, target: str, now: datetime) -> int:
    """Move a slice of what waits at an open account to another, with a line in the journal; how many."""
    moved = handover.move(conn, lane, account, target, now)
    data = {"from": account, "to": target}
    events = [
        Event("DeliveriesMoved", SYSTEM, alert_id, data | {"count": count})
        for alert_id, count in moved.items()
        if count
    ]
    journal.append(conn, events, now)
    return sum(moved.values())
