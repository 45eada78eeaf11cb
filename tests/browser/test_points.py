"""The page of the support points in a browser: an officer lets a device in, and sees by itself what points tell."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
from playwright.async_api import BrowserContext, expect

from broadcaster.model.cap import MsgType
from broadcaster.model.device import DeviceKind
from broadcaster.web.writes import WRITTEN
from broadcaster.workflow import correcting, reporting
from tests.browser import offices
from tests.browser.looking import axe, picture
from tests.browser.offices import Office
from tests.databases import Databases
from tests.houses import CONFIGURATION
from tests.outposts import Outpost, let_in

REGION = """
[[point]]
id = "regio"
name = "Brandweerkazerne"
kind = "regional"
areas = ["noord", "zuid"]
languages = ["nl"]
location = "52.07,5.12"
"""
_PLACES = {"wijkhuis-noord": "52.095,5.11", "buurthuis-zuid": "52.045,5.13"}
_LOCATED = CONFIGURATION
for _point, _place in _PLACES.items():
    _LOCATED = _LOCATED.replace(f'id = "{_point}"', f'id = "{_point}"\nlocation = "{_place}"')
NORTH = "wijkhuis-noord"


@pytest_asyncio.fixture(loop_scope="session")
async def region(databases: Databases, tmp_path: Path) -> AsyncIterator[Office]:
    """An office with three points on the map."""
    async with offices.office(databases.create_sqlite(tmp_path).url, _LOCATED + REGION) as opened:
        yield opened


async def tell(office: Office, post: Outpost, *tokens: str) -> None:
    """A point tells something, by whatever way."""
    house = office.house
    taken = await reporting.take(house.store, house.house, house.seal, tokens, house.clock.now())
    assert [item.fault for item in taken] == [None] * len(tokens)
    house.signals.hint(WRITTEN)


async def test_an_officer_sees_by_itself_what_points_tell_and_what_hangs_there_that_is_old(
    region: Office, context: BrowserContext
) -> None:
    house, now = region.house, region.clock.now()
    page = await region.sign_in(context, "carla")
    await expect(page.locator("#standings")).to_contain_text("3 noodsteunpunten halen hun bord op")
    await page.get_by_role("link", name="Steunpunten", exact=True).click()
    await expect(page.get_by_role("heading", name="Noodsteunpunten", exact=True)).to_be_visible()
    await axe(page)

    # A volunteer is on the telephone and has to type a code.
    await page.get_by_label("Wat is het").select_option("relay")
    await page.get_by_role("button", name="Maak een code").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".code")).to_have_text(re.compile(r"^[2-9A-Z]{4}(-[2-9A-Z]{4}){2}$"))
    await page.goto(region.at("/console/steunpunten"))
    await expect(page.locator(".code")).to_have_count(0)

    posts = [await let_in(house, point, name="Kast in de hal") for point in (NORTH, "buurthuis-zuid", "regio")]
    screen = await let_in(house, NORTH, DeviceKind.DISPLAY, "Scherm bij de deur")
    offers = {"open": True, "staff": 3, "services": ["water", "power", "first-aid"], "crowd": "busy"}
    await tell(region, posts[0], posts[0].report(opening=offers))
    await tell(region, posts[1], posts[1].report(opening={"open": False}))
    north = page.locator(f'[data-point="{NORTH}"]')
    await expect(north).to_contain_text("Open")
    await expect(north).to_contain_text("druk, 3 helpers")
    await expect(page.locator(".map")).to_contain_text("Wijkhuis Noord: Open")

    first = await region.wall.release(expires=(now + timedelta(hours=9)).isoformat())
    told = {"screen": [first.number], "paper": [first.number]}
    await tell(region, screen, screen.report(showing={"screen": told["screen"]}))
    await tell(region, posts[0], posts[0].report(showing={"paper": told["paper"]}))
    draft = await house.store.run(
        correcting.start, house.house, house.callers["anna"], first.id, MsgType.UPDATE, region.clock.now()
    )
    await house.approve("bert", (await house.submit("anna", draft_id=draft.id)).alert)
    await region.wall.publisher.tick()
    await tell(region, posts[0], posts[0].report(urgent={"subject": "medicine", "line": "Insuline voor twee mensen"}))
    for post in posts:
        await tell(region, post, post.report(heard={"rumour": True, "subject": "water", "line": "Het water is giftig"}))
    await tell(region, posts[1], posts[1].report(heard={"rumour": False, "subject": "duration"}))

    await expect(page.get_by_text("Op 3 punten: maak een bericht dat dit rechtzet")).to_be_visible()
    old = page.locator("[data-old]")
    await expect(old.filter(has_text="Wijkhuis Noord: nr 1 staat nog op een scherm.")).to_have_count(1)
    await expect(old.filter(has_text="nr 1 hangt nog op papier. Nu geldt nr 2.")).to_contain_text("Bel.")
    await axe(page)
    await picture(page, "points")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("button", name="Gelezen")).to_be_hidden()
    await expect(page.get_by_text("Insuline voor twee mensen").first).to_be_visible()
    await page.emulate_media(media="screen")

    read = page.get_by_role("button", name="Gelezen: dringend bericht van Wijkhuis Noord")
    await read.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Niemand vraagt nu dringend om iets.")).to_be_visible()
    await page.get_by_role("button", name="Ik heb Wijkhuis Noord gevraagd nr 1 weg te halen").first.click()
    await expect(page.get_by_text("carla vroeg het zelf, om").first).to_be_visible()
    await page.get_by_label("Trek Scherm bij de deur in").click()
    await page.get_by_role("button", name="Trek dit apparaat in").locator("visible=true").click()
    await expect(page.get_by_label("Trek Scherm bij de deur in")).to_have_count(0)
    await expect(page.locator('[data-old="screen"]')).to_have_count(0)
