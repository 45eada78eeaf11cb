"""R3: gateways of which one call in five ends in doubt, through the real engine and the real channel modules.

The provider takes the message and then hangs, resets, answers 500, breaks off or says something else with 200; or
it answers 500 and did not take it. Its own count is the truth that ours is held against.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.channel import Accepted, Channel, FailureKind, Outcome, Parcel
from broadcaster.demo.simulators.counts import Counts
from broadcaster.demo.simulators.faults import Fault, Faults
from broadcaster.dispatch.engine import Engine
from broadcaster.dispatch.lanes import Live
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store import attempts
from broadcaster.store.attempts import Entry
from broadcaster.store.database import Database
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import QuickClock
from tests.contract.cases import email_smtp, sms_cm, sms_spryng
from tests.contract.harness import Case
from tests.drill.counting import until_at_rest

DOUBTFUL = (Fault.HOLD, Fault.RESET, Fault.TRUNCATE, Fault.GARBAGE, Fault.ERROR_TAKEN)
LOST = {"sms": (Fault.ERROR_LOST,), "email": ()}  # a mail server says of itself that it did not take it
CASES = {case.CASE.name: case.CASE for case in (sms_cm, sms_spryng, email_smtp)}
IN_DOUBT = (FailureKind.UNCERTAIN, FailureKind.UNREACHABLE)  # the latter on a machine too busy to connect in time
SIZES = [200, pytest.param(5_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]


@dataclass
class Watched:
    """A channel, and what came of each transmission."""

    channel: Channel
    outcomes: list[tuple[str, str, Outcome]] = field(default_factory=list)

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        outcomes = await self.channel.send(parcels)
        found = zip(parcels, outcomes, strict=True)
        self.outcomes += [(parcel.reference, parcel.address, outcome) for parcel, outcome in found]
        return outcomes

    def __getattr__(self, name: str) -> Any:
        return getattr(self.channel, name)


class Once(Counts):
    """The counts of a provider that drops a second message with the same reference."""

    def took(self, reference: str, recipient: str) -> None:
        self.copies[reference, recipient] = 1


@dataclass
class Ended:
    """How a broadcast ended: the ledger, what each transmission came to, and what the provider took."""

    ledger: list[Entry]
    outcomes: list[tuple[str, str, Outcome]]
    copies: Counter[tuple[str, str]]

    def may_have_gone_out(self) -> Counter[str]:
        """Transmissions by reference, but for those that certainly did not happen."""
        certain = (FailureKind.UNREACHABLE, FailureKind.BAD_ADDRESS)
        return Counter(
            reference
            for reference, _, outcome in self.outcomes
            if isinstance(outcome, Accepted) or outcome.kind not in certain
        )

    def taken(self, reference: str) -> int:
        return sum(count for (one, _), count in self.copies.items() if one == reference)


def _approved(conn: Connection, house: House, kind: str, recipients: int, severity: str, now: datetime) -> str:
    lives.furnish(conn, house, 4, now)
    lines = [f"X{i},nl,veel,noord,+316{i:08d},inwoner{i}@wijk.example," for i in range(100, 100 + recipients)]
    lives.listed(conn, lines, now=now)
    audience = {"groups": ["veel"]}
    return lives.approved(conn, house, now, channels=[kind], audience=audience, severity=severity).id


async def _broadcast(
    database: Database, house: House, case: Case, recipients: int, seed: int, *,
    severity: str = "Severe", batch: int | None = None, deduplicates: bool = False,
) -> Ended:  # fmt: skip
    kind = case.spec().kind
    clock = QuickClock(start=datetime.now(UTC))
    alert = await database.run(_approved, house, kind, recipients, severity, clock.now())
    spec = replace(case.spec(), per_second=10_000.0, deduplicates=deduplicates)
    spec = replace(spec, batch=batch or spec.batch)
    async with case.live(faults=Faults(seed, 0.2, DOUBTFUL + LOST[kind]), changed=case.impatient) as (
        provider,
        account,
    ):
        if deduplicates:
            provider.counts = Once()
        watched = Watched(account)
        engine: Engine[Live] = Engine(
            database, clock, Signals(), Lane.LIVE, {f"{kind}.main": LiveOutlet(spec, watched)},
            {kind: f"{kind}.main"}, {f"{kind}.main": lambda sealed: lives.SEAL.open(sealed, kind)},
            repeating=[f"{kind}.main"] if deduplicates else [],
        )  # fmt: skip
        await until_at_rest(database, engine)
        ledger = await database.read(attempts.ledger, alert)
        return Ended(ledger, watched.outcomes, provider.counts.copies)


def _recorded(conn: Connection) -> Counter[str]:
    return Counter(conn.scalars(text("SELECT outcome FROM attempt WHERE outcome <> 'withheld'")))


def _nobody_lost(ended: Ended, recipients: int) -> None:
    assert len(ended.ledger) == recipients
    for entry in ended.ledger:
        taken = ended.taken(entry.reference)
        assert taken <= entry.transmissions <= 2
        if entry.state == "accepted":
            assert taken >= 1
        elif entry.state == "failed":
            assert taken == 0  # refused, if only when asked a second time
        else:
            assert entry.state == "uncertain"


@pytest.mark.parametrize("recipients", SIZES)
@pytest.mark.parametrize("name", CASES)
async def test_every_answer_is_what_the_table_says_and_nobody_is_lost(
    database: Database, house: House, name: str, recipients: int
) -> None:
    case = CASES[name]
    ended = await _broadcast(database, house, case, recipients, seed=recipients, batch=1)
    _nobody_lost(ended, recipients)

    faults, said = Faults(recipients, 0.2, ()), Counter[str]()
    for _, address, outcome in ended.outcomes:
        kind = "accepted" if isinstance(outcome, Accepted) else outcome.kind
        said[kind] += 1
        assert kind in ("accepted", *IN_DOUBT) or (
            kind is FailureKind.BAD_ADDRESS and faults.refuses(case.wire(address))
        )
    assert said["accepted"]
    assert said["uncertain"] >= len(ended.outcomes) * 0.1
    assert await database.read(_recorded) == said
    calls = ended.may_have_gone_out()
    assert max(calls.values()) == 2
    assert all(ended.taken(reference) <= count for reference, count in calls.items())


@pytest.mark.parametrize("recipients", SIZES)
async def test_a_batch_in_doubt_is_repeated_once_as_well(database: Database, house: House, recipients: int) -> None:
    ended = await _broadcast(database, house, CASES["sms_cm"], recipients, seed=1, batch=8)
    _nobody_lost(ended, recipients)
    assert max(ended.copies.values()) == 2


async def test_a_lesser_alert_waits_for_a_receipt_instead(database: Database, house: House) -> None:
    ended = await _broadcast(database, house, CASES["sms_spryng"], 150, seed=2, severity="Minor")
    _nobody_lost(ended, 150)
    assert set(ended.copies.values()) == {1}
    assert sum(entry.state == "uncertain" for entry in ended.ledger) >= 10


@pytest.mark.parametrize("recipients", SIZES)
async def test_a_gateway_that_drops_duplicates_delivers_no_extra_copy(
    database: Database, house: House, recipients: int
) -> None:
    ended = await _broadcast(
        database, house, CASES["sms_spryng"], recipients, seed=3, severity="Minor", deduplicates=True
    )
    _nobody_lost(ended, recipients)
    assert max(ended.may_have_gone_out().values()) == 2, "doubt is resolved by asking again, with the same reference"
    assert set(ended.copies.values()) == {1}
    assert len(ended.copies) == len({reference for reference, _ in ended.copies}) >= recipients * 0.9
