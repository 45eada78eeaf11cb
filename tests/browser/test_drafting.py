"""A draft as officers write it: areas on a map, who will not get it, two people at once, and everything by keyboard."""

from playwright.async_api import BrowserContext, expect

from tests.browser.looking import axe, picture
from tests.browser.offices import Office

HATCHED = "path => path.getAttribute('fill').includes('#map-hatch')"


async def test_an_area_on_the_map_and_its_box_are_one_choice(office: Office, context: BrowserContext) -> None:
    draft = await office.house.draft("anna", office.house.content(areas=["noord"]))
    anna = await office.sign_in(context, "anna", f"/console/drafts/{draft.id}")
    chosen = anna.get_by_role("group", name="Gebied van het bericht")
    on_map = anna.get_by_role("group", name="Kies gebieden op de kaart")
    north, south = (on_map.get_by_role("checkbox", name=name) for name in ("Noord", "Zuid"))
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
