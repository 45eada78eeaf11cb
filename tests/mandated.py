"""A mandate from proposal to release: Bert proposes it, Cara signs it, Anna holds it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from broadcaster.model.mandate import Limits
from broadcaster.model.people import Caller
from broadcaster.store.alerts import AlertRow
from broadcaster.store.mandates import MandateRow
from broadcaster.workflow import mandates, releasing_alone
from broadcaster.workflow.house import House
from broadcaster.workflow.mandates import Wanted
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT, CARA

FIELDS = {"place": "Noord", "households": 2400, "mobile": "poor", "point": "Kerkstraat 1", "phone": "14 030"}
LIMITS: dict[str, Any] = {
    "areas": ["noord"],
    "groups": ["bewoners"],
    "channels": ["sms", "display"],
    "sources": ["Gemeente Voorbeeldstad"],
    "most": 100,
    "hours": 4,
    "fields": {
        "place": {"values": ["Noord"]},
        "households": {"least": 1, "most": 5000},
        "since": {},
        "mobile": {"values": ["poor"]},
        "point": {"values": ["Kerkstraat 1"]},
        "phone": {"values": ["14 030"]},
    },
}
CONTENT: dict[str, Any] = {
    "scenario": "power-outage",
    "infos": None,
    **dict.fromkeys(("event", "category", "severity", "urgency", "certainty")),
}


@dataclass
class Mandated:
    """Anna writes and may hold a mandate; Bert proposes it and Cara signs."""

    conn: Connection
    house: House

    def wanted(self, **changed: Any) -> Wanted:
        limits = Limits.model_validate(LIMITS | changed.pop("limits", {}))
        usual = Wanted(lives.ORGANISATION, "power-outage", "anna", limits, NOON + timedelta(days=90))
        return replace(usual, **changed)

    def proposed(self, **changed: Any) -> MandateRow:
        return mandates.propose(self.conn, self.house, BERT, self.wanted(**changed), NOON)

    def signed(self, **changed: Any) -> MandateRow:
        row = self.proposed(**changed)
        return mandates.sign(self.conn, self.house, CARA, row.id, row.digest, NOON)

    def offered(self, caller: Caller = ANNA, **changes: Any) -> AlertRow:
        fields = FIELDS | {"since": NOON.isoformat()} | changes.pop("fields", {})
        return lives.submitted(self.conn, self.house, caller, **(CONTENT | {"fields": fields} | changes))

    def released(self, row: AlertRow, caller: Caller = ANNA, at: datetime = NOON) -> AlertRow:
        return releasing_alone.release(self.conn, self.house, caller, row.id, row.digest, at)


def on(house: House) -> House:
    """The same house, where mandates are on."""
    hub = house.settings.hub.model_copy(update={"mandates": True})
    return replace(house, settings=replace(house.settings, hub=hub))
