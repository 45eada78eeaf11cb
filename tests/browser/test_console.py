"""Two officers at work in two browsers: from the first word to the last receipt, and an exercise beside it."""

import re
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from broadcaster.demo.premises import Officer
from tests.browser.hubs import RunningHub
from tests.browser.looking import axe, picture
from tests.browser.offices import PASSWORD, Office, fill_in
from tests.browser.watching import Watch

ONE_ENGINE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""What the engine can make no difference to."""
BOTH_IN_THE_SOAK = ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)]
"""What these pages do is tested on both engines elsewhere, call by call."""


async def _signed_in(context: BrowserContext, hub: RunningHub, officer: Officer) -> Page:
    page = await context.new_page()
    await page.goto(f"{hub.url}/console")
    await page.get_by_label("Naam").fill(officer.name)
    await page.get_by_label("Wachtwoord").fill(officer.password)
    await page.get_by_role("button", name="Aanmelden").click()
    await expect(page.get_by_role("heading", name="Nu te doen")).to_be_visible()
    return page


async def _begin(page: Page, mode: str) -> None:
    """From the page where everything begins."""
    await page.get_by_role("link", name="Nieuw bericht").click()
    await page.get_by_role("radio", name=re.compile(mode)).check()
    await page.get_by_role("radio", name=re.compile("Stroomuitval")).check()
    await page.get_by_role("button", name="Begin met schrijven").click()
    await expect(page).to_have_url(re.compile("/console/drafts/[0-9a-z]{26}$"))


async def _fill(page: Page) -> None:
    """What a power outage in Noord needs; each time is typed in another way."""
    await page.get_by_label("Waar is de stroom uitgevallen").fill("Noord")
    await page.get_by_label("Sinds hoe laat").fill("02:40")
    await page.get_by_label("Mobiel bellen en internet").select_option(index=1)
    await page.get_by_label("Telefoonnummer voor vragen").fill("14 030")
    for name, typed in (("Geldig tot", "0600"), ("Volgend bericht", "4:00")):
        group = page.get_by_role("group", name=name)
        await group.get_by_label("Dag").select_option(index=1)
        await group.get_by_label("Tijd").fill(typed)
    await page.get_by_role("group", name="Gebied van het bericht").get_by_label("Noord").check()
    await page.get_by_role("group", name="Mensen in").get_by_label("Noord").check()
    await page.get_by_label("Hoeveel adressen verwacht u?").fill("100")


async def _submit(page: Page) -> str:
    await page.get_by_role("button", name="Bied aan voor akkoord").click()
    await expect(page).to_have_url(re.compile("/console/alerts/"))
    return page.url


@pytest.mark.parametrize("store", BOTH_IN_THE_SOAK, indirect=True)
async def test_two_officers_write_approve_watch_stop_and_correct(
    hub: RunningHub, context: BrowserContext, contexts: Any
) -> None:
    writer = await _signed_in(context, hub, hub.premises.writer)
    await _begin(writer, "ECHT")
    await _fill(writer)
    preview = writer.locator("#preview")
    await expect(preview).to_contain_text("Stroomuitval in Noord. Blijf thuis")
    await expect(preview).to_contain_text("u verwacht er 100")
    await axe(writer)
    await writer.evaluate("scrollTo(0, 0)")
    await picture(writer, "draft", whole=False)

    where = await _submit(writer)
    await expect(writer.get_by_text("Daarom moet een ander akkoord geven")).to_be_visible()

    approver = await _signed_in(await contexts(), hub, hub.premises.approver)
    await axe(approver)
    await picture(approver, "start", whole=False)
    await approver.get_by_role("link", name="wacht op uw akkoord").click()
    await expect(approver).to_have_url(where)
    await axe(approver)
    await picture(approver, "approve", whole=False)
    await _accept(approver, hub.premises.approver)
    await approver.get_by_role("button", name="Verstuur ECHT naar").click()
    await expect(approver).to_have_url(where)

    # Nobody touches the page: the hub says that there is news.
    await expect(approver.locator(".figure")).to_contain_text("Het versturen is klaar")
    await expect(approver.locator(".timeline")).to_contain_text("Akkoord gegeven S. de Vries")
    await axe(approver)
    await picture(approver, "alert", whole=False)

    await approver.context.grant_permissions(["clipboard-read", "clipboard-write"])
    radio = approver.locator(".task", has_text="Regionale omroep")
    await radio.locator("summary").first.click()
    await radio.get_by_role("button", name="Kopieer de tekst").click()
    await expect(radio.get_by_role("button", name="De tekst is gekopieerd")).to_be_visible()
    assert "Ik herhaal wat u moet doen." in await approver.evaluate("navigator.clipboard.readText()")
    await axe(approver)

    await approver.get_by_text("Stop", exact=True).click()
    await approver.get_by_role("button", name="Ja, stop het versturen").click()
    await expect(approver.get_by_text("Gestopt om")).to_be_visible()
    await expect(approver.get_by_text("Stop", exact=True)).to_have_count(0)

    await approver.get_by_role("button", name="Corrigeren", exact=True).click()
    await approver.get_by_label("Waar is de stroom uitgevallen").fill("Noord en Centrum")
    await expect(approver.locator("#preview")).to_contain_text("Stroomuitval in Noord en Centrum")
    correction = await _submit(approver)
    await writer.goto(correction)
    await expect(writer.locator("ins").first).to_contain_text("en Centrum")
    await axe(writer)
    await picture(writer, "correction", whole=False)
    await _tick(writer)
    await writer.get_by_label("Uw wachtwoord").fill(hub.premises.writer.password)
    await writer.get_by_role("button", name="Verstuur ECHT naar").click()
    await expect(writer.locator(".figure")).to_contain_text("Het versturen is klaar")
    await writer.goto(where)
    await expect(writer.get_by_role("link", name="vervangen door nr 2")).to_be_visible()


async def _accept(page: Page, officer: Officer) -> None:
    """Tick what is to be accepted, type the size over, and show who it is."""
    await _tick(page)
    await page.get_by_label("Uw wachtwoord").fill(officer.password)
    size = await page.locator(".figure__number").inner_text()
    await page.get_by_label("Typ het aantal adressen over").fill(size)


async def _tick(page: Page) -> None:
    """Tick what is to be accepted."""
    for box in await page.get_by_role("group", name="Dit neemt u voor uw rekening").get_by_role("checkbox").all():
        await box.check()


@ONE_ENGINE
async def test_an_exercise_cannot_be_mistaken(hub: RunningHub, context: BrowserContext, contexts: Any) -> None:
    writer = await _signed_in(context, hub, hub.premises.writer)
    await _begin(writer, "OEFENING")
    await _fill(writer)
    await _submit(writer)
    approver = await _signed_in(await contexts(), hub, hub.premises.approver)
    await approver.get_by_role("link", name="wacht op uw akkoord").click()
    await expect(approver).to_have_title(re.compile("^OEFENING: "))
    await expect(approver.get_by_text("OEFENING", exact=True).first).to_be_in_viewport()
    frame = "getComputedStyle(document.body, '::after').borderImageSource"
    assert "repeating-linear-gradient" in await approver.evaluate(frame)
    assert "ECHT" not in await approver.locator("body").inner_text()
    await axe(approver)
    await picture(approver, "exercise", whole=False)
    before = [(await simulator.counted()).connections for simulator in hub.simulators]
    await _accept(approver, hub.premises.approver)
    await approver.get_by_role("button", name="Speel oefening af: er gaat niets naar buiten").click()
    await expect(approver.locator(".figure")).to_contain_text("Het versturen is klaar")
    assert [(await simulator.counted()).connections for simulator in hub.simulators] == before


async def test_lists_and_first_pages_are_for_everybody(office: Office, page: Page, watch: Watch) -> None:
    await page.goto(office.at("/console"))
    await axe(page)
    await picture(page, "sign-in", whole=False)
    await fill_in(page, "anna")
    await _begin(page, "ECHT")
    watch.expect("404")
    for path, name in (
        ("/console/drafts/new", "new"), ("/console/drafts", "drafts"), ("/console/alerts", "alerts"),
        ("/console/alerts/00000000000000000000000000", "not-found"),
    ):  # fmt: skip
        await page.goto(office.at(path))
        await axe(page)
        await picture(page, name, whole=False)
    await page.goto(office.at("/console"))
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", name="To do now")).to_be_visible()
    await axe(page)


async def _tab_to(page: Page, target: Locator) -> None:
    """Walk to something with the Tab key alone; on the way the eye can follow."""
    await target.wait_for()
    for _ in range(120):
        await page.keyboard.press("Tab")
        if await target.evaluate("node => node === document.activeElement"):
            assert await target.evaluate("node => parseFloat(getComputedStyle(node).outlineWidth) >= 2")
            return
    raise AssertionError(f"the Tab key does not reach {target}")


async def _arrow_to(page: Page, target: Locator) -> None:
    """In a group of choices Tab goes to one of them, and the arrows to the others."""
    name = await target.get_attribute("name")
    await _tab_to(page, page.locator(f"input[name='{name}']").first)
    for _ in range(await page.locator(f"input[name='{name}']").count()):
        if await target.evaluate("node => node === document.activeElement"):
            return
        await page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrows do not reach {target}")


async def test_the_main_path_needs_no_mouse(office: Office, page: Page, watch: Watch) -> None:
    watch.expect("422")  # what is not complete is refused, at the end
    press = page.keyboard.press
    await page.goto(office.at("/console"))
    await expect(page.get_by_label("Naam")).to_be_focused()
    await page.keyboard.type("anna")
    await press("Tab")
    await page.keyboard.type(PASSWORD)
    await press("Enter")
    await _tab_to(page, page.get_by_role("link", name="Nieuw bericht"))
    await press("Enter")
    await _tab_to(page, page.get_by_role("radio", name=re.compile("ECHT")))
    await press("Space")
    await _arrow_to(page, page.get_by_role("radio", name=re.compile("Stroomuitval")))
    await press("Space")
    await press("Enter")
    await _tab_to(page, page.get_by_label("Waar is de stroom uitgevallen"))
    await page.keyboard.type("Noord")
    await expect(page.locator("#preview")).to_contain_text("Stroomuitval in Noord")
    await expect(page.get_by_label("Waar is de stroom uitgevallen")).to_be_focused()
    # A finding leads to its field.
    finding = page.locator("#findings").get_by_role("link", name="Vul in: Telefoonnummer")
    await _tab_to(page, finding.first)
    await press("Enter")
    await page.keyboard.type("14 030")
    await expect(page.get_by_label("Telefoonnummer voor vragen")).to_have_value("14 030")
    await _tab_to(page, page.get_by_role("button", name="Bied aan voor akkoord"))
    await press("Enter")
    await expect(page.get_by_role("alert").first).to_contain_text("kan zo niet worden aangeboden")


async def test_a_line_that_is_gone_is_said_in_words_and_comes_back(
    office: Office, context: BrowserContext, watch: Watch
) -> None:
    watch.expect("ERR_FAILED")
    page = await office.sign_in(context, "anna")
    lost = page.get_by_text("De verbinding met de centrale is weg")
    await expect(lost).to_be_hidden()
    await page.route("**/v1/events", lambda route: route.abort())
    await page.reload()
    await expect(lost).to_be_visible()
    await page.unroute_all()
    await expect(lost).to_be_hidden()


async def test_without_a_script_everything_works(office: Office, contexts: Any) -> None:
    page = await office.sign_in(await contexts(java_script_enabled=False), "anna")
    await _begin(page, "OEFENING")
    await _fill(page)
    await page.get_by_role("button", name="Bewaar en bekijk").click()
    await expect(page.locator("#preview")).to_contain_text("Stroomuitval in Noord")
    await _submit(page)
    await expect(page.get_by_text("Daarom moet een ander akkoord geven")).to_be_visible()
