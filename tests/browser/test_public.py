"""The public page in a browser: without script, on a telephone, in every language."""

from playwright.async_api import expect

from broadcaster.web.front import Front
from tests.browser.looking import axe, picture
from tests.browser.walls import OUTAGE


async def test_everybody_can_read_it_without_a_script(wall, contexts):
    front = Front(wall.house.store, wall.house.house, wall.clock)
    await wall.cut()
    await wall.begin(page=front.page)
    context = await contexts(java_script_enabled=False)
    page = await context.new_page()
    address = wall.address().partition("/display")[0]
    await page.goto(address)
    await expect(page.locator(".calm").first).to_contain_text("Er is nu geen bericht.")
    await wall.release(**OUTAGE)
    await front.refresh()
    await page.reload()  # within its 15 seconds the browser would show what it has
    await expect(page.locator("#nl h3")).to_have_text("Stroomuitval in Noord")
    await page.get_by_role("link", name="العربية").click()
    await expect(page.locator("#ar h3")).to_be_in_viewport()
    assert await page.locator("#ar").get_attribute("dir") == "rtl"
    await picture(page, "public", whole=False)


async def test_it_can_be_used_by_everybody(wall, page):
    front = Front(wall.house.store, wall.house.house, wall.clock)
    await wall.cut()
    await wall.begin(page=front.page)
    await wall.release(**OUTAGE)
    await front.refresh()
    await page.goto(wall.address().partition("/display")[0])
    await axe(page)
    await page.emulate_media(media="print")
    await expect(page.locator("nav")).to_be_hidden()
