"""The volunteer's page at 390 pixels: cold hands, at night, no line, a box that may go out."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from broadcaster.model.board import Mode
from tests.browser.conftest import Contexts
from tests.browser.looking import axe, picture
from tests.browser.watching import Watch
from tests.counters import NIGHT, PIN, SILENT, Counter, open_counter

_TELEPHONE = {"width": 390, "height": 844}
_REFUSED = "the server responded with a status of 4"


@pytest_asyncio.fixture(loop_scope="session")
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with open_counter(tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def telephone(contexts: Contexts) -> Page:
    context = await contexts(viewport=_TELEPHONE, has_touch=True)
    return await context.new_page()


async def _enter(page: Page, counter: Counter) -> None:
    await page.goto(f"{counter.url}/steunpunt")
    await page.get_by_label("Pincode").fill(PIN)
    await page.get_by_role("button", name="Verder").click()
    await expect(page.get_by_role("link", name="Dringend")).to_be_visible()


async def _front(page: Page) -> None:
    await page.get_by_role("link", name="Terug").click()
    await expect(page.get_by_role("link", name="Dringend")).to_be_visible()


async def _look(page: Page, name: str) -> None:
    """Everybody can use it, at every width; and then it is a telephone again."""
    await axe(page)
    await picture(page, name)
    await page.set_viewport_size({"width": _TELEPHONE["width"], "height": _TELEPHONE["height"]})


async def test_a_volunteer_tells_the_whole_night_with_one_hand(telephone: Page, counter: Counter, watch: Watch) -> None:
    """PIN, open, paper, a rumour, something urgent, and when it was read; every page for everybody, at every width."""
    watch.expect(_REFUSED)
    counter.show(3, replaces=2)
    page = telephone
    await page.clock.install(time=NIGHT)
    await page.goto(f"{counter.url}/steunpunt")
    await axe(page)
    await page.get_by_label("Pincode").fill("000001")
    await page.get_by_role("button", name="Verder").click()
    await expect(page.get_by_role("alert")).to_contain_text("Deze code klopt niet")
    await _look(page, "host-pin")
    await _enter(page, counter)
    for name in ("Wij zijn open", "Druk af", "Wat hoor je?", "Dringend"):
        box = await page.locator(".big", has_text=name).bounding_box()
        assert box is not None
        assert box["height"] >= _TELEPHONE["height"] / 5
    await expect(page.locator("header")).to_contain_text("Nieuwste bericht: nr 3")
    await expect(page.locator("#clock")).to_have_text("03:20")
    await _look(page, "host")

    await page.get_by_role("button", name="Wij zijn open").click()
    await expect(page.get_by_role("status")).to_contain_text("De gemeente hoort dat u open bent")
    await page.get_by_label("Er is licht").check()
    await page.get_by_label("Water", exact=True).check()
    await page.get_by_label("Met hoeveel helpers").fill("3")
    await page.get_by_label("Rustig").check()
    await _look(page, "host-opening")
    await page.get_by_role("button", name="Bewaar en verstuur").click()
    await expect(page.locator(".big--done")).to_contain_text("Open sinds 03:20")

    await page.get_by_role("link", name="Druk af").click()
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Druk af op A4").click()
    paper = await opened.value
    await expect(paper.locator("#sheets article")).to_contain_text("Stroomuitval in Noord")
    await expect(paper.get_by_role("button", name="Druk af")).to_be_enabled()
    await paper.close()
    await page.get_by_label("Nr 3 hangt").check()
    await page.get_by_label("Nr 2 is weg").check()
    await _look(page, "host-print")
    await page.get_by_role("button", name="Bewaar en verstuur").click()
    await expect(page.locator(".big", has_text="Druk af")).to_contain_text("Nr 3 hangt")

    counter.lose_line()
    await page.get_by_role("link", name="Wat hoor je?").click()
    await page.get_by_label("Een gerucht").check()
    await page.get_by_role("button", name="Bewaar en verstuur").click()
    await expect(page.get_by_role("alert")).to_contain_text("Kies waar het over gaat")
    await _look(page, "host-heard")
    await page.get_by_label("Water", exact=True).check()
    await page.get_by_label("In één regel").fill("Het water is giftig")
    await page.get_by_role("button", name="Bewaar en verstuur").click()
    await expect(page.get_by_role("status")).to_contain_text("zodra er een lijn is")
    await expect(page.get_by_role("listitem").first).to_contain_text("bewaard")

    await _front(page)
    await expect(page.locator("header")).to_contain_text("weg sinds 03:22. Uw berichten worden bewaard")
    counter.show(4, languages=SILENT)
    await page.get_by_role("link", name="Dringend").click()
    await expect(page.locator(".emergency")).to_contain_text("112 is niet bereikbaar, zegt bericht nr 4")
    await _look(page, "host-urgent")
    await page.get_by_label("Medicijnen").check()
    await page.get_by_label("In één regel").fill("Insuline voor twee mensen, vanavond")
    await page.get_by_role("button", name="Verstuur: dringend").click()
    await expect(page.get_by_role("status")).to_contain_text("Wacht daar niet op")

    told = [report.opening or report.showing or report.heard or report.urgent for report in counter.kept]
    assert [type(said).__name__ for said in told] == ["Opening", "Opening", "Showing", "Heard", "Urgent"]
    for report in counter.kept[:-1]:
        counter.read(report, at=counter.time.now() + timedelta(minutes=4))
    await page.clock.run_for(16_000)  # the page looks by itself whether somebody read it
    await expect(page.get_by_role("listitem").first).to_contain_text("bewaard")
    await expect(page.get_by_role("listitem").last).to_contain_text("gelezen om 03:26")
    await _look(page, "host-told")


async def test_a_box_that_is_off_loses_nothing_that_was_typed_and_a_double_tap_counts_once(
    telephone: Page, counter: Counter, watch: Watch
) -> None:
    watch.expect("ERR_CONNECTION_REFUSED")
    watch.expect("ERR_CONNECTION_RESET")
    page = telephone
    await _enter(page, counter)
    await page.get_by_role("link", name="Wat hoor je?").click()
    await page.get_by_label("Een vraag").check()
    await page.get_by_label("Hoe lang nog").check()
    await page.get_by_label("In één regel").fill("Wanneer is er stroom?")
    await counter.cut()
    await page.get_by_role("button", name="Bewaar en verstuur").click()
    await expect(page.get_by_role("alert")).to_contain_text("geen antwoord")
    await expect(page.get_by_label("In één regel")).to_have_value("Wanneer is er stroom?")
    await axe(page)
    await counter.begin()
    await page.get_by_role("button", name="Bewaar en verstuur").dblclick()
    await expect(page.get_by_role("listitem").first).to_contain_text("Wanneer is er stroom?")
    assert len(counter.kept) == 1


async def test_it_all_works_by_keyboard_without_a_script_and_in_the_dark(contexts: Contexts, counter: Counter) -> None:
    counter.show(7, mode=Mode.EXERCISE)
    context = await contexts(viewport=_TELEPHONE, java_script_enabled=False, color_scheme="dark")
    page = await context.new_page()
    await page.goto(f"{counter.url}/steunpunt")
    await expect(page.get_by_label("Pincode")).to_be_focused()
    await page.keyboard.type(PIN)
    await page.keyboard.press("Enter")
    await expect(page).to_have_title("OEFENING · Steunpunt · Wijkhuis Noord")
    for _ in range(3):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Wat hoor je?")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Wat hoor je?")).to_be_visible()
    for keys in ("Tab", "ArrowRight", "Tab", "ArrowRight", "Tab"):  # a rumour, of water
        await page.keyboard.press(keys)
    await page.keyboard.type("Het water is giftig")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("listitem").first).to_contain_text("Gerucht: Water")
    await expect(page.locator(".strip")).to_have_count(2)
    assert [report.mode for report in counter.kept] == [Mode.EXERCISE]
    await picture(page, "host-exercise")


async def test_in_the_dark_every_word_can_be_read(contexts: Contexts, counter: Counter) -> None:
    counter.show(3)
    counter.lose_line()
    counter.distrust_time()
    page = await (await contexts(viewport=_TELEPHONE, color_scheme="dark")).new_page()
    await _enter(page, counter)
    await axe(page)
    for path in ("open", "gehoord", "regel"):
        await page.goto(f"{counter.url}/steunpunt/{path}")
        await axe(page)
    await page.goto(f"{counter.url}/steunpunt")
    await picture(page, "host-night")
    counter.show()
    counter.show(7, mode=Mode.EXERCISE)
    await page.reload()
    await expect(page.locator(".strip")).to_have_count(2)
    await axe(page)
