"""Mail, screen and poster in five languages, as their readers see them: nothing hangs over an edge, and each script
runs its own way. With `make screenshots` their pictures are made."""

import asyncio
import io
import os

import pytest
from PIL import Image
from playwright.async_api import expect

from broadcaster.render.drawing import draw
from broadcaster.render.poster import Size, poster_of
from tests.browser.looking import FOLDER, PICTURES_ASKED
from tests.browser.walls import OUTAGE
from tests.golden.test_people_read import WITH_PAGES, rendered
from tests.unit.render.test_poster import LINK, request

FIVE = {"nl": "ltr", "ar": "rtl", "uk": "ltr", "tr": "ltr", "pl": "ltr"}
_NARROWEST = 320
"""Pixels: the narrowest telephone there is (WCAG 2.2, 1.4.10)."""


async def keep(name: str, png: bytes) -> None:
    """Keep a picture where pictures are asked for."""
    if os.environ.get(PICTURES_ASKED):
        await asyncio.to_thread((FOLDER / f"{name}.png").write_bytes, png)


@pytest.mark.parametrize("language", FIVE)
async def test_a_mail_fits_the_narrowest_telephone(page, language):
    await page.set_viewport_size({"width": _NARROWEST, "height": 640})
    await page.set_content(rendered(WITH_PAGES)["email", language].html)
    over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0
    assert await page.evaluate("getComputedStyle(document.querySelector('p')).direction") == FIVE[language]
    await keep(f"mail-{language}-{_NARROWEST}", await page.screenshot(full_page=True, scale="css"))


@pytest.mark.parametrize("language", FIVE)
async def test_a_poster_stays_on_its_paper(language):
    line = poster_of(request(language), Size.A4, LINK).as_line()
    (png,) = await asyncio.to_thread(draw, line, 72)
    assert Image.open(io.BytesIO(png)).size == (595, 842)  # one sheet: 210 by 297 mm at 72 pixels an inch
    await keep(f"poster-{language}", png)


async def test_a_poster_has_every_language_of_the_alert_below_each_other():
    pages = await asyncio.to_thread(draw, poster_of(request(*FIVE, status="Exercise"), Size.A3, LINK).as_line(), 50)
    for number, png in enumerate(pages, 1):
        await keep(f"poster-a3-exercise-{number}", png)
    assert 1 < len(pages) <= len(FIVE)


async def test_a_screen_shows_each_language_when_it_is_chosen(wall, page):
    await wall.release(**OUTAGE)
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await page.goto(wall.address())
    for language in ("nl", "ar", "tr", "pl"):
        chosen = page.locator(f"#languages [lang={language}]")
        await chosen.click()
        await expect(chosen).to_have_attribute("aria-current", "true")
        await keep(f"display-{language}-1920", await page.screenshot(scale="css"))
