"""What people read of every scenario, in every language, over every channel: kept beside the test, one file per
scenario, so that a change of words is a change to read. `make golden` writes the files anew."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from broadcaster.channel import Texts
from broadcaster.model import gsm
from broadcaster.model.draft import DraftContent
from broadcaster.model.rendition import Hole
from broadcaster.render import scenarios
from broadcaster.render.bookends import visible
from broadcaster.render.engine import render
from broadcaster.render.lint.samples import Fields, everyday
from broadcaster.render.request import RenderRequest

LINK = "https://crisis.voorbeeldstad.example/uit/…"
HERE = Path(__file__).parent
KINDS = ("sms", "email", "telegram", "display")
REQUEST = {
    "source": "Gemeente Voorbeeldstad",
    "as_of": "2026-11-23T13:05:00Z",
    "expires": "2026-11-24T11:00:00Z",
    "next_update": "2026-11-23T15:00:00Z",
    "areas": ["noord"],
    "channels": list(KINDS),
}
FIELDS: dict[str, Fields] = {
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
"""Filled in by hand; every other scenario is filled in as on most days."""
NAMES = scenarios.names()
SPELLED = {Hole.UNSUBSCRIBE.token.decode()}
WITH_PAGES = "power-outage"
"""Its mails are kept as HTML too, in both dresses: the layout is the same for all."""


@cache
def rendered(scenario: str, status: str = "Actual") -> dict[tuple[str, str], Texts]:
    """Every text of a scenario, by kind and language."""
    rules = scenarios.load(scenario).fields.items()
    fields = FIELDS.get(scenario) or {name: everyday(name, rule) for name, rule in rules}
    request = RenderRequest(
        content=DraftContent.model_validate({**REQUEST, "scenario": scenario, "fields": fields, "status": status}),
        organisation_name="Gemeente Voorbeeldstad",
        sender="voorbeeldstad.example",
        sent_at=datetime.fromisoformat("2026-11-23T13:10:00+00:00"),
        timezone="Europe/Amsterdam",
        kinds=KINDS,
        languages=("nl", "en"),
        area_names={"noord": "Noord"},
        number=3,
        replaces=2,
    )
    return render(request).texts


def told(texts: dict[tuple[str, str], Texts]) -> str:
    """All of it for a reader: language by language, a text message in its segments, a mail with its subject."""
    return "\n".join(
        line for (kind, language) in sorted(texts, key=_in_order) for line in _told(kind, texts[kind, language])
    )


def _in_order(place: tuple[str, str]) -> tuple[str, int]:
    kind, language = place
    return language, KINDS.index(kind)


def _told(kind: str, texts: Texts) -> Iterator[str]:
    if kind == "sms":
        fitted = gsm.fit(texts.text, texts.word)
        yield f"######## {texts.language} sms: {fitted.encoding}, {fitted.units} units, {fitted.segments} segments"
        yield from (f"|{part}|" for part in fitted.parts)
    else:
        yield f"######## {texts.language} {kind}"
        yield from ([f"Subject: {texts.subject}", ""] if texts.subject else [])
        yield texts.text.replace(Hole.UNSUBSCRIBE.token.decode(), LINK)
    yield ""


def same(path: Path, text: str, refresh: bool) -> None:
    """Hold a text to what is kept; or keep it."""
    if refresh:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize("scenario", NAMES)
def test_people_read_what_was_agreed(scenario: str, refresh: bool) -> None:
    same(HERE / f"{scenario}.txt", told(rendered(scenario)), refresh)


def test_nothing_is_kept_of_a_scenario_that_is_gone() -> None:
    assert {path.stem for path in HERE.glob("*.txt")} == {*NAMES, f"{WITH_PAGES}.exercise"}


def test_an_exercise_is_read_as_one(refresh: bool) -> None:
    same(HERE / f"{WITH_PAGES}.exercise.txt", told(rendered(WITH_PAGES, "Exercise")), refresh)


@pytest.mark.parametrize("status", ["Actual", "Exercise"])
@pytest.mark.parametrize("language", scenarios.load(WITH_PAGES).texts)
def test_a_mail_program_gets_the_page_that_was_agreed(language: str, status: str, refresh: bool) -> None:
    html = rendered(WITH_PAGES, status)["email", language].html or ""
    path = HERE / "pages" / f"{language}.{status.lower()}.html"
    same(path, html.replace(Hole.UNSUBSCRIBE.token.decode(), LINK) + "\n", refresh)


@pytest.mark.parametrize("scenario", NAMES)
def test_the_page_of_a_mail_says_what_its_plain_text_says(scenario: str) -> None:
    for (kind, language), texts in rendered(scenario).items():
        if kind == "email":
            page = set(" ".join(visible(texts.html or "")).split())
            assert {word.strip(":") for word in texts.text.split()} - {word.strip(":") for word in page} <= SPELLED, (
                language
            )
