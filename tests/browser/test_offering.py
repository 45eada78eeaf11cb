"""Offering a large draft: everybody who has it open sees the count, and a broken line leaves nobody in doubt."""

import re
from typing import Any

from playwright.async_api import BrowserContext, Page, Route, expect

from tests.browser.looking import axe, picture
from tests.browser.offices import Office
from tests.browser.watching import Watch
from tests.integration.web.test_freezing import Held

OFFER = "Bied aan voor akkoord"
ALERT = re.compile(r"/console/alerts/\w+$")


async def _shows(page: Page, said: str, counted: str) -> None:
    await expect(page.get_by_role("status").filter(has_text=said)).to_be_visible()
    await expect(page.locator("#offering")).to_contain_text(counted)


async def test_who_offers_and_who_looks_on_see_the_addresses_counted_and_then_the_alert(
    office: Office, context: BrowserContext, contexts: Any
) -> None:
    held = Held()
    await office.wall.cut()
    await office.wall.begin(freezings=held)
    draft = await office.house.draft("anna", office.house.content())
    where = f"/console/drafts/{draft.id}"
    anna, bert = await office.sign_in(context, "anna", where), await office.sign_in(await contexts(), "bert", where)
    await anna.get_by_role("button", name=OFFER).click()
    for said, counted in (
        ("Stap 1 van 3", "2 van 6 adressen"),
        ("Stap 1 van 3", "4 van 6 adressen"),
        ("Stap 1 van 3", "6 van 6 adressen"),
        ("Stap 2 van 3", "6 van 6 adressen"),
        ("Stap 3 van 3", "6 adressen"),
    ):
        for page in (anna, bert):
            await _shows(page, said, counted)
        if counted.startswith("4"):
            await axe(anna)
            await anna.set_viewport_size({"width": 390, "height": 844})
            await anna.locator("#offering").scroll_into_view_if_needed()
            await picture(anna, "offering", whole=False)
            await anna.get_by_role("button", name=OFFER).click()  # pressed once more: it goes once
        held.steps.release()
    await expect(anna).to_have_url(ALERT)
    await bert.get_by_role("link", name="Naar de melding").click()
    await expect(bert).to_have_url(anna.url)


async def test_a_page_whose_line_broke_finds_out_whether_the_draft_was_offered(
    office: Office, context: BrowserContext, watch: Watch
) -> None:
    watch.expect("ERR_FAILED")
    draft = await office.house.draft("anna", office.house.content())
    anna = await office.sign_in(context, "anna", f"/console/drafts/{draft.id}")
    await anna.route("**/submit", lambda route: route.abort())
    await anna.get_by_role("button", name=OFFER).click()
    await expect(anna.locator("#offering")).to_contain_text("De verbinding viel weg")
    await expect(anna.locator("#offering")).to_contain_text("Het concept is niet aangeboden.")

    async def lose_the_answer(route: Route) -> None:
        await route.fetch(max_redirects=0)
        await route.abort()

    await anna.unroute_all()
    await anna.route("**/submit", lose_the_answer)
    await anna.get_by_role("button", name=OFFER).click()
    await expect(anna).to_have_url(ALERT)
