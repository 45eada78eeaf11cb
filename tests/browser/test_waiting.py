"""What waits, what is late, and what one person released: on the start page, and where it is decided."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from broadcaster.model.reminding import Sent
from broadcaster.store import reminders
from broadcaster.workflow import reminding
from tests.browser import offices
from tests.browser.looking import axe, picture
from tests.browser.offices import Office
from tests.houses import CONFIGURATION
from tests.integration.web.test_mandates import content
from tests.mandated import LIMITS

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""What these pages show is tested on both engines elsewhere."""
ON = CONFIGURATION.replace('timezone = "Europe/Amsterdam"', 'timezone = "Europe/Amsterdam"\nmandates = true')
ON += '[reminders]\napprovers = 3\ndeputies_from = 8\ndeputies = ["dirk"]\n'


@pytest_asyncio.fixture(loop_scope="session")
async def office(store_url: str) -> AsyncIterator[Office]:
    async with offices.office(store_url, ON) as opened:
        yield opened


async def reached(office: Office, *names: str) -> None:
    """Give colleagues a number."""
    for n, name in enumerate(names):
        person = office.house.callers[name].person_id
        wanted = office.house.seal, person, "sms", f"+3165555550{n}", "x", office.clock.now()
        await office.house.store.run(reminding.set_contact, *wanted)


async def remind(office: Office) -> None:
    """What a hub's tick does, with a gateway that takes it."""
    store, now = office.house.store, office.clock.now()
    await store.run(reminding.plan, office.house.house, now)
    claimed = await store.run(reminding.claim, now)
    await store.run(reminding.record, [(item, Sent.SENT, "sms.primary") for item in claimed], now)


async def test_a_clock_runs_beside_what_waits_grows_loud_and_says_who_was_reminded(office, context):
    await reached(office, "bert", "dirk")
    await office.house.submit("carla")
    page = await office.sign_in(context, "bert")
    wait = page.locator("#tasks .wait")
    await expect(wait).to_have_attribute("data-loud", "calm")
    await expect(page.locator("#tasks")).to_contain_text("De eerste herinnering gaat om")
    shown = await wait.locator("time").inner_text()
    await expect(wait.locator("time")).not_to_have_text(shown)  # it counts by itself
    office.clock.move(360)
    await remind(office)
    await page.reload()
    await expect(wait).to_have_attribute("data-loud", "late")
    await expect(wait).to_contain_text("wacht lang")
    await expect(page.locator(".reminded")).to_contain_text(re.compile("bert is herinnerd om .* \\(sms\\)"))
    office.clock.move(300)
    await remind(office)
    await page.get_by_role("link", name=re.compile("wacht op uw akkoord")).click()
    await expect(page.locator(".head .wait")).to_contain_text("wacht te lang")
    await expect(page.locator(".reminded li")).to_have_count(2)
    await axe(page)
    await picture(page, "approve-waiting", whole=False)
    await page.goto(office.at("/console"))
    await axe(page)
    await picture(page, "start-waiting")


async def test_a_promise_that_was_not_kept_stands_first_in_red_and_in_words(office, context):
    row = await office.house.released(
        office.house.content(next_update=(office.clock.now() + timedelta(minutes=30)).isoformat())
    )
    office.clock.move(2000)
    page = await office.sign_in(context, "carla")
    await expect(page.locator("section").first).to_contain_text("Te laat")
    await expect(page.locator("section", has=page.locator("#valid"))).to_contain_text("Nr 1: Stroomuitval")
    await expect(page.locator(".card--late").first).to_contain_text(
        re.compile(r"Geen nieuw bericht sinds .*beloofd om")
    )
    await axe(page)
    await picture(page, "start-late")
    await page.goto(office.at("/console/alerts"))
    await expect(page.locator("table .late")).to_contain_text("Geen nieuw bericht sinds")
    await axe(page)
    await page.goto(office.at(f"/console/alerts/{row.id}"))
    await expect(page.locator(".facts .late")).to_contain_text("te laat")


async def test_a_mandate_from_proposal_to_review(office, contexts, watch):
    watch.expect("422")
    watch.expect("403")
    dirk = await office.sign_in(await contexts(), "dirk", "/console/mandaten")
    await dirk.locator("#choose-scenario").select_option("power-outage")
    await dirk.get_by_role("button", name="Verder").click()
    await dirk.locator("#field-holder").select_option("carla")
    await dirk.get_by_role("button", name="Stel voor en teken").click()
    await expect(dirk.locator("#summary")).to_contain_text("Dit mandaat klopt niet.")
    areas = dirk.locator("#summary").get_by_role("link", name="kies een of meer gebieden")
    await expect(areas).to_have_attribute("href", "#field-areas")
    await axe(dirk)
    for name, value in (
        ("areas", "noord"),
        ("groups", "bewoners"),
        ("channels", "sms"),
        ("channels", "display"),
        ("mobile", "poor"),
    ):
        await dirk.locator(f"input[name={name}][value={value}]").check()
    fields = LIMITS["fields"]
    for name, value in (
        ("most", "100"),
        ("hours", "4"),
        ("households.least", "1"),
        ("households.most", "5000"),
        ("place", fields["place"]["values"][0]),
        ("point", fields["point"]["values"][0]),
        ("phone", fields["phone"]["values"][0]),
        ("sources", "Gemeente Voorbeeldstad"),
    ):
        await dirk.locator(f"[name='{name}']").fill(value)
    await picture(dirk, "mandates-propose")
    await dirk.get_by_role("button", name="Stel voor en teken").click()
    await expect(dirk.locator(".card")).to_contain_text("wacht op een tweede handtekening")
    bert = await office.sign_in(await contexts(), "bert", "/console/mandaten")
    await expect(bert.locator(".card")).to_contain_text("Kerkstraat 1")
    await axe(bert)
    await picture(bert, "mandates-sign")
    await bert.get_by_label("Uw wachtwoord").fill("niet het wachtwoord")
    await bert.get_by_role("button", name="Teken dit mandaat").click()
    await expect(bert.locator("#summary")).to_contain_text("dit wachtwoord klopt niet")
    await bert.get_by_label("Uw wachtwoord").fill(offices.PASSWORD)
    await bert.get_by_role("button", name="Teken dit mandaat").click()
    await expect(bert.locator(".card")).to_contain_text("geldig")
    await reached(office, "bert", "dirk")
    submitted = await office.house.submit("carla", office.house.content(**content(office.house)))
    carla = await office.sign_in(await contexts(), "carla", f"/console/alerts/{submitted.alert.id}")
    await carla.get_by_text("Geef alleen vrij, met uw mandaat").click()
    await axe(carla)
    await picture(carla, "release-alone", whole=False)
    await carla.get_by_label("Uw wachtwoord").fill(offices.PASSWORD)
    await carla.get_by_role("button", name=re.compile("Verstuur ECHT")).click()
    await expect(carla.locator("#alone")).to_have_text("Vrijgegeven door een persoon alleen")
    told = (await office.house.store.read(reminders.about, [submitted.alert.id]))[submitted.alert.id]
    assert len(told) == 2
    await bert.goto(office.at("/console"))
    await expect(bert.locator(".card--late").first).to_contain_text("Bekijk het achteraf")
    await picture(bert, "start-alone")
    await bert.locator(".card--late a").click()
    await bert.locator("#review").fill("Terecht, en de tekst klopte.")
    await axe(bert)
    await bert.get_by_role("button", name="Leg dit vast").click()
    await expect(bert.locator(".alone")).to_contain_text("Bekeken door bert")
    await bert.goto(office.at("/console"))
    await expect(bert.locator(".card--late").first).to_have_count(0)


async def test_people_give_the_number_at_which_they_are_reminded_and_it_is_not_shown_again(office, context, watch):
    watch.expect("422")
    page = await office.sign_in(context, "bert", "/console/account")
    form = page.locator("form.reach").first
    await form.locator("input").fill("geen nummer")
    await form.get_by_role("button", name="Bewaar").click()
    await expect(page.get_by_role("alert")).to_contain_text("Dit is geen telefoonnummer.")
    await form.locator("input").fill("06 12345678")
    await form.get_by_role("button", name="Bewaar").click()
    await expect(page.locator("#reach-sms-hint")).to_have_text("Nu bekend: eindigt op 678")
    assert "612345678" not in await page.content()
    await axe(page)
    await picture(page, "account-reach")
    await form.get_by_role("button", name="Haal weg").click()
    await expect(page.locator("#reach-sms-hint")).to_have_text("Nu niets bekend")
