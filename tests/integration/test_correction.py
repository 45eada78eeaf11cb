"""A correction while its alert is still going out (R12): it reaches everyone reached, and overtakes what waits."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest
from sqlalchemy import Connection, text

from broadcaster import ids
from broadcaster.channel import Accepted, Fact, Failed, FailureKind, Inbound, Outcome, Parcel
from broadcaster.clock import SystemClock
from broadcaster.dispatch.engine import Engine
from broadcaster.dispatch.lanes import Live
from broadcaster.dispatch.outlet import LiveOutlet
from broadcaster.model.cap import Lane, MsgType
from broadcaster.model.finding import to_accept
from broadcaster.signals import Signals
from broadcaster.store import alerts, deliveries
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.workflow.house import House
from tests import lives

REFUSED = Failed(FailureKind.BAD_ADDRESS, "no such number")
LOST = Failed(FailureKind.UNCERTAIN, "the answer did not come")
AWAY = Failed(FailureKind.UNREACHABLE, "the line is down")
OUTCOMES: list[Outcome] = [Accepted(), REFUSED, LOST, AWAY]


@dataclass
class Gateway:
    """Takes most of the alert, and all of what corrects it. `read` is who may have read what, in order."""

    alert_id: str
    chance: random.Random
    read: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    order: list[str] = field(default_factory=list)

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        await asyncio.sleep(0.002)
        return [self._take(parcel) for parcel in parcels]

    def _take(self, parcel: Parcel) -> Outcome:
        alert_id = (ids.parse_reference(parcel.reference) or ("", 0))[0]
        outcome: Outcome = Accepted()
        if alert_id == self.alert_id:
            outcome = self.chance.choices(OUTCOMES, [7, 1, 1, 1])[0]
        if outcome not in (REFUSED, AWAY):
            self.read[alert_id].append(parcel.address)
            self.order.append(alert_id)
        return outcome

    async def probe(self) -> Failed | None:
        return None

    def facts(self, inbound: Inbound) -> list[Fact]:
        return []

    async def aclose(self) -> None:
        return


def _engine(house: House, database: Database, gateway: Gateway, recipients: int) -> Engine[Live]:
    spec = replace(house.specs["sms"], batch=1, concurrency=8, per_second=recipients / 3)
    return Engine(
        database, SystemClock(), Signals(), Lane.LIVE, {"sms.primary": LiveOutlet(spec, gateway)}, lives.ACCOUNTS,
        {"sms.primary": lambda sealed: lives.SEAL.open(sealed, "sms")},
    )  # fmt: skip


def _released(conn: Connection, house: House, recipients: int, now: datetime) -> AlertRow:
    lives.furnish(conn, house, 4, now)
    lives.crowd(conn, recipients, now)
    return lives.approved(conn, house, now, channels=["sms"], audience={"groups": ["veel"]})


def _offered(conn: Connection, house: House, alert: AlertRow, msg_type: MsgType, now: datetime) -> AlertRow:
    draft = lives.correcting_draft(conn, house, alert, msg_type, lives.CARA, now)
    return lives.offered(conn, house, draft.id, lives.CARA, now).alert


def _agreed(conn: Connection, house: House, correction: AlertRow, now: datetime) -> AlertRow:
    accepts = to_accept(alerts.findings(conn, correction.id))
    return lives.agreed(conn, house, correction, lives.BERT, now, accepts)


def _addresses(conn: Connection, alert_id: str, where: str) -> set[str]:
    query = (
        "SELECT a.sealed FROM addressee e JOIN address a ON a.id = e.address_id"
        f" LEFT JOIN delivery d ON d.alert_id = e.alert_id AND d.n = e.n WHERE e.alert_id = :a AND ({where})"
    )
    return {lives.SEAL.open(bytes(sealed), "sms") for sealed in conn.scalars(text(query), {"a": alert_id})}


TRIED = "EXISTS (SELECT 1 FROM attempt t WHERE t.delivery_id = d.id)"
SIZES = [300, pytest.param(100_000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]


async def until(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110 - what happens elsewhere sets no event
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("recipients", SIZES)
@pytest.mark.parametrize("msg_type", [MsgType.UPDATE, MsgType.CANCEL])
async def test_a_correction_reaches_everyone_reached(
    database: Database, house: House, msg_type: MsgType, recipients: int
) -> None:
    clock = SystemClock()
    alert = await database.run(_released, house, recipients, clock.now())
    gateway = Gateway(alert.id, random.Random(38))
    had = gateway.read[alert.id]
    engine = _engine(house, database, gateway, recipients)
    running = asyncio.create_task(engine.run())
    await until(lambda: len(had) >= recipients // 6)
    correction = await database.run(_offered, house, alert, msg_type, clock.now())
    promised = await database.read(_addresses, correction.id, "1 = 1")
    begun = await database.read(_addresses, alert.id, TRIED + " OR d.transmissions > 0")
    await until(lambda: not set(had) <= begun)  # it goes on while the second officer reads
    await database.run(_agreed, house, correction, clock.now())
    while not await database.read(_all_settled, alert.id, correction.id):  # noqa: ASYNC110 - of a database
        await asyncio.sleep(0.01)
    engine.stop()
    await running

    got = gateway.read[correction.id]
    assert len(set(had)) < recipients, "the correction came while the alert was going out"
    assert set(had) <= set(got), "everyone reached is reached again"
    assert len(got) == len(set(got))
    if msg_type is MsgType.UPDATE:
        assert set(got) == promised, "and who was about to be reached gets it in its place"
    else:
        tried = await database.read(_addresses, alert.id, TRIED)
        assert set(got) <= tried, "nobody is told of the withdrawal of what never went on its way to them"
        spared = await database.read(_addresses, correction.id, "d.reason = 'not-reached'")
        assert spared == promised - set(got)
        assert spared
    assert gateway.order.index(correction.id) > 0
    last = len(gateway.order) - 1 - gateway.order[::-1].index(alert.id)
    assert last - gateway.order.index(correction.id) <= 8, (
        "what waited of the alert did not go first: one window at most"
    )


def _all_settled(conn: Connection, *alert_ids: str) -> bool:
    return all(deliveries.settled(conn, alert_id) for alert_id in alert_ids)
