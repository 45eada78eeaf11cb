"""A screen at a relay: it needs no token, knows the line behind the relay from the hub's own word alone, shows what its
host wrote apart from what the municipality did, and tells what is really on it."""

import re
from contextlib import suppress
from datetime import timedelta

from playwright.async_api import Error, expect

from tests.browser.looking import axe, picture
from tests.browser.posts import digest_of
from tests.browser.screens import TELEVISION, UPDATED, age, bands, headline, until
from tests.mint import make_signer


async def moments(page, relay):
    """Open the display in a browser whose time is the test's."""
    await page.clock.install(time=relay.now)
    await page.set_viewport_size(TELEVISION)
    await page.goto(relay.address())
    await expect(headline(page)).to_have_text("Bord 100")


async def pass_time(page, relay, seconds):
    """Let time pass at the relay and before the screen, in steps in which a page asks what it asks."""
    for _ in range(0, seconds, 10):
        relay.now += timedelta(seconds=10)
        await page.clock.run_for(10_000)


# --- the line behind the relay ----------------------------------------------------------------------


async def test_a_relay_that_answers_is_no_line_only_the_hubs_own_word_is(relay, page):
    await moments(page, relay)
    await expect(age(page)).to_contain_text(UPDATED)
    said = relay.now
    await pass_time(page, relay, 100)
    await expect(bands(page)).to_have_text(re.compile(r"lijn weg sinds (\d+ \w+ )?\d\d:\d\d", re.IGNORECASE))
    await expect(age(page)).to_contain_text("1 minuut geleden")
    forged = {
        "of another key": relay.beaten(
            100, relay.now, signer=make_signer("live", not_after=relay.now + timedelta(days=9))
        ),
        "of another point": relay.beaten(100, relay.now, point="elders"),
        "for an exercise": relay.beaten(100, relay.now, mode="exercise"),
        "of another epoch": relay.beaten(100, relay.now, epoch=2),
        "a board": relay.board,
        "from before": relay.beaten(100, said - timedelta(minutes=1)),
    }
    for name, beat in forged.items():
        relay.beat = beat
        await pass_time(page, relay, 20)
        await expect(bands(page), name).to_have_text(re.compile("lijn weg", re.IGNORECASE))
    relay.beat = relay.beaten(100, relay.now)
    await pass_time(page, relay, 10)
    await expect(bands(page)).to_have_text("")
    await expect(age(page)).to_contain_text(UPDATED)


async def test_after_a_restart_an_old_word_of_the_hub_says_nothing_of_now(relay, page):
    relay.beat = relay.beaten(100, relay.now - timedelta(hours=3))
    relay.board = relay.signed(100)
    await moments(page, relay)
    await page.reload()
    await expect(age(page)).to_have_text("stand onbekend sinds herstart")
    relay.beat = relay.beaten(100, relay.now)
    await pass_time(page, relay, 10)
    await expect(age(page)).to_contain_text(UPDATED)


async def test_a_relay_that_does_not_know_the_time_leaves_it_unknown(relay, page):
    relay.clock_known = False
    await moments(page, relay)
    await expect(age(page)).to_have_text("tijd onbekend")
    await expect(page.locator(".until")).to_contain_text("Tijd onbekend. Is het later dan")


# --- the host's own line ------------------------------------------------------------------------------


async def test_a_hosts_line_stands_apart_below_the_notice_as_it_was_typed(relay, page):
    hostile = '<img src=x onerror="alert(1)"> Soep & brood om 18:00 \u202e'
    relay.line = {"text": hostile, "at": relay.now.isoformat()}
    await moments(page, relay)
    line = page.locator("#local .line")
    await expect(line).to_have_text(hostile)
    await expect(page.locator("#local .whose")).to_contain_text(re.compile("van dit steunpunt", re.IGNORECASE))
    assert await page.locator("#local img").count() == 0
    notice, own = await page.locator("#notice").bounding_box(), await page.locator("#local").bounding_box()
    assert own["y"] >= notice["y"] + notice["height"]
    await axe(page, contrast_from_afar=True)
    await picture(page, "display-local-line", whole=False)
    relay.line = None
    await pass_time(page, relay, 20)
    await expect(page.locator("#local")).to_be_hidden()


# --- what is really on the screen ---------------------------------------------------------------------


async def test_a_screen_tells_what_stands_in_its_page_and_not_what_ought_to(relay, page):
    relay.board = relay.signed(100, 3, 4)
    await moments(page, relay)
    await pass_time(page, relay, 60)
    await until(lambda: any(said["screen"] == [3, 4] for said in relay.told))
    last = relay.told[-1]
    assert (last["seq"], last["digest"]) == (100, digest_of(relay.board))
    await page.evaluate("() => { document.getElementById('notice').style.display = 'none'; }")
    await pass_time(page, relay, 120)
    await until(lambda: relay.told[-1]["screen"] == [])
    assert relay.told[-1]["seq"] == 100


async def test_a_page_that_cannot_draw_any_more_tells_nothing(relay, page, watch):
    watch.expect("frozen")
    await moments(page, relay)
    await pass_time(page, relay, 70)
    await until(lambda: len(relay.told) > 1)
    await page.evaluate("() => { document.querySelectorAll = () => { throw new Error('frozen'); }; }")
    before = len(relay.told)
    for _ in range(3):
        with suppress(Error):  # what a timer of the page raises
            await page.clock.fast_forward(70_000)
    assert len(relay.told) == before
    await page.evaluate("() => { delete document.querySelectorAll; }")
    await pass_time(page, relay, 70)
    await until(lambda: len(relay.told) > before)
