"""The Ahr valley, 14 July 2021: the message of 20:56 carried a forecast of 20:15, while the water rose 20 cm in ten
minutes.

Here every alert says when its facts were known, and facts that are older than their scenario allows block the release:
at submit until the author looked again, and at approval, where they go on ageing, until the approver says by name that
they still hold.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.model.finding import FindingKind
from broadcaster.render import scenarios
from broadcaster.store import alerts
from broadcaster.workflow import drafting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA

VALUES = {"place": "Noord", "time": "06:30", "number": 1, "area": "noord", "phone": "112", "url": "https://crisis.nl"}
LIMIT = timedelta(minutes=scenarios.load("flood").facts_minutes or 0)


@pytest.fixture(autouse=True)
def _standing(standing: None) -> None:
    """People and an audience."""


def flood(as_of: datetime) -> dict[str, Any]:
    """A draft of which every field is filled in."""
    fields = {
        name: rule.options[0] if rule.kind == "choice" else VALUES.get(rule.kind, "Wijkhuis Noord")
        for name, rule in scenarios.load("flood").fields.items()
    }
    return {"scenario": "flood", "infos": None, "fields": fields, "as_of": as_of.isoformat()}


def test_a_flood_has_a_limit_to_the_age_of_its_facts() -> None:
    assert timedelta() < LIMIT < timedelta(hours=1)


def test_facts_that_are_too_old_block_until_somebody_looked_again(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house, **flood(NOON - LIMIT - timedelta(minutes=1)))
    with pytest.raises(Refused) as refused, conn.begin_nested():
        lives.offered(conn, house, draft.id)
    assert {(fault.field, fault.rule) for fault in refused.value.faults} == {("as_of", "facts-old")}
    drafting.revise(conn, house, ANNA, draft.id, 1, {"as_of": NOON.isoformat()}, NOON)
    assert lives.offered(conn, house, draft.id).alert.stage is Stage.SUBMITTED


def test_facts_that_aged_while_they_waited_are_accepted_by_name(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, **flood(NOON))
    later = NOON + LIMIT + timedelta(minutes=1)
    wanted = [*_to_accept(conn, alert.id)]
    with pytest.raises(Refused) as refused:
        lives.agreed(conn, house, alert, now=later, accepts=wanted)
    assert [fault.rule for fault in refused.value.faults] == ["facts-old"]
    assert lives.agreed(conn, house, alert, now=later, accepts=[*wanted, "facts-old"]).stage is Stage.APPROVED


def test_facts_that_are_fresh_ask_nothing(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, **flood(NOON))
    assert lives.agreed(conn, house, alert, accepts=[*_to_accept(conn, alert.id)]).stage is Stage.APPROVED


def _to_accept(conn: Connection, alert_id: str) -> list[str]:
    return [finding.code for finding in alerts.findings(conn, alert_id) if finding.kind is FindingKind.TO_ACCEPT]


def test_every_alert_says_when_its_facts_were_known(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house, as_of=None)
    with pytest.raises(Refused) as refused:
        lives.offered(conn, house, draft.id)
    assert [fault.field for fault in refused.value.faults] == ["as_of"]
