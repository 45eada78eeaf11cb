"""Bulletins for tests: a power outage in two languages, changed where a test wants to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from broadcaster.model.cap import MsgType
from broadcaster.model.draft import DraftContent
from broadcaster.render.bulletin import Bulletin, Place

SENT = datetime(2026, 11, 23, 13, 10, tzinfo=UTC)
NOORD = Place("noord", "Noord", rings=(((52.1, 5.1), (52.1, 5.2), (52.2, 5.2), (52.1, 5.1)),))
ZUID = Place("zuid", "Zuid", circle="52.05,5.12 3.0")
AREAS = {"noord": "Noord", "zuid": "Zuid"}
CONTENT: dict[str, Any] = {
    "status": "Actual",
    "event": "Stroomuitval",
    "category": "Infra",
    "severity": "Severe",
    "urgency": "Immediate",
    "certainty": "Observed",
    "source": "Gemeente Voorbeeldstad",
    "as_of": (SENT - timedelta(minutes=5)).isoformat(),
    "expires": (SENT + timedelta(hours=4)).isoformat(),
    "next_update": (SENT + timedelta(hours=2)).isoformat(),
    "areas": ["noord"],
    "channels": ["sms", "display"],
    "infos": {
        "nl": {
            "headline": "Stroomuitval in Noord",
            "description": "Sinds 13:40 is er geen stroom in Noord. Ongeveer 2400 huizen hebben geen stroom.",
            "impact": "Lampen, liften en pinautomaten doen het niet.",
            "instruction": "Blijf thuis als dat kan.\nZet het fornuis uit.",
            "short": "Geen stroom in Noord. Blijf thuis.",
            "contact": "14 030",
            "web": "crisis.voorbeeldstad.example",
        },
        "en": {
            "headline": "Power outage in Noord",
            "description": "There has been no power in Noord since 13:40.",
            "impact": "Lights, lifts and cash machines do not work.",
            "instruction": "Stay at home if you can.\nTurn off the cooker.",
        },
    },
}


def content(**changes: Any) -> DraftContent:
    """A complete draft; None takes a field out."""
    whole = {**CONTENT, **changes}
    return DraftContent.model_validate({name: value for name, value in whole.items() if value is not None})


def bulletin(draft: DraftContent | None = None, **changes: Any) -> Bulletin:
    """The bulletin of a draft."""
    draft = draft or content()
    places = {place.id: place for place in (NOORD, ZUID)}
    whole = Bulletin(
        identifier="urn:uuid:01953b80-0000-0000-0000-000000000003",
        organisation="Gemeente Voorbeeldstad",
        sender="voorbeeldstad.example",
        number=3,
        msg_type=MsgType.ALERT,
        content=draft,
        sent_at=SENT,
        timezone="Europe/Amsterdam",
        order=("nl", "en"),
        places=tuple(places[area] for area in draft.areas),
        public="display" in draft.channels,
        cap_url="https://crisis.voorbeeldstad.example/v1/alerts/01.cap",
        asked_by="Anna",
        approved_by="Bert",
        approved_at=SENT + timedelta(minutes=4),
    )
    return replace(whole, **changes)
