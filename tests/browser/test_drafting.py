"""A draft as officers write it: areas on a map, who will not get it, two people at once, and everything by keyboard."""

import re
from typing import Any

from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.browser.looking import axe, picture
from tests.browser.offices import Office
from tests.browser.watching import Watch
from tests.houses import INFOS

HATCHED = "path => path.getAttribute('fill').includes('#map-hatch')"


async def test_an_area_on_the_map_and_its_box_are_one_choice(office: Office, context: BrowserContext) -> None:
    arabic = {"headline": "انقطاع الكهرباء", "contact": "14 030"}
    content = office.house.content(areas=["noord"], infos=INFOS | {"ar": arabic})
    draft = await office.house.draft("anna", content)
    anna = await office.sign_in(context, "anna", f"/console/drafts/{draft.id}")
    chosen = anna.get_by_role("group", name="Gebied van het bericht")
    on_map = anna.get_by_role("group", name="Kies gebieden op de kaart")
    north, south = (on_map.get_by_role("checkbox", name=name) for name in ("Noord", "Zuid"))
    for field, way in (
        ("ar-headline", "rtl"),
        ("ar-instruction", "rtl"),
        ("ar-contact", "ltr"),
        ("nl-headline", "ltr"),
    ):
        await expect(anna.locator(f"#field-infos-{field}")).to_have_css("direction", way)
    await expect(north).to_be_checked()
    assert await north.evaluate(HATCHED)
    await expect(on_map.locator(".map__name--on")).to_have_text(["Noord"])
    await south.click(position={"x": 30, "y": 150})
    await expect(chosen.get_by_label("Zuid")).to_be_checked()
    await expect(anna.locator("#saved")).to_contain_text("Bewaard als versie 2")
    await chosen.get_by_label("Zuid").uncheck()
    await expect(south).not_to_be_checked()
    assert not await south.evaluate(HATCHED)
    await north.focus()
    await anna.keyboard.press("ArrowRight")
    await expect(south).to_be_focused()
    await anna.keyboard.press("Space")
    await expect(chosen.get_by_label("Zuid")).to_be_checked()
    await axe(anna)
    await on_map.scroll_into_view_if_needed()
    await picture(anna, "map", whole=False)


async def test_who_will_not_get_it_is_counted_while_somebody_writes(office: Office, context: BrowserContext) -> None:
    draft = await office.house.draft(
        "anna", office.house.content(audience={"areas": ["noord"]}, channels=["sms", "email"])
    )
    anna = await office.sign_in(context, "anna", f"/console/drafts/{draft.id}")
    now = anna.locator("#audience-now")
    await expect(now).to_contain_text("4 van 4 gekozen mensen krijgen het.")
    await expect(now.get_by_role("listitem")).to_have_text([
        "E-mail: 2 mensen hebben hier geen adres.",
        "1 mens leest Arabisch en krijgt Nederlands.",
        "2 andere mensen wonen buiten de gekozen gebieden.",
    ])  # fmt: skip
    await anna.get_by_role("group", name="Kanalen").get_by_label("Sms").uncheck()
    await expect(now).to_contain_text("2 gekozen mensen krijgen niets: ze hebben geen adres op deze kanalen.")
    await expect(now.get_by_role("row").nth(1)).to_have_text("Nederlands1")
    await axe(anna)
    await now.scroll_into_view_if_needed()
    await picture(anna, "coverage", whole=False)


_SEEN = """state => {
    Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
"""What a browser does when another tab comes before this one; without a window it never does."""


async def test_two_people_in_one_draft_see_each_other_and_never_overwrite(
    office: Office, context: BrowserContext, contexts: Any, watch: Watch
) -> None:
    for part in ("ERR_FAILED", "422", "htmx:afterRequest", "htmx:sendError"):
        watch.expect(part)
    draft = await office.house.draft("anna", office.house.content())
    where = f"/console/drafts/{draft.id}"
    anna, bert = await office.sign_in(context, "anna", where), await office.sign_in(await contexts(), "bert", where)
    impact, source, instruction = "#field-infos-nl-impact", "#field-source", "#field-infos-nl-instruction"
    # Nobody typed a word: who has the draft open is there, until they leave it or look at something else.
    here = anna.get_by_text("bert heeft dit concept nu ook open.")
    await expect(here).to_be_visible()
    await expect(bert.get_by_text("anna heeft dit concept nu ook open.")).to_be_visible()
    await bert.evaluate(_SEEN, "hidden")
    await expect(here).to_have_count(0)
    await bert.evaluate(_SEEN, "visible")
    await expect(here).to_be_visible()
    await bert.goto(office.at("/console/drafts"))
    await expect(here).to_have_count(0)
    await bert.goto(office.at(where))
    await expect(here).to_be_visible()
    await bert.locator(impact).fill("De liften staan stil.")
    # Nobody touches the other page: it shows who is there, and what they wrote.
    await expect(anna.locator(impact)).to_have_value("De liften staan stil.")
    await expect(anna.get_by_text("bert werkt hier ook aan,")).to_be_visible()
    await expect(bert.get_by_text("anna werkt hier ook aan,")).to_be_visible()

    # Without a line anna hears of nothing, and both write: in one field the same, in another each.
    await anna.route("**/console/drafts/*", lambda route: route.abort())
    await anna.locator(instruction).fill("Ga naar boven.")
    await anna.locator(source).fill("Brandweer")
    await bert.locator(instruction).fill("Blijf binnen.")
    await expect(bert.locator("#saved")).to_contain_text("Bewaard als versie 3")
    await anna.unroute_all()
    await anna.locator(source).fill("Brandweer Noord")
    clash = anna.get_by_role("group", name="Wat moeten mensen doen · Nederlands")
    await expect(clash.get_by_role("radio")).to_have_count(2)
    await expect(clash).to_contain_text("Ga naar boven.")
    await expect(clash).to_contain_text("bert schreef Blijf binnen.")
    await axe(anna)
    await anna.evaluate("scrollTo(0, 0)")
    await picture(anna, "conflict", whole=False)
    await expect(anna.locator(instruction)).to_have_value("Ga naar boven.")
    # What clashes is kept as bert wrote it, what does not is anna's; it cannot be offered so.
    await expect(bert.locator(source)).to_have_value("Brandweer Noord")
    await expect(bert.locator(instruction)).to_have_value("Blijf binnen.")
    await anna.get_by_role("button", name="Bied aan voor akkoord").click()
    await expect(anna.locator("#summary")).to_contain_text("Kies eerst welke tekst blijft.")
    await expect(anna.locator(instruction)).to_have_value("Ga naar boven.")
    await clash.get_by_role("radio", name="U schreef").check()
    await expect(clash).to_have_count(0)
    await expect(anna.locator(instruction)).to_be_focused()
    await expect(bert.locator(instruction)).to_have_value("Ga naar boven.")


async def _tab_to(page: Page, target: Locator) -> None:
    """Walk there with the Tab key alone."""
    await target.wait_for()
    for _ in range(150):
        await page.keyboard.press("Tab")
        if await target.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError(f"the Tab key does not reach {target}")


async def test_from_nothing_to_a_submitted_draft_without_a_mouse(office: Office, context: BrowserContext) -> None:
    anna = await office.sign_in(context, "anna", "/console/drafts/new")
    press, write = anna.keyboard.press, anna.keyboard.type
    await _tab_to(anna, anna.get_by_role("radio", name=re.compile("ECHT")))
    await press("Space")
    await _tab_to(anna, anna.get_by_label("Zoek een scenario"))
    await write("stroom weg")
    await expect(anna.locator("#found")).to_have_text("1 scenario")
    await expect(anna.get_by_role("radio", name=re.compile("Gaslek"))).to_be_hidden()
    await axe(anna)
    await press("Enter")
    outage = anna.get_by_role("radio", name=re.compile("Stroomuitval"))
    await expect(outage).to_be_checked()
    await expect(outage).to_be_focused()
    await picture(anna, "new-search", whole=False)
    await press("Enter")
    place = anna.get_by_label("Waar is de stroom uitgevallen")
    await _tab_to(anna, place)
    await write("Noord")
    await _tab_to(anna, anna.get_by_label("Sinds hoe laat"))
    await write("0240")
    await _tab_to(anna, anna.get_by_label("Mobiel bellen en internet"))
    await press("ArrowDown")
    await _tab_to(anna, anna.get_by_label("Telefoonnummer voor vragen"))
    await write("14 030")
    for name, time in (("Geldig tot", "2359"), ("Volgend bericht", "2350")):
        group = anna.get_by_role("group", name=name)
        await _tab_to(anna, group.get_by_label("Dag"))
        await press("ArrowDown")
        await press("Tab")
        await write(time)
    north = anna.get_by_role("group", name="Kies gebieden op de kaart").get_by_role("checkbox", name="Noord")
    await _tab_to(anna, north)
    await press("Enter")
    await expect(anna.get_by_role("group", name="Gebied van het bericht").get_by_label("Noord")).to_be_checked()
    await _tab_to(anna, anna.get_by_role("group", name="Mensen in").get_by_label("Noord"))
    await press("Space")
    await expect(anna.locator("#audience-now")).to_contain_text("4 van 4 gekozen mensen krijgen het.")
    await _tab_to(anna, anna.get_by_role("button", name="Bied aan voor akkoord"))
    await press("Enter")
    await expect(anna).to_have_url(re.compile("/console/alerts/"))
