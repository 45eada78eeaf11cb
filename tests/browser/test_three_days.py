"""Three days without mains, masts or lines, with every place in a network of its own and real browsers as screens. What
happens in which hour is the story of `omroeper demo --blackout`; here it is what the screens show that counts."""

import asyncio
import os
import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Page, Playwright, expect

from broadcaster.boards.screen import WORDS
from broadcaster.demo import story as broadcast
from broadcaster.demo.blackout.story import CENTRE, NORTH, Hour, Story, beginning
from broadcaster.demo.blackout.town import REGIONAL, TOWN_HALL, town
from tests.browser import chromium, namespaces
from tests.browser.looking import FOLDER, PICTURES_ASKED
from tests.browser.namespaces import Namespaces
from tests.browser.screens import TELEVISION, bands

PLACES = (TOWN_HALL, REGIONAL, NORTH, CENTRE)
HOURS_AT = [0, 2, 4, 8, 20, 26, 30, 36, 44, 72]
CUT_OFF = range(4, 72)
LISTENS, LISTENS_IN = 25, 10
OUT_OF_DATE = re.compile("|".join(re.escape(words["expired"]) for words in WORDS.values()))


class Walls:
    """A browser at the box of each local point, on the box's own machine, and the time that it has."""

    def __init__(self, stack: AsyncExitStack, playwright: Playwright, net: Namespaces, folder: Path) -> None:
        self._stack, self._playwright, self._net, self._folder = stack, playwright, net, folder
        self._pages: dict[str, Page] = {}
        self._at_in: dict[str, float] = {}

    async def switch_on(self, story: Story, point: str) -> None:
        """Start it, with what its disk still holds."""
        disk = self._folder / f"screen-{point}"
        context = await chromium.launch_at(self._playwright, self._net.at(point), disk, viewport=TELEVISION)
        self._stack.push_async_callback(context.close)
        page = context.pages[0]
        await page.clock.install(time=story.town.clock.now())
        await page.goto(f"http://localhost:8080/display/{point}")
        self._pages[point], self._at_in[point] = page, story.town.clock.ahead_in

    async def look(self, story: Story, hour: Hour) -> None:
        """Let time pass before them too, and read what is on them."""
        for point, page in self._pages.items():
            await page.clock.fast_forward(round((story.town.clock.ahead_in - self._at_in[point]) * 1000))
            self._at_in[point] = story.town.clock.ahead_in
        for point in (NORTH, CENTRE):
            if point not in self._pages:
                await self.switch_on(story, point)
        if hour.title == "The box in the north loses power":
            await self._pages[NORTH].context.close()
            await self.switch_on(story, NORTH)
        for point in self._pages:
            await self._shows(story, hour, point)

    async def _says(self, story: Story, point: str, name: str, word: str) -> None:
        """What it says of its line, once it has had time to listen for the hub's word; nothing when it hears it."""
        page, said = self._pages[point], ""
        for _ in range(LISTENS):
            said = (await bands(page).inner_text()).lower()
            if word in said and bool(word) == bool(said):
                return
            story.town.clock.skip(LISTENS_IN)
            await page.clock.run_for(LISTENS_IN * 1000)
            self._at_in[point] += LISTENS_IN
            await asyncio.sleep(0.5)  # the box listens as well
        pytest.fail(f"{name} says {said!r} of its line, and not {word!r}")

    async def _shows(self, story: Story, hour: Hour, point: str) -> None:
        page = self._pages[point]
        name, numbers = f"{point} at hour {hour.at}", hour.screens[point].numbers
        shown = page.locator("#notice [data-number]")
        if numbers:
            await expect(shown.first, name).to_have_attribute("data-number", str(numbers[0]))
        else:
            await expect(page.locator("#notice h1"), name).to_have_text(OUT_OF_DATE)
            await expect(shown, name).to_have_count(0)
        await self._says(story, point, name, "lijn weg" if hour.at in CUT_OFF else "")
        if os.environ.get(PICTURES_ASKED):
            await page.screenshot(path=FOLDER / f"blackout-{hour.at:02}-{point}.png")


@pytest.mark.timeout(400)
async def test_for_three_days_every_screen_shows_what_it_can_know_and_says_how_old_that_is(
    playwright: Playwright, tmp_path: Path
) -> None:
    chromium.require()
    namespaces.require()
    with Namespaces(PLACES, os.getpid()) as net:
        async with broadcast.providers(1, 0.0, at=net.at(TOWN_HALL)) as simulators, AsyncExitStack() as stack:
            there = await stack.enter_async_context(town(tmp_path, net, broadcast.ports_of(simulators), 1))
            story = await stack.enter_async_context(beginning(there, simulators))
            story.looked = Walls(stack, playwright, net, tmp_path).look
            await story.play()
    assert [hour.at for hour in story.hours] == HOURS_AT
    assert story.reports == 7, "each report once, by whichever way it came"
