"""The paper that a support point prints from its own screen, without a line and without a PDF engine."""

import asyncio
import io
import re
import subprocess
from pathlib import Path

import pikepdf
import pytest
from playwright.async_api import expect

from broadcaster.model.board import Mode
from tests.browser.looking import axe, picture
from tests.browser.screens import headline, kept
from tests.browser.walls import OUTAGE, POINT
from tests.codes import text_in

MILLIMETRE = 72 / 25.4
SHEETS = {"a4": (210, 297), "a3": (297, 420)}
DRAWN = "document.querySelector('.code path').getAttribute('d')"


def paper(wall, **query):
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"http://127.0.0.1:{wall.port}/display/{POINT}/papier?{asked}"


async def printed(page):
    """What comes out of the printer: its text, and the size of its sheets in millimetres."""
    raw = await page.pdf(prefer_css_page_size=True)
    with pikepdf.open(io.BytesIO(raw)) as file:
        sizes = [[round(float(side) / MILLIMETRE) for side in sheet.mediabox[2:]] for sheet in file.pages]
    return await asyncio.to_thread(_text, raw), sizes


def _text(raw):
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=raw, capture_output=True, check=True, timeout=60)
    return done.stdout.decode()


def modules(drawn, border=4):
    """The dark modules of a code as rows of a matrix, without the white around it."""
    dark = {(int(y) - border, int(x) - border) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn)}
    size = 1 + max(max(place) for place in dark)
    return [[int((y, x) in dark) for x in range(size)] for y in range(size)]


@pytest.fixture
def poppler():
    if not Path("/usr/bin/pdftotext").exists():
        pytest.skip("pdftotext is missing: run 'sudo apt-get install poppler-utils'")


async def test_a_point_prints_its_board_without_a_line_on_a4_and_on_a3(wall, page, watch, poppler):
    watch.expect("ERR_")
    first = await wall.release(**OUTAGE)
    await wall.update(first)
    await page.goto(wall.address())
    await expect(headline(page)).to_have_text("Stroomuitval in Noord")
    await kept(page)
    await wall.cut()
    for size, wanted in SHEETS.items():
        await page.goto(paper(wall, size=size))
        await expect(page.get_by_role("button", name="Druk af")).to_be_enabled()
        await expect(page.locator(".warning").first).to_contain_text("Er is geen lijn.")
        text, sizes = await printed(page)
        assert sizes in ([list(wanted)], [list(wanted)] * 2)
        for words in ("Nr 2", "STROOMUITVAL", "Haal nummer 1 weg", "Türkçe", "Polski", "Geldig tot"):
            assert words.lower() in text.lower(), words
        assert re.search(r"Geldig tot \d+ \w+ \d\d:\d\d", text), "a poster hangs for days: its end has its date"
        assert "Druk af" not in text
        (proof,) = await wall.proofs()
        assert text_in(modules(await page.evaluate(DRAWN))) == proof
        await picture(page, f"paper-{size}", whole=False)
        await axe(page)


async def test_an_exercise_is_one_on_every_page_and_what_is_over_is_not_printed(wall, page, watch, poppler):
    watch.expect("ERR_")
    await wall.release(**OUTAGE, status="Exercise")
    await page.clock.install()
    await page.goto(wall.address(Mode.EXERCISE))
    await expect(headline(page)).to_have_text("Stroomuitval in Noord")
    await page.goto(paper(wall, mode="exercise"))
    await expect(page.get_by_role("button", name="Druk af")).to_be_enabled()
    text, sizes = await printed(page)
    for sheet in text.split("\f")[: len(sizes)]:
        letters = "".join(sheet.split())  # its words are spaced out
        assert sum(letters.count(word) for word in ("OEFENING", "EXERCISE", "تمرين", "TATBİKAT", "ĆWICZENIA")) >= 2
    await picture(page, "paper-exercise", whole=False)
    await page.goto(paper(wall))
    await expect(page.locator("#state")).to_contain_text("Er is geen bericht om op te hangen.")
    await page.goto(paper(wall, mode="exercise"))
    await expect(page.locator(".sheet")).to_have_count(1)
    await wall.cut()
    await page.clock.fast_forward(7 * 3600 * 1000)
    await expect(page.locator("#state")).to_contain_text("geldt niet meer")
    await expect(page.locator(".sheet")).to_have_count(0)
    await expect(page.get_by_role("button", name="Druk af")).to_be_disabled()
