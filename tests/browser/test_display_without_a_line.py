"""A screen that starts without a line: the page, its scripts and the last good board are in the browser, and stay there
over a power cut, a wrong clock and a bad update."""

import re
import shutil
from datetime import UTC, datetime
from random import Random

import pytest
from playwright.async_api import expect

from tests.browser.screens import age, bands, board, headline, kept, until
from tests.browser.walls import POINT

UPDATE = "navigator.serviceWorker.getRegistration().then((found) => found.update()).then(() => true, () => false)"

CACHED = """async () => {
    const found = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
    return (await Promise.all(found)).flat().map((request) => request.url);
}"""


def version(page):
    return page.locator("html")


async def test_after_a_power_cut_it_shows_the_last_board_without_server_network_or_clock(wall, computer):
    wall.put(board(wall, 100), 100)
    page = await computer.switch_on()
    await page.goto(wall.address())
    await expect(headline(page)).to_have_text("Bord 100")
    await kept(page)
    await wall.cut()
    bare = wall.address().partition("#")[0]
    for year in (None, 1970, 2038):
        await computer.pull_the_plug()
        page = await computer.switch_on()
        if year:
            await page.clock.install(time=datetime(year, 1, 19, 4, tzinfo=UTC))
        await page.goto(bare)
        await expect(age(page)).to_have_text("stand onbekend sinds herstart")
        if year == 2038:  # who cannot know whether the notice is over, does not show it as if it were not
            await expect(headline(page)).to_have_text("Dit scherm is niet meer bij.")
            await expect(bands(page)).to_contain_text(re.compile("tijd onbekend", re.IGNORECASE))
        else:
            await expect(headline(page)).to_have_text("Bord 100")
            await expect(page.locator(".until")).to_contain_text("Tijd onbekend. Is het later dan")
        await expect(page.get_by_text("Geldig tot")).to_have_count(0)


async def test_a_wiped_disk_says_so_and_trusts_as_at_first(wall, computer, tmp_path):
    wall.put(board(wall, 100), 100)
    page = await computer.switch_on()
    await page.goto(wall.address())
    await expect(headline(page)).to_have_text("Bord 100")
    await computer.pull_the_plug()
    shutil.rmtree(tmp_path / "disk")
    wall.put(board(wall, 50), 50)
    page = await computer.switch_on()
    await page.goto(wall.address().partition("#")[0])
    await expect(headline(page)).to_have_text("Dit scherm is nog niet aangemeld.")
    await expect(page.locator("#notice")).to_contain_text("wat het had bewaard is gewist")
    await page.goto("about:blank")
    await page.goto(wall.address())
    await expect(headline(page)).to_have_text("Bord 50")


async def test_a_browser_that_throws_its_database_away_has_the_last_board_and_its_token_still(wall, computer):
    """As one does that finds it damaged when it starts."""
    wall.put(board(wall, 100), 100)
    page = await computer.switch_on()
    await page.goto(wall.address())
    await expect(headline(page)).to_have_text("Bord 100")
    await kept(page)
    await page.goto("about:blank")
    line = await page.context.new_cdp_session(page)
    lost = {"origin": wall.address().partition("/display/")[0], "storageTypes": "indexeddb"}
    await line.send("Storage.clearDataForOrigin", lost)
    await wall.cut()
    bare = wall.address().partition("#")[0]
    await page.goto(bare)
    await expect(headline(page)).to_have_text("Bord 100")
    wall.put(board(wall, 101), 101)
    await wall.begin()
    await expect(headline(page)).to_have_text("Bord 101")


CUTS = [1, pytest.param(40, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]


@pytest.mark.parametrize("cuts", CUTS)
async def test_power_that_goes_while_it_stores_leaves_the_old_board_or_the_new(relay, computer, cuts):
    chance, seq = Random(cuts), 100
    page = await computer.switch_on()
    await page.goto(relay.address())
    await kept(page)
    for _ in range(cuts):
        await expect(headline(page)).to_have_text(f"Bord {seq}")
        for _ in range(chance.randint(3, 12)):  # new boards, each as soon as the one before is asked for
            seq += 1
            relay.board = relay.signed(seq)
            await relay.next_asked()
        shown = int((await headline(page).inner_text()).removeprefix("Bord "))
        await computer.pull_the_plug()
        await relay.cut()
        page = await computer.switch_on()
        await page.goto(relay.address())
        await expect(headline(page)).to_have_text(re.compile(r"^Bord \d+$"))
        found = int((await headline(page).inner_text()).removeprefix("Bord "))
        assert shown <= found <= seq
        await relay.begin()


async def test_a_new_version_takes_over_and_a_broken_one_does_not_blank_the_screen(relay, page, watch):
    for complaint in (
        "broken",
        "ERR_",
        "404",
        "Unexpected token",
        "integrity",
        "ServiceWorker",
        "service worker",
        "failed to load",
        "Failed to fetch",
    ):
        watch.expect(complaint)
    await page.goto(relay.address())
    await expect(headline(page)).to_have_text("Bord 100")
    await kept(page)
    relay.update("second", display_css="body { color: black }")
    await page.evaluate(UPDATE)
    await expect(version(page)).to_have_attribute("data-version", "second")
    await expect(headline(page)).to_have_text("Bord 100")
    turns = []
    page.on("framenavigated", lambda _: turns.append(1))
    for n, broken in enumerate(("throw new Error('broken');", "import './nowhere.js';", "const broken = ;")):
        relay.update(f"broken{n}", display_js=broken)
        turns.clear()
        await page.evaluate(UPDATE)
        await until(lambda: len(turns) >= 2)  # the broken one, and the one before it again
        await expect(version(page)).to_have_attribute("data-version", "second")
        await expect(headline(page)).to_have_text("Bord 100")
    await page.reload()
    await expect(version(page)).to_have_attribute("data-version", "second")
    await expect(headline(page)).to_have_text("Bord 100")
    relay.update("good", display_css="body { color: blue }")
    await page.evaluate(UPDATE)
    await expect(version(page)).to_have_attribute("data-version", "good")
    await expect(headline(page)).to_have_text("Bord 100")
    await relay.cut()
    await page.reload()
    await expect(version(page)).to_have_attribute("data-version", "good")
    await expect(headline(page)).to_have_text("Bord 100")
    caches = await page.evaluate("caches.keys()")
    assert [name for name in caches if name.startswith(f"/display/{POINT}@")] == [f"/display/{POINT}@good"]
    urls = await page.evaluate(CACHED)
    assert urls
    assert not [url for url in urls if "/v1/" in url or "/local/" in url]
