"""Signing in at a provider of OpenID Connect with a real browser: to a real provider and back, and every way in which
that does not work, as a page that says what to do."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio
from playwright.async_api import Page, expect

from broadcaster.seal import load_client_key
from tests.browser import offices
from tests.browser.looking import axe, picture
from tests.browser.offices import PASSWORD, Office, fill_in
from tests.browser.watching import Watch
from tests.databases import Databases
from tests.elsewhere import Elsewhere, key_in, running
from tests.ports import free_port

NEVER = {
    "nl": {
        "go": "Aanmelden met Voorbeeldstad",
        "nobody": "hoort hier nog bij niemand",
        "another browser": "in een andere browser",
        "refused": "Daar bent u niet aangemeld",
        "away": "Voorbeeldstad is nu niet te bereiken",
    },
    "en": {
        "go": "Sign in with Voorbeeldstad",
        "nobody": "belongs to nobody here yet",
        "another browser": "began in another browser",
        "refused": "You were not signed in there",
        "away": "Voorbeeldstad cannot be reached now",
    },
}
"""What the page says, by language and by why nobody is let in."""


@dataclass
class Town:
    """A hub, and the provider that its people may sign in at. stop: ends the provider."""

    office: Office
    elsewhere: Elsewhere
    stop: Callable[[], None]


@pytest_asyncio.fixture(loop_scope="session")
async def town(databases: Databases, tmp_path: Path) -> AsyncIterator[Town]:
    """The hub under a name and the provider under another: to a browser these are two sites."""
    url, port = databases.create_sqlite(tmp_path).url, free_port()
    public = f"http://localhost:{port}"
    with running() as (there, stop):
        async with aiohttp.ClientSession() as session:
            elsewhere = Elsewhere(there, session)
            configuration = offices.known_as(public) + elsewhere.table(tmp_path)
            key = load_client_key(key_in(tmp_path))
            async with offices.office(url, configuration, "localhost", port, client_key=key) as office:
                await elsewhere.knows(public, public)
                yield Town(office, elsewhere, stop)


async def _refused(page: Page, why: str, name: str, language: str) -> None:
    """The form again, with why; everybody can use it, and the other language is one press away."""
    fault = page.get_by_role("alert")
    await expect(fault).to_contain_text(NEVER[language][why])
    await expect(page.locator("#password")).to_be_visible()
    await axe(page)
    if language == "nl":
        await picture(page, name)


async def test_who_is_known_at_the_provider_signs_in_there_and_everybody_else_reads_why_not(
    town: Town, contexts: Any, watch: Watch
) -> None:
    watch.expect("403")
    watch.expect("503")
    office, elsewhere = town.office, town.elsewhere
    page = await (await contexts()).new_page()
    for language, words in NEVER.items():
        await page.goto(office.at("/console/drafts"))
        if language == "en":
            await page.get_by_role("button", name="English").click()
        go = page.get_by_role("link", name=words["go"])
        await expect(go).to_be_visible()
        await axe(page)
        await elsewhere.tell(refuses=False)
        at_provider = await page.evaluate("document.querySelector('a[href*=oidc]').href")
        await go.click()
        await _refused(page, "nobody", "sign-in-oidc-nobody", language)
        stranger = await (await contexts()).new_page()  # a link that somebody sent
        async with elsewhere.session.get(at_provider, allow_redirects=False) as answer:
            where = await elsewhere.visit(answer.headers["Location"])
        if language == "en":
            await stranger.goto(office.at("/console/sign-in"))
            await stranger.get_by_role("button", name="English").click()
        await stranger.goto(where)
        await _refused(stranger, "another browser", "sign-in-oidc-old", language)
        await elsewhere.tell(refuses=True)
        await page.get_by_role("link", name=words["go"]).click()
        await _refused(page, "refused", "sign-in-oidc-refused", language)
    await page.get_by_role("button", name="Nederlands").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Aanmelden")
    await expect(page.get_by_role("alert")).to_have_count(0)  # nothing went wrong with the language
    await elsewhere.tell(refuses=False)

    await fill_in(page, "anna")
    await expect(page).to_have_url(office.at("/console/drafts"))  # where she wanted to be, all along
    await page.get_by_role("link", name="anna").click()
    link = page.locator("form[action='/console/account/identity']")
    await link.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await link.get_by_role("button", name="Koppel").press("Enter")
    await axe(page)
    await page.get_by_role("link", name="Ga naar Voorbeeldstad").click()
    await expect(page.get_by_text("U kunt zich aanmelden met Voorbeeldstad")).to_be_visible()
    await axe(page)
    await picture(page, "account-oidc")

    await page.get_by_role("button", name="Afmelden").click()
    await expect(page).to_have_url(office.at("/console/sign-in"))
    await picture(page, "sign-in-oidc")
    await page.goto(office.at("/console/alerts"))
    await expect(page).to_have_url(re.compile("/console/sign-in"))  # she is out
    await page.get_by_role("link", name="Aanmelden met Voorbeeldstad").press("Enter")
    await expect(page).to_have_url(office.at("/console/alerts"))
    await expect(page.locator(".bar__person")).to_have_text("anna")
    await page.get_by_role("button", name="Afmelden").click()

    town.stop()
    office.clock.move(3700)  # what the provider said of itself is believed for an hour
    for language in NEVER:
        await page.goto(office.at("/console/alerts"))
        if language == "en":
            await page.get_by_role("button", name="English").click()
        await page.get_by_role("link", name=NEVER[language]["go"]).click()
        await _refused(page, "away", "sign-in-oidc-away", language)
    await fill_in(page, "anna")  # the password works
    await expect(page).to_have_url(office.at("/console/alerts"))
