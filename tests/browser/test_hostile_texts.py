"""Texts that want to be run, through every page that shows one: they stand there as they were written, and nothing
comes of them. The corpus goes in by the armful, so that a page is opened once for many texts.

A script that ran, a style or a request that the policy stopped, an answer of 500: each fails the test, by `watch` or
by what is looked at here.
"""

import json
import re
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Dialog, Frame, Page, Response, expect

from broadcaster.ids import reference
from broadcaster.model.contacts import found_in
from broadcaster.web.front import Front
from broadcaster.workflow import approving, unsubscribing
from tests.browser import offices
from tests.browser.offices import Office
from tests.browser.watching import Watch
from tests.corpora.reading import corpus
from tests.databases import Databases
from tests.houses import CONFIGURATION

TEXTS = [entry["text"] for kind in ("template", "markup") for entry in corpus("texts")[kind]]
AREA, OTHER_AREA, ORGANISATION, DOOR = [text for text in TEXTS if "<" in text and len(text) < 60][:4]
PLANTED = """() => [
    ...document.querySelectorAll("script:not([src^='/assets/'], #setting), base, meta[http-equiv], object, embed"),
    ...document.querySelectorAll("form[action]:not([action^='/']), [onerror], [onload], [onmouseover], [onfocus]"),
    ...document.querySelectorAll("[href^='javascript' i], [href^='data' i], iframe:not(.rendering__mail)"),
].map(one => one.outerHTML)"""
"""What none of our pages has of its own, and a text might bring."""
WORDS = """() => {
    const fields = [...document.querySelectorAll("input, textarea")].map(one => one.value);
    return [document.title, document.documentElement.textContent, ...fields].join("\\n");
}"""
EVERYWHERE = "\n".join(TEXTS)


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest_asyncio.fixture(loop_scope="session")
async def office(databases: Databases, tmp_path: Path) -> AsyncIterator[Office]:
    """An office of which somebody wrote the names."""
    configuration = CONFIGURATION
    for name, text in (
        ("Noord", AREA),
        ("Zuid", OTHER_AREA),
        ("Gemeente Voorbeeldstad", ORGANISATION),
        ("Wijkhuis Noord", DOOR),
    ):
        configuration = configuration.replace(f'name = "{name}"', f"name = {json.dumps(text)}")
    found = {
        (each.kind.value, each.value) for text in TEXTS for each in (*found_in(text), *found_in(text, called=True))
    }
    for kind, value in sorted(found):  # or what nobody verified keeps all back
        configuration += f'[[contact]]\nkind = "{kind}"\nvalue = {json.dumps(value)}\nlabel = "x"\n'
    async with offices.office(databases.create_sqlite(tmp_path).url, configuration) as opened:
        yield opened


@pytest.fixture
def ran(context: BrowserContext) -> list[str]:
    """What a page did that no page may."""
    seen: list[str] = []

    async def on_dialog(dialog: Dialog) -> None:
        seen.append(f"a dialog: {dialog.message}")
        await dialog.dismiss()

    def on_response(response: Response) -> None:
        if response.status >= 500:
            seen.append(f"{response.status}: {response.url}")

    context.on("dialog", on_dialog)
    context.on("response", on_response)
    return seen


async def shows(page: Page | Frame, *texts: str) -> None:
    """The texts stand on a page as they were written, and brought nothing with them."""
    assert await page.evaluate(PLANTED) == []
    words = flat(await page.evaluate(WORDS))
    assert [text for text in texts if flat(text) not in words] == []


def armfuls() -> list[dict[str, Any]]:
    """Contents of drafts that can be submitted, with all of the corpus between them: one text in each line, some in
    each paragraph. Only the first is in the short text: more does not fit."""
    rest, found = iter(TEXTS), []
    while taken := list(islice(rest, 12)):
        taken += ["."] * (12 - len(taken))
        info = {
            "headline": taken[0],
            "contact": taken[1],
            "web": taken[2],
            "description": "\n".join(taken[3:6]),
            "impact": "\n".join(taken[6:8]),
            "instruction": "\n".join(taken[8:10]),
            "short": "Blijf thuis.",
        }
        found.append({"event": taken[10], "source": taken[11], "infos": {"nl": info, "en": info}})
    return found


def texts_of(content: dict[str, Any]) -> list[str]:
    """What everybody gets to read of one of them."""
    info = {slot: text for slot, text in content["infos"]["nl"].items() if slot != "short"}
    return [content["source"], *(line for text in info.values() for line in text.split("\n"))]


async def test_a_draft_shows_them_in_its_fields_its_preview_and_what_is_said_about_it(
    office: Office, context: BrowserContext, ran: list[str]
) -> None:
    page = await office.sign_in(context, "anna", "/console/drafts/new")
    await shows(page, ORGANISATION)
    draft = await office.house.draft("anna", office.house.content(status="Exercise"))
    await page.goto(office.at(f"/console/drafts/{draft.id}"))
    for slot in ("description", "impact", "instruction", "short"):
        await page.locator(f"#field-infos-nl-{slot}").fill(EVERYWHERE)
    for slot, text in zip(("headline", "contact", "web"), TEXTS[-3:], strict=True):
        await page.locator(f"#field-infos-nl-{slot}").fill(text)
    for name in ("event", "source", "exercise"):
        await page.locator(f"#field-{name}").evaluate("(one, text) => one.value = text", TEXTS[16])
    await page.get_by_role("button", name="Bewaar en bekijk").click()
    await expect(page).to_have_url(re.compile("#preview$"))
    await expect(page.locator("#saved")).to_contain_text("versie")
    await shows(page, *TEXTS, AREA, OTHER_AREA, ORGANISATION)
    preview = flat(await page.locator("#preview").inner_text())
    assert [text for text in TEXTS if flat(text) not in preview] == []
    # And by the script's own way, piece by piece.
    await page.locator("#field-infos-en-description").fill(EVERYWHERE)
    await expect(page.locator("#saved")).to_contain_text("versie 3")
    await shows(page, *TEXTS)
    for path in ("/console", "/console/drafts"):
        await page.goto(office.at(path))
        await shows(page, TEXTS[16], ORGANISATION)
    assert ran == []


async def test_the_fields_of_a_scenario_are_refused_or_shown(
    office: Office, context: BrowserContext, ran: list[str], watch: Watch
) -> None:
    watch.expect("422")
    content = office.house.content(scenario="power-outage", infos=None)
    draft = await office.house.draft("anna", content)
    page = await office.sign_in(context, "anna", f"/console/drafts/{draft.id}")
    for one, text in zip(("place", "since", "households", "back", "point", "phone"), TEXTS[16:], strict=False):
        await page.locator(f"#field-fields-{one}").fill(text)
    await page.get_by_role("button", name="Bied aan voor akkoord").click()
    await expect(page.locator("#summary")).to_be_visible()
    await shows(page, *TEXTS[16:22])
    assert ran == []


async def test_everything_after_submitting_shows_them(
    office: Office, context: BrowserContext, ran: list[str], watch: Watch
) -> None:
    watch.expect("404")
    watch.expect("400")
    bert = await office.sign_in(context, "bert")
    for content in armfuls():
        alert = (await office.house.submit("anna", office.house.content(**content))).alert
        texts = texts_of(content)
        await bert.goto(office.at(f"/console/alerts/{alert.id}"))
        await shows(bert, *texts, content["event"], AREA, ORGANISATION)
        for frame in bert.frames[1:]:  # the mail as a mail program shows it
            await shows(frame, *texts)
        await office.house.approve("bert", alert)
        await bert.reload()
        await shows(bert, *texts)
    await office.wall.publisher.tick()
    events = [content["event"] for content in armfuls()]
    for path in ("/console", "/console/alerts"):
        await bert.goto(office.at(path))
        await shows(bert, *events)
    for path in (
        "/console/alerts/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/console?%3Cimg%20src=x%20onerror=alert(1)%3E=1",
    ):
        await bert.goto(office.at(path))
        await shows(bert)
    await _public(office, context)
    await _display(office, context)
    assert ran == []


async def _public(office: Office, context: BrowserContext) -> None:
    """The page for everybody, and what who wants no more mail gets."""
    front = Front(office.house.store, office.house.house, office.clock)
    await office.wall.cut()
    await front.refresh()
    await office.wall.begin(page=front.page)
    page = await context.new_page()
    await page.goto(office.at("/"))
    await shows(page, *(text for content in armfuls() for text in texts_of(content)))
    mailed = await office.house.released(office.house.content(channels=["email"]))
    link = unsubscribing.links(office.house.seal, office.at(""))(reference(mailed.id, 1))
    await page.goto(link)
    await shows(page, ORGANISATION)
    await page.goto(office.at("/uit/%3Cscript%3Ealert(1)%3C%2Fscript%3E"))
    await shows(page)


async def _display(office: Office, context: BrowserContext) -> None:
    """Every view of every notice of the board."""
    page = await context.new_page()
    await page.goto(office.wall.address())
    await expect(page.locator("#notice h1").first).to_be_visible()
    await page.get_by_role("button", name="Stop").click()
    seen, first = "", await page.locator("#notice").inner_text()
    for _ in range(80):
        seen += flat(await page.locator("#notice").inner_text()) + "\n"
        assert await page.evaluate(PLANTED) == []
        await page.locator("[data-does=next]").click()
        if await page.locator("#notice").inner_text() == first:
            break
    else:
        raise AssertionError("the views do not come round")
    wanted = [content["infos"]["nl"]["headline"] for content in armfuls()]
    assert [text for text in wanted if flat(text).lower() not in seen.lower()] == []


async def test_a_reason_is_shown_to_who_gets_it_back(office: Office, context: BrowserContext, ran: list[str]) -> None:
    alert = (await office.house.submit("anna")).alert
    reason = EVERYWHERE[:1900]
    bert, now = office.house.callers["bert"], office.clock.now()
    await office.house.store.run(approving.send_back, bert, alert.id, reason, now)
    anna = await office.sign_in(context, "anna")
    for path in ("/console", f"/console/drafts/{alert.draft_id}", f"/console/alerts/{alert.id}"):
        await anna.goto(office.at(path))
        await shows(anna, reason)
    assert ran == []
