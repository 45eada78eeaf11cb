"""The display on the wall: large, in every language of its point, and honest about its age."""

import json
import re
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from broadcaster.model.board import Mode
from broadcaster.seal import fingerprint
from tests.browser.chromium import LAN_NAME
from tests.browser.looking import axe, picture
from tests.browser.screens import (
    NO_LINE,
    UPDATED,
    age,
    bands,
    board,
    headline,
    lose_line,
    moments,
    opened,
    pass_time,
    question,
    store,
    stored,
)
from tests.browser.walls import OUTAGE, POINT


@pytest_asyncio.fixture(loop_scope="session")
async def screen(contexts, wall):
    """A television with nothing on it yet."""
    return await opened(contexts, wall.address())


def for_an_hour(wall):
    instants = {"expires": timedelta(hours=1), "next_update": timedelta(minutes=30)}
    return {name: (wall.clock.now() + after).isoformat() for name, after in instants.items()}


# --- how it looks ------------------------------------------------------------------------------------


async def test_the_headline_takes_a_twelfth_of_the_height_and_the_instruction_an_eighteenth(wall, screen):
    await wall.release(**OUTAGE)
    await expect(headline(screen)).to_have_text("Stroomuitval in Noord")
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    assert await headline(screen).evaluate(size) >= 1080 / 12
    assert await screen.locator(".text p").first.evaluate(size) >= 1080 / 18
    await axe(screen, contrast_from_afar=True)
    await picture(screen, "display", whole=False)


async def test_no_view_holds_more_than_sixty_words_or_hangs_over_the_edge(wall, screen):
    await wall.release(**OUTAGE)
    await expect(headline(screen)).to_have_text("Stroomuitval in Noord")
    await screen.get_by_role("button", name="Stop").click()
    seen = {}
    for _ in range(40):
        text = await screen.locator("#notice").inner_text()
        assert len(text.split()) <= 60, text
        over = "element => element.scrollHeight - element.clientHeight"
        assert await screen.locator(".text").evaluate(over) <= 1, text
        language = await screen.evaluate("document.documentElement.lang")
        seen.setdefault(language, []).append(" ".join(await screen.locator(".text").all_inner_texts()))
        await screen.locator("[data-does=next]").click()
        if len(seen) == 5 and await screen.evaluate("document.documentElement.lang") == "nl":
            break
    assert list(seen) == ["nl", "en", "ar", "tr", "pl"]
    whole = " ".join(seen["nl"])
    for words in ("Blijf thuis", "Wijkhuis Noord, Kerkstraat 1", "Liften", "14 030"):
        assert words.lower() in whole.lower()


async def test_a_language_from_right_to_left_mirrors_the_whole_page(wall, screen):
    await wall.release(**OUTAGE)
    await screen.get_by_role("button", name="العربية").click()
    await expect(screen.locator("html")).to_have_attribute("dir", "rtl")
    middle = 960
    for first in (".number", ".severity", ".where"):
        box = await screen.locator(first).bounding_box()
        assert box["x"] > middle, first
    fonts = "document.fonts.check('20px \"Noto Sans\"', 'العربية')"
    assert await screen.evaluate(fonts)
    await axe(screen, contrast_from_afar=True)
    await picture(screen, "display-arabic", whole=False)


async def test_the_most_severe_notice_comes_first_and_every_notice_has_its_turn(wall, contexts):
    await wall.release(severity="Minor")
    await wall.release(severity="Extreme")
    page = await opened(contexts, wall.address())
    await expect(page.locator(".number")).to_have_text("Nr 2")
    await expect(page.locator(".severity")).to_have_text("Zeer ernstig")
    await expect(page.locator(".kind")).to_contain_text("bericht 1 van 2")
    await page.get_by_role("button", name="Stop").click()
    numbers = ["Nr 2"]
    while numbers[-5:-1] != ["Nr 2", "No. 2", "Nr 1", "No. 1"]:
        await page.locator("[data-does=next]").click()
        shown = await page.locator(".number").inner_text()
        numbers += [shown] if shown != numbers[-1] else []
        assert len(numbers) < 6, numbers


async def test_languages_take_turns_by_themselves_until_somebody_says_stop(wall, page):
    await wall.release()
    await moments(page, wall)
    await expect(headline(page)).to_have_text("Stroomuitval in Noord")
    await page.clock.run_for(25_000)
    await expect(headline(page)).to_have_text("Power cut in Noord")
    await page.get_by_role("button", name="Stop changing").click()
    await page.clock.run_for(60_000)
    await expect(headline(page)).to_have_text("Power cut in Noord")


async def test_who_asked_for_less_motion_gets_none(wall, contexts):
    await wall.release()
    context = await contexts(reduced_motion="reduce")
    page = await context.new_page()
    await moments(page, wall)
    await expect(headline(page)).to_have_text("Stroomuitval in Noord")
    await page.clock.run_for(60_000)
    await expect(headline(page)).to_have_text("Stroomuitval in Noord")
    await page.get_by_role("button", name="Nederlands").click()
    await page.get_by_role("button", name="Ga verder").click()
    await page.clock.run_for(25_000)
    await expect(headline(page)).to_have_text("Power cut in Noord")


async def test_an_empty_board_says_so_calmly_in_every_language_of_the_point(wall, screen):
    for text in ("Er is nu geen bericht.", "There is no message now.", "لا توجد رسالة الآن."):
        await expect(screen.locator("#notice")).to_contain_text(text)
    await axe(screen, contrast_from_afar=True)
    await picture(screen, "display-empty", whole=False)


async def test_an_exercise_is_an_exercise_in_every_corner(wall, contexts):
    await wall.release(**OUTAGE, status="Exercise")
    page = await opened(contexts, wall.address(Mode.EXERCISE))
    await expect(headline(page)).to_have_text("Stroomuitval in Noord")
    await expect(page).to_have_title(re.compile("^OEFENING · "))
    await expect(page.locator(".strip")).to_have_text(["OEFENING", "OEFENING"])
    await expect(page.get_by_text("ECHT")).to_be_hidden()
    assert "gradient" in await page.locator("body").evaluate("body => getComputedStyle(body).backgroundImage")
    assert "exercise" in await page.locator("link[rel=icon]").get_attribute("href")
    await axe(page, contrast_from_afar=True)
    await picture(page, "display-exercise", whole=False)
    await page.get_by_role("button", name="Türkçe").click()
    await expect(page.locator(".strip")).to_have_text(["TATBİKAT", "TATBİKAT"])


async def test_an_exercise_is_on_no_live_screen(wall, screen):
    await wall.release(**OUTAGE, status="Exercise")
    await expect(screen.locator("#notice")).to_contain_text("Er is nu geen bericht.")
    await expect(screen.get_by_text("OEFENING")).to_have_count(2)
    for strip in await screen.locator(".strip").all():
        await expect(strip).to_be_hidden()


# --- how old it is -----------------------------------------------------------------------------------


async def test_the_age_grows_louder_and_a_lost_line_is_said_in_words_until_it_is_back(wall, page, watch):
    watch.expect(NO_LINE)
    await wall.release()
    await moments(page, wall)
    await expect(age(page)).to_contain_text(UPDATED)
    await expect(age(page)).to_have_attribute("data-loudness", "0")
    await lose_line(page, wall)
    for seconds, loudness, text in (
        (60, "0", "1 minuut"),
        (90, "1", "2 minuten"),
        (900, "2", "17 minuten"),
        (3000, "3", "1 uur"),
    ):
        await pass_time(page, wall, seconds)
        await expect(age(page)).to_contain_text(re.compile(f"{text} geleden|{text.split()[0]} (minute|hour)s? ago"))
        await expect(age(page)).to_have_attribute("data-loudness", loudness)
        band = re.compile(r"lijn weg sinds (\d+ \w+ )?\d\d:\d\d", re.IGNORECASE) if seconds > 60 else re.compile("^$")
        await expect(bands(page)).to_have_text(band)
    await axe(page, contrast_from_afar=True)
    await picture(page, "display-line-gone", whole=False)
    await expect(headline(page)).to_be_visible()
    await wall.begin()
    await pass_time(page, wall, 15)
    await expect(bands(page)).to_have_text("")
    await expect(age(page)).to_have_attribute("data-loudness", "0")


async def test_a_promised_message_that_does_not_come_is_said_in_every_language_and_its_successor_ends_that(wall, page):
    promised = (wall.clock.now() + timedelta(minutes=30)).isoformat()
    row = await wall.release(**{**OUTAGE, "next_update": promised})
    await moments(page, wall)
    await expect(page.locator(".until")).to_contain_text("Volgend bericht")
    late = page.locator(".validity .late")
    await pass_time(page, wall, 1790)
    await expect(late).to_have_count(0)
    await pass_time(page, wall, 80)
    await expect(late).to_have_text(
        re.compile(r"geen nieuw bericht sinds (\d+ \w+ )?\d\d:\d\d, beloofd om (\d+ \w+ )?\d\d:\d\d")
    )
    await expect(page.locator(".until")).not_to_contain_text("Volgend bericht")
    await axe(page, contrast_from_afar=True)
    await picture(page, "display-late", whole=False)
    for name, said in (("English", "no new message since"), ("العربية", "لا توجد رسالة جديدة منذ")):
        await page.get_by_role("button", name=name, exact=True).click()
        await expect(late).to_contain_text(said)
    await wall.update(row)
    await pass_time(page, wall, 15)
    await expect(late).to_have_count(0)
    await expect(page.locator(".number")).to_contain_text("2")


async def test_without_a_line_a_notice_leaves_the_screen_when_its_time_is_over(wall, page, watch):
    watch.expect(NO_LINE)
    await wall.release(**for_an_hour(wall))
    await moments(page, wall)
    await expect(headline(page)).to_have_text("Stroomuitval in Noord")
    await lose_line(page, wall)
    await pass_time(page, wall, 3540)
    await expect(page.locator(".number")).to_be_visible()
    await pass_time(page, wall, 120)
    await expect(page.locator(".number")).to_have_count(0)
    await page.get_by_role("button", name="Nederlands").click()
    await expect(headline(page)).to_have_text("Dit scherm is niet meer bij.")
    box = await page.locator(".alarm").bounding_box()
    assert box["height"] >= 1080 / 2
    await axe(page, contrast_from_afar=True)
    await picture(page, "display-expired", whole=False)


async def test_with_a_line_an_expired_notice_makes_room_for_a_calm_sentence(wall, page):
    await wall.release(**for_an_hour(wall))
    async with question(page):
        await moments(page, wall)
        await expect(headline(page)).to_have_text("Stroomuitval in Noord")
    await pass_time(page, wall, 3601)
    await expect(headline(page)).to_have_text("Er is nu geen bericht.")


async def test_an_empty_board_without_a_line_does_not_say_that_there_is_no_message_now(wall, page, watch):
    watch.expect(NO_LINE)
    await moments(page, wall)
    await expect(headline(page)).to_have_text("Er is nu geen bericht.")
    await lose_line(page, wall)
    await pass_time(page, wall, 300)
    await expect(headline(page)).to_have_text(re.compile(r"Om \d\d:\d\d was er geen bericht\."))


@pytest.mark.parametrize("hours", [-5, 5])
async def test_two_clocks_that_differ_make_the_time_unknown_and_nothing_valid(wall, page, hours):
    await wall.release()
    await page.clock.install(time=wall.clock.now() + timedelta(hours=hours))
    await page.goto(wall.address())
    await expect(age(page)).to_have_text("tijd onbekend")
    await expect(headline(page)).to_have_text("Stroomuitval in Noord")
    await expect(page.get_by_text("Geldig tot")).to_have_count(0)
    await expect(page.locator(".until")).to_contain_text("Tijd onbekend. Is het later dan")


async def test_a_computer_that_slept_does_not_know_the_time_until_it_has_heard_the_hub(wall, page, watch):
    watch.expect(NO_LINE)
    await wall.release()
    await moments(page, wall)
    await expect(age(page)).to_contain_text(UPDATED)
    await lose_line(page, wall)
    await page.clock.set_system_time(wall.clock.now() + timedelta(hours=3))
    await page.clock.run_for(2000)
    await expect(age(page)).to_have_text("tijd onbekend")


# --- what it believes --------------------------------------------------------------------------------


async def test_the_token_leaves_the_address_at_once_and_a_reload_needs_none(wall, screen):
    await expect(headline(screen)).to_have_text("Er is nu geen bericht.")
    assert screen.url.endswith(f"/display/{POINT}")
    await screen.reload()
    await expect(headline(screen)).to_have_text("Er is nu geen bericht.")


@pytest.mark.parametrize("host", ["127.0.0.1", LAN_NAME])
async def test_a_board_is_shown_with_and_without_webcrypto(wall, contexts, host):
    page = await opened(contexts, wall.address(host=host))
    await expect(headline(page)).to_have_text("Er is nu geen bericht.")
    await wall.release()
    await expect(headline(page)).to_have_text("Stroomuitval in Noord")
    loaded = await page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert any("/noble/" in name for name in loaded) == (host == LAN_NAME)


FORGERIES = {
    "of another key": lambda wall: board(wall, 101, signer=wall.stranger()),
    "for an exercise": lambda wall: board(wall, 101, signer=wall.signers[Mode.EXERCISE]),
    "of another point": lambda wall: board(wall, 101, point="buurthuis-zuid"),
    "older": lambda wall: board(wall, 99),
    "of the same number": lambda wall: board(wall, 100, journal_head="another"),
    "changed on its way": lambda wall: board(wall, 101)[:-20] + "A" * 20,
    "no board": lambda _: "<html>Welkom op het netwerk van het hotel</html>",
}


async def test_a_board_that_is_not_ours_is_not_shown_and_the_page_says_so(wall, page):
    good = board(wall, 100)
    wall.put(good, 100)
    await moments(page, wall)
    await expect(headline(page)).to_have_text("Bord 100")
    for name, forge in FORGERIES.items():
        wall.put(forge(wall), 101)
        await expect(bands(page), name).to_contain_text("niet klopt")
        await expect(headline(page)).to_have_text("Bord 100")
        wall.put(good, 100)
        await pass_time(page, wall, 10)
        await expect(bands(page), name).to_have_text("")


async def test_the_number_never_falls_not_even_over_a_reload(wall, screen):
    wall.put(board(wall, 100), 100)
    await expect(headline(screen)).to_have_text("Bord 100")
    wall.put(board(wall, 50), 50)
    await screen.reload()
    await expect(bands(screen)).to_contain_text("niet klopt")
    await expect(headline(screen)).to_have_text("Bord 100")


async def test_a_screen_that_never_had_a_good_board_shows_no_other(wall, contexts):
    wall.put(board(wall, 101, signer=wall.stranger()), 101)
    page = await opened(contexts, wall.address())
    await expect(headline(page)).to_have_text("Het bord dat binnenkwam, klopt niet.")
    await axe(page, contrast_from_afar=True)


async def test_a_root_that_was_given_is_the_only_one(wall, contexts):
    ours = await opened(contexts, wall.address(root=fingerprint(wall.signers[Mode.LIVE].root)))
    await expect(headline(ours)).to_have_text("Er is nu geen bericht.")
    other = await opened(contexts, wall.address(root=fingerprint(wall.stranger().root)))
    await expect(headline(other)).to_have_text("Deze centrale heeft een andere sleutel dan dit scherm kent.")


async def test_a_stored_board_that_was_altered_is_not_shown(wall, screen):
    wall.put(board(wall, 100), 100)
    await expect(headline(screen)).to_have_text("Bord 100")
    kept = json.loads(await stored(screen))
    kept["token"] = kept["token"][:-10] + "A" * 10
    await store(screen, json.dumps(kept))
    await screen.reload()
    await expect(headline(screen)).to_have_text("Wat dit scherm had bewaard, is beschadigd.")


async def test_a_screen_without_a_token_says_what_to_do(wall, contexts, watch):
    page = await opened(contexts, wall.address().partition("#")[0])
    await expect(headline(page)).to_have_text("Dit scherm is nog niet aangemeld.")
    watch.expect("401")
    turned_away = await opened(contexts, wall.address(token="x" * 40))
    await expect(headline(turned_away)).to_have_text("De centrale kent dit scherm niet (meer).")


async def test_a_code_lets_in_one_screen_once(wall, contexts, watch):
    watch.expect("422")
    code = await wall.code()
    page = await opened(contexts, wall.address(token="", code=code))
    await expect(headline(page)).to_have_text("Er is nu geen bericht.")
    assert code not in page.url
    await page.reload()
    await expect(headline(page)).to_have_text("Er is nu geen bericht.")
    second = await opened(contexts, wall.address(token="", code=code))
    await expect(headline(second)).to_have_text("Deze code is niet (meer) geldig.")


async def test_a_screen_whose_token_is_withdrawn_keeps_what_it_has_and_says_so(wall, page, watch):
    watch.expect("401")
    wall.put(board(wall, 100), 100)
    await moments(page, wall)
    await expect(headline(page)).to_have_text("Bord 100")
    await wall.revoke()
    await wall.cut()
    await wall.begin()
    await pass_time(page, wall, 10)
    await expect(bands(page)).to_contain_text("De centrale kent dit scherm niet meer.")
    await expect(headline(page)).to_have_text("Bord 100")


async def test_a_point_that_is_not_there_gets_a_sentence(wall, page, watch):
    watch.expect("404")
    await page.goto(wall.address().replace(POINT, "nergens"))
    await expect(page.locator("h1")).to_have_text("Dit noodsteunpunt kennen wij niet.")
    await axe(page)
