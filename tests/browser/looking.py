"""Looking at a page: whether everybody can use it, and its picture at three widths."""

import asyncio
import os
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

SIZES = {390: 844, 1440: 900, 1920: 1080}
"""Heights by width: a telephone, a laptop, a television on the wall."""
FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
PICTURES_ASKED = "PICTURES"
"""The variable that `make screenshots` sets."""
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
_DRAWN = """() => {
    const drawn = new CSSStyleSheet();
    drawn.replaceSync("* { content-visibility: visible !important }");
    document.adoptedStyleSheets.push(drawn);
}"""
"""All of the page, as who scrolls through it sees it: what is not drawn yet has no place that axe can compare."""


async def axe(page: Page, *, contrast_from_afar: bool = False) -> None:
    """Fails on any breach of WCAG 2.2 level A or AA that axe-core finds, with what and where it is.

    contrast_from_afar: 7:1 is asked for as well (1.4.6, level AAA), for what is read from across a room.
    """
    more = {"rules": {"color-contrast-enhanced": {"enabled": True}}} if contrast_from_afar else {}
    await page.evaluate(_DRAWN)
    found = await Axe().run(page, options=_RULES | more)
    assert found.violations_count == 0, found.generate_report()


async def picture(page: Page, name: str, *, whole: bool = True) -> None:
    """At each of three widths nothing hangs over the edge (WCAG 2.2, 1.4.10); when asked, `NAME-WIDTH.png` is made.

    whole: all of a page that scrolls, or what fits on the screen.
    """
    for width, height in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{over} pixels hang over the edge at {width}"
        if os.environ.get(PICTURES_ASKED):
            await asyncio.to_thread(FOLDER.mkdir, exist_ok=True)
            await page.screenshot(path=FOLDER / f"{name}-{width}.png", full_page=whole, scale="css")
