"""A screen that starts without a line: the page, its scripts and the last good board are in the browser, and stay there
over a power cut."""

import pytest_asyncio
from playwright.async_api import BrowserContext, Playwright, async_playwright, expect

from tests.browser import chromium
from tests.browser.test_display import TELEVISION, age, board, headline

NO_LINE = "ERR_"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def playwright():
    async with async_playwright() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def computer(playwright: Playwright, tmp_path):
    """A computer of its own, whose disk outlives its browser: `await computer()` switches it on, and gives its page."""
    chromium.require()
    running: list[BrowserContext] = []

    async def switch_on():
        for context in running:
            await context.close()
        context = await chromium.launch_on_disk(playwright, tmp_path / "disk", viewport=TELEVISION)
        running[:] = [context]
        return context.pages[0]

    yield switch_on
    for context in running:
        await context.close()


async def kept(page):
    """The page is in the browser, whole."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function("navigator.serviceWorker.controller !== null")


async def test_a_browser_that_was_killed_shows_the_last_board_without_a_server(wall, computer):
    wall.put(board(wall, 100), 100)
    page = await computer()
    await page.goto(wall.address())
    await expect(headline(page)).to_have_text("Bord 100")
    await kept(page)
    await wall.cut()
    page = await computer()
    await page.goto(wall.address().partition("#")[0])
    await expect(headline(page)).to_have_text("Bord 100")
    await expect(age(page)).to_have_text("stand onbekend sinds herstart")
    await expect(page.get_by_text("Geldig tot")).to_have_count(0)
