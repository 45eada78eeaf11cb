"""A draft of a power outage, and requests to render it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from broadcaster.model.draft import DraftContent
from broadcaster.render.request import RenderRequest

Ask = Callable[..., RenderRequest]
FIELDS = {
    "place": "Noord",
    "since": "13:40",
    "households": 2400,
    "back": "2026-11-24T06:00:00+01:00",
    "mobile": "works",
    "point": "Wijkhuis Noord, Kerkstraat 1",
    "phone": "14 030",
}
NL = {
    "headline": "Stroomuitval in Noord",
    "description": "Er is geen stroom.",
    "impact": "Liften staan stil.",
    "instruction": "Blijf thuis.",
}
DRAFT: dict[str, Any] = {
    "status": "Actual",
    "event": "Stroomuitval",
    "category": "Infra",
    "severity": "Severe",
    "urgency": "Immediate",
    "certainty": "Observed",
    "source": "Gemeente Voorbeeldstad",
    "as_of": "2026-11-23T13:05:00Z",
    "expires": "2026-11-23T17:00:00Z",
    "next_update": "2026-11-23T15:00:00Z",
    "areas": ["noord"],
    "channels": ["sms", "email", "display"],
    "infos": {"nl": NL},
}


def make_request(draft: dict[str, Any] | None = None, **other: Any) -> RenderRequest:
    """A request for the draft with some of its slots changed; None takes one out."""
    content = {slot: value for slot, value in {**DRAFT, **(draft or {})}.items() if value is not None}
    settings: dict[str, Any] = {
        "organisation_name": "Gemeente Voorbeeldstad",
        "sender": "voorbeeldstad.example",
        "sent_at": datetime.fromisoformat("2026-11-23T13:10:00+00:00"),
        "timezone": "Europe/Amsterdam",
        "kinds": ("sms", "email", "display"),
        "languages": ("nl",),
        "area_names": {"noord": "Noord", "zuid": "Zuid"},
        "number": 3,
        "replaces": 2,
    }
    return RenderRequest(content=DraftContent.model_validate(content), **{**settings, **other})


@pytest.fixture
def ask() -> Ask:
    return make_request


@pytest.fixture
def ask_scenario() -> Ask:
    """The same, with words from the scenario instead of the officer's."""

    def asked(draft: dict[str, Any] | None = None, **other: Any) -> RenderRequest:
        words = {"infos": None, "scenario": "power-outage", "fields": FIELDS}
        return make_request({**words, **(draft or {})}, **{"languages": ("nl", "en"), **other})

    return asked
