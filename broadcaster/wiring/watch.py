"""Whether the hub can do its work right now; when it cannot, a sentence for each reason."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from broadcaster.dispatch.standing import AccountStanding
from broadcaster.schedule import Ticker
from broadcaster.store.database import AWAY, Database
from broadcaster.store.room import MEGABYTE, Room
from broadcaster.wiring import stores
from broadcaster.wiring.child import DrillChild
from broadcaster.wiring.engines import LiveEngine
from broadcaster.wiring.gate import Gate
from broadcaster.wiring.journal_head import HeadKeeper
from broadcaster.wiring.proofs import Proofs

_CHILD_GONE_IN = 15.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What is looked at."""

    store: Database
    room: Room
    live: LiveEngine
    head: HeadKeeper
    child: DrillChild
    ticker: Ticker
    accounts: Callable[[], Sequence[AccountStanding]] = tuple
    proofs: Proofs | None = None
    gate: Gate | None = None

    async def reasons(self) -> list[str]:
        """Why it cannot; none when all is well."""
        found = [*self._parts(), *stopped_kinds(self.accounts()), *(self.proofs.reasons() if self.proofs else ())]
        try:
            await self.store.read(stores.require_schema)
        except AWAY:
            found.insert(0, "the database does not answer, or has another schema")
        return found

    def _parts(self) -> Iterator[str]:
        if self.head.broken:
            yield "the journal's end is missing: run 'omroeper journal verify'"
        held = self.gate.held if self.gate is not None else None
        if held is not None:
            yield f"nothing is sent: the database is held ({held.why}), see 'omroeper hold'"
        elif not self.live.engine.running:
            yield "the delivery engine stands still"
        if stuck := self.live.engine.stuck:
            yield f"the deliveries of an alert cannot be made, the log says why: {', '.join(stuck)}"
        if self.child.gone_in > _CHILD_GONE_IN:
            yield "the drill process does not stay alive: exercises wait"
        if late := self.ticker.late():
            yield f"what should happen by the clock is late: {', '.join(late)}"
        if self.room.is_low:
            yield f"the disk has less than {self.room.keep_free // MEGABYTE} MB left: nothing new is released"
        elif self.room.is_spent:
            yield "the disk has no room for its ballast: nothing new is released"


def stopped_kinds(accounts: Sequence[AccountStanding]) -> Iterator[str]:
    """A sentence for each kind of which no account works."""
    for kind in dict.fromkeys(item.kind for item in accounts):
        of_kind = [item for item in accounts if item.kind == kind]
        if all(item.breaker == "open" for item in of_kind):
            yield f"no account of {kind} works: {', '.join(item.account for item in of_kind)}"
