"""Pickering, 12 January 2020: an alert about a nuclear plant, sent during training from a system that looked
like the real one; 108 minutes until the all-clear, because supervisors had no access and because "expired"
was taken for corrected.

That a drill process opens no connection and has no secret is shown on real processes in tests/drill; here
its wiring.
"""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from broadcaster.clock import SystemClock
from broadcaster.dispatch.outlet import DrillOutlet
from broadcaster.model.alert import Stage
from broadcaster.model.cap import MsgType
from broadcaster.model.delivery import State
from broadcaster.model.people import Caller, Role
from broadcaster.signals import Signals
from broadcaster.store import alerts, deliveries, journal
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.wiring.engines import drill_engine
from broadcaster.workflow import approving, correcting, publishing
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from tests import lives
from tests.clocks import NOON
from tests.drill.counting import until_at_rest

PLANT = {
    "headline": "Incident in de kerncentrale",
    "description": "Er is een incident gemeld in de kerncentrale.",
    "impact": "Er is geen straling vrijgekomen.",
    "instruction": "U hoeft nu niets te doen. Volg het nieuws.",
}
INFOS = {"nl": PLANT, "en": PLANT}


async def test_a_training_alert_is_worked_off_by_an_engine_that_has_nothing_to_send_with(
    database: Database, house: House
) -> None:
    clock = SystemClock()
    await database.run(lives.furnish, house, 4, clock.now())

    def trained(conn: Connection) -> AlertRow:
        return lives.approved(conn, house, clock.now(), status="Exercise", infos=INFOS)

    alert = await database.run(trained)
    engine = drill_engine(house, database, clock, Signals())
    outlets = [dispatcher._outlet for dispatcher in engine.dispatchers]
    assert {type(outlet) for outlet in outlets} == {DrillOutlet}
    assert {dispatcher._open(b"anything") for dispatcher in engine.dispatchers} == {""}, "it cannot open an address"
    await until_at_rest(database, engine)
    assert await database.read(deliveries.counts, alert.id) == {"sms": {"accepted": 4}}


APPROVERS = [lives.BERT, lives.CARA, Caller("token", frozenset({Role.APPROVER}), "cara", "cara")]
"""One of them may do nothing else."""


@pytest.mark.parametrize("caller", APPROVERS)
def test_every_approver_can_stop_an_alert(conn: Connection, house: House, caller: Caller) -> None:
    alert = lives.expanded(conn, house, infos=INFOS)
    assert approving.halt(conn, caller, alert.id, NOON).halted_at == NOON


@pytest.mark.parametrize("caller", [*APPROVERS, lives.ANNA])
def test_every_approver_can_start_a_correction_and_see_it_through_with_one_other(
    conn: Connection, house: House, caller: Caller
) -> None:
    alert = lives.expanded(conn, house, infos=INFOS)
    draft = correcting.start(conn, house, caller, alert.id, MsgType.CANCEL, NOON)
    offered = lives.offered(conn, house, draft.id, caller).alert
    with pytest.raises(Refused), conn.begin_nested():
        lives.agreed(conn, house, offered, caller)
    other = lives.BERT if caller is lives.ANNA else lives.ANNA
    lives.agreed(conn, house, offered, other)
    assert alerts.get(conn, alert.id).stage is Stage.CANCELLED  # type: ignore[union-attr]


def expired(conn: Connection, house: House) -> AlertRow:
    alert = lives.expanded(conn, house, infos=INFOS)
    assert publishing.expire(conn, house, alert.expires_at) == [alert.id]
    while deliveries.sweep(conn, alert.id, alert.expires_at):
        pass
    found = alerts.get(conn, alert.id)
    assert found is not None
    return found


def test_an_alert_that_expired_was_neither_replaced_nor_taken_back(conn: Connection, house: House) -> None:
    alert = expired(conn, house)
    assert (alert.stage, alert.superseded_at, alert.halted_at) == (Stage.EXPIRED, None, None)
    assert deliveries.counts(conn, alert.id) == {"sms": {State.EXPIRED.value: 4}}
    events = [line["kind"] for line in journal.lines(conn) if line["object"] == alert.id]
    assert events == ["AlertSubmitted", "AlertApproved", "AlertReleased", "AlertExpired"]


def test_an_alert_that_expired_can_be_corrected_and_only_then_counts_as_corrected(
    conn: Connection, house: House
) -> None:
    alert = lives.expanded(conn, house, infos=INFOS)
    conn.execute(text("UPDATE delivery SET state = 'accepted', transmissions = 1, due_at = NULL WHERE n = 1"))
    over = alert.expires_at
    publishing.expire(conn, house, over)
    cancel = lives.expand_all(conn, lives.corrected(conn, house, alert, MsgType.CANCEL, over), over)
    row = alerts.get(conn, alert.id)
    assert row is not None
    assert (row.stage, row.superseded_at, row.replaced_by) == (Stage.CANCELLED, over, cancel.id)
    assert deliveries.counts(conn, cancel.id) == {"sms": {"due": 1}}, "to the one it reached"


def test_an_alert_that_expired_never_comes_to_count_as_corrected_by_itself(conn: Connection, house: House) -> None:
    alert = expired(conn, house)
    for stage in (Stage.SUPERSEDED, Stage.CANCELLED):
        with pytest.raises(IntegrityError), conn.begin_nested():
            conn.execute(text("UPDATE alert SET stage = :to WHERE id = :id"), {"to": stage.value, "id": alert.id})
