"""Whether the hub can do its work right now; when it cannot, a sentence for each reason."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from broadcaster.dispatch.standing import AccountStanding
from broadcaster.schedule import Ticker
from broadcaster.store.database import AWAY, Database
from broadcaster.wiring import stores
from broadcaster.wiring.child import DrillChild
from broadcaster.wiring.engines import LiveEngine
from broadcaster.wiring.gate import Gate
from broadcaster.wiring.journal_head import HeadKeeper
from broadcaster.wiring.proofs import Proofs

LEAST_FREE = 256 * 1024 * 1024
"""Bytes: a disk with less is full before anybody has come to look."""
_CHILD_GONE_IN = 15.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What is looked at. folder: where the database, or else the journal's head, is written."""

    store: Database
    folder: Path
    live: LiveEngine
    head: HeadKeeper
    child: DrillChild
    ticker: Ticker
    accounts: Callable[[], Sequence[AccountStanding]] = tuple
    proofs: Proofs | None = None
    gate: Gate | None = None
    least_free: int = LEAST_FREE

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
        if self.child.gone_in > _CHILD_GONE_IN:
            yield "the drill process does not stay alive: exercises wait"
        if late := self.ticker.late():
            yield f"what should happen by the clock is late: {', '.join(late)}"
        if shutil.disk_usage(self.folder).free < self.least_free:
            yield f"the disk has less than {self.least_free // 1024**2} MB left"


def stopped_kinds(accounts: Sequence[AccountStanding]) -> Iterator[str]:
    """A sentence for each kind of which no account works."""
    for kind in dict.fromkeys(item.kind for item in accounts):
        of_kind = [item for item in accounts if item.kind == kind]
        if all(item.breaker == "open" for item in of_kind):
            yield f"no account of {kind} works: {', '.join(item.account for item in of_kind)}"
