"""What was counted, ours beside theirs: the ledger in our database, and the providers' own counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from broadcaster.demo.office import KINDS
from broadcaster.demo.premises import Premises
from broadcaster.demo.processes import Seen
from broadcaster.model.cap import Lane
from broadcaster.model.delivery import OPEN, State
from broadcaster.seal import load_seal
from broadcaster.store import alerts, approvals, attempts, facts
from broadcaster.store.attempts import Figures
from broadcaster.store.journal import Broken, Head
from broadcaster.wiring import stores
from broadcaster.wiring.journal_head import verified

ENDS = (
    State.ACCEPTED, State.DELIVERED, State.FAILED, State.UNCERTAIN, State.EXPIRED, State.SUPERSEDED, State.HALTED,
)  # fmt: skip
"""The seven end states, in the order they are told."""
TAKEN = frozenset({State.ACCEPTED, State.DELIVERED})


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery of our ledger. `recipient` is the address without how a provider spells it: see `spelt`.
    `person` is None for a public channel."""

    reference: str
    recipient: str
    person: int | None
    kind: str
    state: State
    transmissions: int


@dataclass(frozen=True)
class Ours:
    """What our database says about one alert."""

    lines: list[Line]
    figures: Mapping[str, Figures]
    lane: Lane
    approved_digest: str | None
    journal: Head | Broken

    def states(self, kind: str) -> Counter[State]:
        """Deliveries of a channel kind by state."""
        return Counter(line.state for line in self.lines if line.kind == kind)

    @property
    def open(self) -> int:
        """How many deliveries have no named end."""
        return sum(line.state in OPEN for line in self.lines)

    def state_of(self, reference: str) -> State | None:
        """Where a delivery stands, by what its provider knows it by."""
        return self._by_reference.get(reference)

    @cached_property
    def _by_reference(self) -> dict[str, State]:
        return {line.reference: line.state for line in self.lines}

    @property
    def people(self) -> int:
        """How many recipients have a delivery."""
        return len({line.person for line in self.lines} - {None})

    def channels(self) -> dict[str, dict[str, int]]:
        """The figures by channel kind, as the demo prints them."""
        return {kind: self._channel(kind) for kind in KINDS}

    def _channel(self, kind: str) -> dict[str, int]:
        states, figures = self.states(kind), self.figures.get(kind, Figures())
        ends = {state.value: states[state] for state in ENDS}
        return {
            "planned": states.total(),
            **ends,
            "retries": figures.retries,
            "failovers": figures.failovers,
            "copies_max": figures.copies_max,
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the promises are judged by. `before` is what the hub said over HTTP at the end, by
    channel kind and state; `refusals` its answers to the two approvals that must not pass. `outage`: one gateway
    was out of service for a while."""

    ours: Ours
    seen: Mapping[str, Seen]
    before: Mapping[str, Mapping[str, int]]
    boards: Mapping[str, Mapping[str, Any]]
    fooled: list[str]
    refusals: list[int]
    digest: str
    recipients: int
    names: tuple[str, str]
    drill: bool
    outage: bool = False


def ours(premises: Premises, alert_id: str) -> Ours:
    """Read our own database, as anybody may with the installation's keys."""
    store = stores.database(premises.settings)
    try:
        with store.reading() as conn:
            return _read(conn, premises, alert_id)
    finally:
        store.close()


def unread(premises: Premises) -> bool:
    """Whether there is something of a provider's that nothing was made of yet."""
    store = stores.database(premises.settings)
    try:
        with store.reading() as conn:
            return bool(facts.waiting(conn, 0, 1))
    finally:
        store.close()


def _read(conn: Connection, premises: Premises, alert_id: str) -> Ours:
    seal = load_seal(premises.settings.keys_folder)
    lines = [
        Line(
            entry.reference,
            spelt(seal.open(entry.sealed, entry.kind)),
            None if entry.public else entry.recipient_id,
            entry.kind,
            entry.state,
            entry.transmissions,
        )
        for entry in attempts.ledger(conn, alert_id)
    ]
    row = alerts.get(conn, alert_id)
    assert row is not None  # it was released a moment ago
    journal = verified(conn, stores.head_file(premises.settings))
    return Ours(lines, attempts.figures(conn, alert_id), row.lane, approvals.digest_of(conn, alert_id), journal)


def spelt(address: str) -> str:
    """An address without how a provider spells it: a number begins with a plus sign, with 00 or with neither."""
    return address.removeprefix("+").removeprefix("00")
