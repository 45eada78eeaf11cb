"""Passkeys in a real browser, with an authenticator that Chromium plays itself: made, signed in with, approved with."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from tests.browser import offices
from tests.browser.looking import axe, picture
from tests.browser.offices import PASSWORD, Office, fill_in
from tests.browser.watching import Watch
from tests.databases import Databases
from tests.ports import free_port

AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def local(databases: Databases, tmp_path: Path) -> AsyncIterator[Office]:
    """Officers at a hub under a name, on a port that it was told: a passkey is made for one address."""
    port = free_port()
    configuration = offices.known_as(f"http://localhost:{port}")
    async with offices.office(databases.create_sqlite(tmp_path).url, configuration, "localhost", port) as opened:
        yield opened


async def _with_authenticator(page: Page) -> None:
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


async def test_an_officer_makes_a_passkey_signs_in_with_it_and_approves_with_it_by_keyboard(
    local: Office, context: BrowserContext, watch: Watch
) -> None:
    watch.expect("403")
    alert = (
        await local.house.submit("anna", local.house.content(audience={"areas": ["noord"], "expected": 100}))
    ).alert
    bert = await local.sign_in(context, "bert", "/console/account")
    await _with_authenticator(bert)
    await bert.get_by_text("Voeg een passkey toe").click()
    await bert.get_by_label("Naam van deze passkey").fill("Laptop thuis")
    form = bert.locator("form[action='/console/account/passkeys']")
    await form.get_by_label("Uw wachtwoord").fill("verkeerd")
    await form.get_by_role("button", name="Maak de passkey").press("Enter")
    await expect(bert.get_by_role("alert")).to_contain_text("dit wachtwoord klopt niet")
    await expect(bert.get_by_label("Naam van deze passkey")).to_have_value("Laptop thuis")
    await axe(bert)
    await form.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await picture(bert, "passkey-new", whole=False)
    await form.get_by_role("button", name="Maak de passkey").press("Enter")
    await expect(bert.get_by_text("De passkey is toegevoegd.")).to_be_visible()
    await expect(bert.locator(".card__what").first).to_have_text("Laptop thuis")
    await axe(bert)
    await picture(bert, "passkeys", whole=False)

    await bert.get_by_role("button", name="Afmelden").click()
    await axe(bert)
    await fill_in(bert, "bert")  # the password alone is not enough any more
    await expect(bert.get_by_role("heading", name="Uw passkey")).to_be_visible()
    await axe(bert)
    await bert.get_by_role("button", name="Gebruik uw passkey").press("Enter")
    await expect(bert.locator(".bar__person")).to_have_text("bert")
    await bert.get_by_role("button", name="Afmelden").click()
    await bert.goto(local.at(f"/console/alerts/{alert.id}"))
    await bert.get_by_role("button", name="Aanmelden met een passkey").press("Enter")
    await expect(bert.locator(".bar__person")).to_have_text("bert")

    approve = bert.get_by_role("button", name="Of geef akkoord met uw passkey")
    await axe(bert)
    await picture(bert, "approve-passkey", whole=False)
    await approve.press("Enter")
    box = bert.get_by_role("checkbox").first
    await expect(box).to_be_focused()  # the browser asks for what was forgotten, before the passkey
    for one in await bert.get_by_role("checkbox").all():
        await one.press("Space")
    await bert.get_by_label("Typ het aantal adressen over").fill(str(alert.addressees.count))
    await approve.press("Enter")
    await expect(bert.locator(".figure")).to_contain_text("bereikt")
    await expect(bert.locator(".timeline")).to_contain_text("Akkoord gegeven bert")


async def test_a_browser_without_passkeys_says_so_and_the_password_stays(
    local: Office, contexts: Any, watch: Watch
) -> None:
    alert = (await local.house.submit("anna")).alert
    old = await contexts()
    await old.add_init_script("delete window.PublicKeyCredential")
    page = await old.new_page()
    await page.goto(local.at("/console/sign-in"))
    await expect(page.get_by_text("Deze browser kan hier geen passkeys gebruiken.")).to_be_visible()
    await expect(page.get_by_role("button", name="Aanmelden met een passkey")).to_have_count(0)
    await axe(page)
    await picture(page, "sign-in-no-passkeys", whole=False)
    await fill_in(page, "bert")
    await page.goto(local.at("/console/account"))
    await page.get_by_text("Voeg een passkey toe").click()
    await expect(page.get_by_text("Deze browser kan hier geen passkeys gebruiken.")).to_be_visible()
    await page.goto(local.at(f"/console/alerts/{alert.id}"))
    await page.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await page.get_by_role("button", name=re.compile("Verstuur ECHT")).click()
    await expect(page.locator(".figure")).to_contain_text("bereikt")


async def test_a_passkey_that_is_not_used_leaves_everything_as_it_was(
    local: Office, context: BrowserContext, watch: Watch
) -> None:
    page = await context.new_page()
    await page.goto(
        local.at("/console/sign-in").replace("localhost", "127.0.0.1")
    )  # another address than the hub's own
    await page.locator("#name").fill("bert")
    await page.get_by_role("button", name="Aanmelden met een passkey").press("Enter")
    await expect(page.get_by_text("De passkey is niet gebruikt.")).to_be_visible()
    await expect(page.locator("#name")).to_have_value("bert")
    await axe(page)
