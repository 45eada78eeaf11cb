"""Which process drives which account, where several live on one database.

Pace and breaker of an account are in the memory of the process that drives it, so one does at a time. Who gets what
follows from who lives, in every process alike: nobody drives two accounts more than another that could drive one of
them, and what is driven already moves only for that.
"""

from collections.abc import Collection, Mapping

from broadcaster.store.workers import Leased, View


def shares(able: Mapping[str, Collection[str]], held: Mapping[str, str]) -> dict[str, str]:
    """Who is to drive each account. able: the accounts that each living process can drive. held: who drives now."""
    kept = {account: owner for account, owner in held.items() if account in able.get(owner, ())}
    loads = dict.fromkeys(able, 0)
    for owner in kept.values():
        loads[owner] += 1
    for account in sorted({name for accounts in able.values() for name in accounts} - set(kept)):
        kept[account] = _give(account, able, loads)
    while move := _move(able, kept, loads):
        account, to = move
        loads[kept[account]] -= 1
        loads[to] += 1
        kept[account] = to
    return kept


def _give(account: str, able: Mapping[str, Collection[str]], loads: dict[str, int]) -> str:
    to = min((owner for owner in able if account in able[owner]), key=lambda owner: (loads[owner], owner))
    loads[to] += 1
    return to


def _move(
    able: Mapping[str, Collection[str]], kept: Mapping[str, str], loads: Mapping[str, int]
) -> tuple[str, str] | None:
    """An account with whom it should go to; each such move makes the loads more even, so there is a last one."""
    for to in sorted(loads, key=lambda owner: (loads[owner], owner)):
        for account in sorted(kept, key=lambda name: (-loads[kept[name]], kept[name], name)):
            if account in able[to] and loads[kept[account]] >= loads[to] + 2:
                return account, to
    return None


class Holdings:
    """What this process drives, as it knows by its last look; everything where it is the only one (`accounts` None)."""

    def __init__(self, owner: str, accounts: Collection[str] | None) -> None:
        self._owner = owner
        self.accounts = frozenset(accounts or ())
        self.shared = accounts is not None
        self._mine: frozenset[str] = frozenset()
        self._leaving: frozenset[str] = frozenset()
        self._open_elsewhere: frozenset[str] = frozenset()

    def drives(self, account: str) -> bool:
        """Whether this process may claim for an account."""
        return not self.shared or (account in self._mine and account not in self._leaving)

    def is_open_elsewhere(self, account: str) -> bool:
        """Whether another process drives an account, and found it out of order."""
        return account in self._open_elsewhere

    @property
    def leaving(self) -> frozenset[str]:
        """Accounts that go to another once nothing of them is under way here."""
        return self._leaving & self._mine

    def look(self, view: View, living: Collection[str]) -> list[str]:
        """Take in how the lane stands, `living` being who lives; the free accounts that are ours to take."""
        held = {name: lease.owner for name, lease in view.leases.items() if lease.owner in living and lease.owner}
        able = {owner: view.workers[owner].accounts for owner in living}
        wanted = shares(able, held)
        self._mine = frozenset(name for name, owner in held.items() if owner == self._owner)
        self._leaving = frozenset(name for name in self._mine if wanted.get(name, self._owner) != self._owner)
        self._open_elsewhere = frozenset(name for name, lease in view.leases.items() if self._is_anothers(lease))
        return [
            name for name, owner in wanted.items() if owner == self._owner and name in view.leases and name not in held
        ]

    def _is_anothers(self, lease: Leased) -> bool:
        return lease.is_open and lease.owner != self._owner

    def took(self, accounts: Collection[str]) -> None:
        """These are ours now."""
        self._mine |= frozenset(accounts)
        self._open_elsewhere -= frozenset(accounts)

    def gave(self, accounts: Collection[str]) -> None:
        """These are not ours any more."""
        self._mine -= frozenset(accounts)

    def lose(self) -> None:
        """Others took us for gone: nothing is ours."""
        self._mine = self._leaving = frozenset()
