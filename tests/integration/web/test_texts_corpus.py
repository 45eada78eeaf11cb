"""Texts that want to be run, in every field that takes a text: they stay data in every channel and answer (R18)."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from broadcaster.model.contacts import Mention, found_in
from broadcaster.store import alerts
from tests.corpora.reading import corpus
from tests.houses import TestHouse
from tests.integration.web.site import Site

TEXTS = [entry["text"] for kind in ("template", "markup") for entry in corpus("texts")[kind]]
NEVER = {entry["text"]: entry["never"] for entry in corpus("texts")["template"] if entry["never"]}
HARMLESS = "een gewone tekst"
LINES = ("headline", "contact", "web")
PARAGRAPHS = ("description", "impact", "instruction", "short")
on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # nothing here differs between the engines


class _Structure(HTMLParser):
    """What a browser would make of a page: its elements and attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.targets: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.targets += [value or "" for name, value in attrs if name in ("href", "src", "action", "background")]

    def handle_data(self, data: str) -> None:
        self.text += data


def _everywhere(text: str) -> dict[str, Any]:
    info = dict.fromkeys((*LINES, *PARAGRAPHS), text)
    return {"event": text, "source": text, "infos": {"nl": info, "en": info}}


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


async def _preview(site: Site, text: str, **more: Any) -> dict[str, dict[str, Any]]:
    """The Dutch renditions of a draft with `text` in every field, by channel."""
    draft = await site.draft(**_everywhere(text), **more)
    shown = (await site.get("anna", f"/v1/drafts/{draft['id']}")).json
    assert shown["infos"]["nl"] == dict.fromkeys((*LINES, *PARAGRAPHS), text)  # read back as it was written
    items = (await site.get("anna", f"/v1/drafts/{draft['id']}/renditions")).json["items"]
    return {item["channel"]: item for item in items if item["language"] == "nl"}


@on_sqlite
async def test_every_channel_says_it_and_runs_nothing(site: Site) -> None:
    plain = await _preview(site, HARMLESS)
    structure = _Structure(plain["email"]["html"])
    for text in TEXTS:
        found = await _preview(site, text)
        page = _Structure(found["email"]["html"])
        assert page.elements == structure.elements, text
        assert not [target for target in page.targets if not target.startswith(("https://", "mailto:", "tel:"))], text
        assert _flat(text) in _flat(page.text), text
        for channel in ("email", "display"):
            assert _flat(text) in _flat(found[channel]["text"]), (channel, text)
        whole = json.dumps([{**item, "findings": None} for item in found.values()], ensure_ascii=False)
        assert NEVER.get(text, "\0") not in whole.replace(text, ""), text


async def _verified(site: Site, mention: Mention) -> None:
    body = {"kind": mention.kind.value, "value": mention.value, "label": "hostile"}
    reply = await site.post("anna", "/v1/contacts", body)
    if reply.status_code == 201:  # an earlier text has it too
        assert (await site.post("bert", f"/v1/contacts/{reply.json['id']}/verify")).status_code == 200


@on_sqlite
async def test_what_is_signed_for_a_board_is_the_text_itself(site: Site, h: TestHouse) -> None:
    for text in TEXTS[::4]:
        for mention in found_in(text, called=True):  # what it mentions would block before it is signed
            await _verified(site, mention)
        alert = await site.submitted(**_everywhere(text), channels=["display"])
        for rendition in await h.store.read(alerts.renditions, alert["alert"], "display"):
            pieces = json.loads(rendition.payload)
            assert text in pieces.values(), text
            assert NEVER.get(text, "\0") not in json.dumps(pieces, ensure_ascii=False).replace(text, ""), text


@on_sqlite
async def test_no_field_of_a_scenario_takes_one(site: Site) -> None:
    base = {"place": HARMLESS, "since": "14:00", "mobile": "works", "phone": "14 030"}
    content = site.house.content(scenario="power-outage", infos=None, fields=base)
    assert (await site.post("anna", "/v1/drafts", content)).status_code == 201
    for text in TEXTS:
        for name in (*base, "point", "households", "back"):
            reply = await site.post("anna", "/v1/drafts", content | {"fields": base | {name: text}})
            assert (reply.status_code, [field for field, _ in reply.rules]) == (422, [f"fields.{name}"]), (name, text)


@on_sqlite
async def test_an_answer_with_markup_in_it_is_no_page(site: Site) -> None:
    text = "<script>alert(1)</script>"
    replies = [
        await site.post("anna", "/v1/drafts", _everywhere(text) | {"status": "Test"}),
        await site.post("anna", "/v1/drafts", {text: text, "status": text}),
        await site.get("anna", f"/v1/drafts?{text}={text}"),
        await site.get("anna", f"/v1/drafts/{text}"),
        await site.get("anna", f"/{text}"),
    ]
    for reply in replies:
        assert reply.headers["Content-Type"] in ("application/json", "application/problem+json")
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
