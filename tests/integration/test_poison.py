"""A recipient that nobody can send to costs that recipient, and nobody beside it in the batch (R13).

One in a thousand is refused by the provider, another in a thousand has an address that can no longer be opened.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Connection

from broadcaster.clock import SystemClock
from broadcaster.demo.simulators.faults import Faults
from broadcaster.dispatch.engine import Engine
from broadcaster.dispatch.lanes import Live
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.model.audience import Recipient
from broadcaster.model.cap import Lane
from broadcaster.signals import Signals
from broadcaster.store import attempts, intake
from broadcaster.store.database import Database
from broadcaster.wiring.engines import _opener
from broadcaster.workflow import importing
from broadcaster.workflow.house import House
from tests import lives
from tests.contract.cases.sms_cm import CASE
from tests.drill.counting import until_at_rest

ONE_IN = 1_000
SEED = 13
PROVIDER = Faults(SEED, 5 / ONE_IN, ())
"""Refuses a fifth of its rate, and nothing else goes wrong."""
SIZES = [1_000, pytest.param(100_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]


def _number(i: int) -> str:
    return f"+316{i:08d}"


def _is_damaged(i: int) -> bool:
    return i % ONE_IN == ONE_IN // 2


def _approved(conn: Connection, house: House, recipients: int, now: datetime) -> str:
    lives.furnish(conn, house, 4, now)
    people = [
        importing.sealed(lives.SEAL, Recipient(f"X{i}", "nl", ("veel",), ("noord",), (("sms", _number(i)),)))
        for i in range(recipients)
    ]
    for i, person in enumerate(people):
        if _is_damaged(i):
            [(kind, sealed, mark)] = person.addresses
            people[i] = replace(person, addresses=((kind, sealed[:-1] + bytes([sealed[-1] ^ 1]), mark),))
    intake.put(conn, lives.ORGANISATION, people, now)
    return lives.approved(conn, house, now, channels=["sms"], audience={"groups": ["veel"]}).id


@pytest.mark.parametrize("recipients", SIZES)
async def test_one_bad_recipient_in_a_thousand_costs_only_itself(
    database: Database, house: House, recipients: int
) -> None:
    if database.engine.dialect.name == "postgresql":
        recipients = min(recipients, 10_000)  # what is shown here is the same on either, and takes longer there
    clock = SystemClock()
    alert = await database.run(_approved, house, recipients, clock.now())
    spec = replace(CASE.spec(), per_second=10_000.0)
    async with CASE.live(faults=PROVIDER) as (gateway, account):
        engine: Engine[Live] = Engine(
            database, clock, Signals(), Lane.LIVE, {"sms.main": LiveOutlet(spec, account)}, {"sms": "sms.main"},
            {"sms.main": _opener(lives.SEAL, "sms")},
        )  # fmt: skip
        await until_at_rest(database, engine)
        copies = Counter(recipient for _, recipient in gateway.counts.copies.elements())
    bad = {i for i in range(recipients) if _is_damaged(i) or PROVIDER.refuses(CASE.wire(_number(i)))}
    ledger = await database.read(attempts.ledger, alert)
    states = Counter(str(entry.state) for entry in ledger)
    assert len(bad) > recipients / ONE_IN, f"seed {SEED} has nobody to refuse"
    assert states == {"accepted": recipients - len(bad), "failed": len(bad)}
    assert set(copies) == {CASE.wire(_number(i)) for i in range(recipients) if i not in bad}
    assert set(copies.values()) == {1}
