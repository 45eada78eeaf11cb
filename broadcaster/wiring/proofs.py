"""What the last check messages proved of each account, kept at hand for whoever asks how it stands."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta

from broadcaster.clock import Clock
from broadcaster.dispatch.standing import AccountStanding
from broadcaster.store import check_messages
from broadcaster.store.check_messages import LastCheck
from broadcaster.store.database import Database

_ARRIVES_IN = timedelta(minutes=15)
"""After so long a message that did not arrive is lost, for whoever must rely on the account now."""


class Proofs:
    """Adds to how accounts stand what came of their last check message. `receipts`: the kinds whose providers
    tell that something arrived; of the others it is proof that their server took it."""

    def __init__(
        self,
        store: Database,
        clock: Clock,
        receipts: AbstractSet[str],
        standing: Callable[[], Sequence[AccountStanding]],
    ) -> None:
        self._store, self._clock, self._receipts, self._standing = store, clock, receipts, standing
        self._last: dict[str, LastCheck] = {}

    async def tick(self) -> None:
        """Read it anew."""
        found = await self._store.read(check_messages.last_checks, self._clock.now() - check_messages.LOOKS_BACK)
        self._last = {check.account: check for check in found}

    def standing(self) -> list[AccountStanding]:
        """How each account stands, its last check message included."""
        return [replace(item, last_check=self._last.get(item.account)) for item in self._standing()]

    def reasons(self) -> Iterator[str]:
        """A sentence for each kind of which every account lost its last check message."""
        accounts = self.standing()
        for kind in dict.fromkeys(item.kind for item in accounts):
            of_kind = [item for item in accounts if item.kind == kind]
            if all(self._is_lost(item) for item in of_kind):
                yield f"the last check message by {kind} arrived nowhere: {', '.join(item.account for item in of_kind)}"

    def _is_lost(self, item: AccountStanding) -> bool:
        check = item.last_check
        if check is None or self._clock.now() - check.released_at < _ARRIVES_IN:
            return False
        return not (check.arrived or (check.accepted and item.kind not in self._receipts))
