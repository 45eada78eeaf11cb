"""The scenarios as people read them, kept beside the test: a change of words is a change to read."""

from datetime import datetime
from pathlib import Path

import pytest

from broadcaster.channel import Texts
from broadcaster.model import gsm
from broadcaster.model.draft import DraftContent
from broadcaster.model.rendition import Hole
from broadcaster.render import scenarios
from broadcaster.render.engine import render
from broadcaster.render.request import RenderRequest

LINK = "https://crisis.voorbeeldstad.example/uit/…"
HERE = Path(__file__).parent
REQUEST = {
    "source": "Gemeente Voorbeeldstad",
    "as_of": "2026-11-23T13:05:00Z",
    "expires": "2026-11-24T11:00:00Z",
    "next_update": "2026-11-23T15:00:00Z",
    "areas": ["noord"],
    "channels": ["sms", "email", "telegram", "display"],
}
FIELDS: dict[str, dict[str, str | int]] = {
    "power-outage": {
        "place": "Noord",
        "since": "13:40",
        "households": 2400,
        "back": "2026-11-24T06:00:00+01:00",
        "mobile": "works",
        "point": "Wijkhuis Noord, Kerkstraat 1",
        "phone": "14 030",
    },
    "support-point-opened": {
        "point": "Wijkhuis Noord",
        "address": "Kerkstraat 1",
        "until": "22:00",
        "reason": "power-telephone",
        "supplies": "water",
        "emergency": "yes",
        "phone": "14 030",
    },
    "withdrawal": {"number": 2, "first": 1, "reason": "mistake", "phone": "14 030"},
}
EACH = [(name, language) for name in FIELDS for language in scenarios.load(name).texts]
"""Three scenarios stand for all here: what their files say is read there, what the layouts make of it is read here."""


def rendered(scenario: str, status: str, kind: str, language: str) -> Texts:
    draft = {**REQUEST, "scenario": scenario, "fields": FIELDS[scenario], "status": status}
    request = RenderRequest(
        content=DraftContent.model_validate(draft),
        organisation_name="Gemeente Voorbeeldstad",
        sender="voorbeeldstad.example",
        sent_at=datetime.fromisoformat("2026-11-23T13:10:00+00:00"),
        timezone="Europe/Amsterdam",
        kinds=("sms", "email", "telegram", "display"),
        languages=("nl", "en"),
        area_names={"noord": "Noord"},
        number=3,
        replaces=2,
    )
    return render(request).texts[kind, language]


def files(kind: str, texts: Texts) -> dict[str, str]:
    """What is kept of it: a text message in its segments, a mail with its subject and its page."""
    if kind == "sms":
        fitted = gsm.fit(texts.text, texts.word)
        head = f"{fitted.encoding}, {fitted.units} units, {fitted.segments} segments"
        return {"txt": "\n".join([head, *(f"|{part}|" for part in fitted.parts)])}
    subject = f"Subject: {texts.subject}\n\n" if texts.subject else ""
    kept = {"txt": subject + texts.text} | ({"html": texts.html} if texts.html else {})
    return {suffix: text.replace(Hole.UNSUBSCRIBE.token.decode(), LINK) for suffix, text in kept.items()}


@pytest.mark.parametrize("status", ["Actual", "Exercise"])
@pytest.mark.parametrize(("scenario", "language"), EACH)
@pytest.mark.parametrize("kind", ["sms", "email", "telegram", "display"])
def test_people_read_what_was_agreed(kind: str, scenario: str, language: str, status: str, refresh: bool) -> None:
    for suffix, text in files(kind, rendered(scenario, status, kind, language)).items():
        path = HERE / scenario / f"{kind}.{language}.{status.lower()}.{suffix}"
        if refresh:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text + "\n", "utf-8")
        assert path.read_text("utf-8") == text + "\n"
