"""What an administrator does in a browser, from a new colleague to a whole new list of people."""

import re
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, expect

from tests.browser.looking import axe, picture
from tests.browser.offices import PASSWORD, Office, fill_in
from tests.browser.watching import Watch

HEADER = "name,language,groups,areas,sms,email,telegram"


async def _looked_at(page: Page, name: str) -> None:
    await axe(page)
    await picture(page, name)


async def test_an_administrator_adds_a_colleague_looks_at_a_list_takes_it_and_reads_the_settings(
    office: Office, context: BrowserContext, contexts: Any, watch: Watch, tmp_path: Path
) -> None:
    watch.expect("422")  # roles that do not go together, a password that is too short
    page = await office.sign_in(context, "beheer")
    await page.get_by_role("link", name="Beheer", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Mensen")
    await _looked_at(page, "manage-people")
    await page.get_by_label("Naam").fill("Noor de Wit")
    await page.get_by_label("berichten schrijven").check()
    await page.get_by_label("beheren").check()
    await page.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await page.get_by_role("button", name="Voeg toe").click()
    await expect(page.get_by_role("alert")).to_contain_text("mag niet schrijven of accorderen")
    await axe(page)
    await expect(page.get_by_label("Naam")).to_have_value("Noor de Wit")
    await page.get_by_label("beheren").uncheck()
    await page.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Noor de Wit")
    given = await page.locator(".box--once .secret").inner_text()
    await page.get_by_text("Rollen veranderen").click()
    await _looked_at(page, "manage-person")

    noor = await (await contexts()).new_page()
    await noor.goto(office.at("/console"))
    await fill_in(noor, "Noor de Wit", given)
    await expect(noor.locator(".box--info")).to_contain_text("beheer gaf u dit wachtwoord")
    await noor.get_by_label("Nieuw wachtwoord").fill("te kort")
    await noor.get_by_label("Nog een keer").fill("anders")
    await noor.keyboard.press("Enter")
    await expect(noor.get_by_role("alert")).to_contain_text("van 12 tot 1000 tekens")
    await _looked_at(noor, "sign-in-choose")
    for label in ("Nieuw wachtwoord", "Nog een keer"):
        await noor.get_by_label(label).fill(PASSWORD)
    await noor.keyboard.press("Enter")
    await expect(noor.locator(".bar__person")).to_have_text("Noor de Wit")
    await expect(noor.get_by_role("link", name="Beheer", exact=True)).to_have_count(0)
    await expect(noor.locator(".box--info")).to_contain_text("Klopt dat niet?")
    await axe(noor)
    await noor.get_by_role("link", name="Noor de Wit").click()
    await noor.get_by_text("Kies een ander wachtwoord").click()
    await _looked_at(noor, "account-password")

    await page.get_by_role("link", name="Tokens").click()
    await page.get_by_text("Nieuw token voor een machine").click()
    await page.locator("#password-new").fill(PASSWORD)
    await page.get_by_role("button", name="Maak een token").click()
    await expect(page.locator(".box--once .secret")).to_have_text(re.compile(r"[\w-]{40,}"))
    await _looked_at(page, "manage-tokens")

    await page.get_by_role("link", name="Doelgroep").click()
    file = tmp_path / "lijst.csv"
    file.write_text(f"{HEADER}\nA,nl,bewoners,oost,+31612340001,,\nB,nl,,noord,,,\n", "utf-8")
    await page.get_by_label("Bestand", exact=True).set_input_files(file)
    await page.get_by_role("button", name="Kijk het bestand na").click()
    await expect(page.locator(".file")).to_contain_text("regel 2: een gebied dat er niet is")
    await _looked_at(page, "manage-audience-wrong")
    file.write_text(f"{HEADER}\nA,nl,bewoners,noord,+31612340001,,\n", "utf-8")
    await page.get_by_label("Bestand", exact=True).set_input_files(file)
    await page.get_by_role("button", name="Kijk het bestand na").click()
    await expect(page.locator(".file")).to_contain_text("1 nieuw")
    await _looked_at(page, "manage-audience")
    await page.get_by_label("Gaat van de lijst").check()
    await page.get_by_label("Hoeveel mensen gaan van de lijst").fill("6")
    await page.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await page.get_by_role("button", name="Neem het hele bestand over").click()
    await expect(page.locator(".box--info")).to_contain_text("1 nieuw, 0 bijgewerkt, 6 van de lijst")

    await page.get_by_role("link", name="Instellingen").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Instellingen")
    await _looked_at(page, "manage-settings")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
