"""A screen runs for weeks: it grows no heavier, and an answer that never ends does not hold it."""

import pytest
from playwright.async_api import expect

from tests.browser.screens import bands, headline

REFRESHES = [60, pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
GROWN = 1_500_000
"""Bytes that the page may hold more after all refreshes: a leak of one board of each of 10,000 is ten times as much."""


async def heap(page, session):
    """Bytes that scripts of the page hold, after everything that nobody holds was let go."""
    await page.evaluate("new Promise((done) => setTimeout(done, 0))")
    for _ in range(3):
        await session.send("HeapProfiler.collectGarbage")
    found = {item["name"]: item["value"] for item in (await session.send("Performance.getMetrics"))["metrics"]}
    return found["JSHeapUsedSize"], found["Nodes"]


@pytest.mark.parametrize("refreshes", REFRESHES)
async def test_memory_stays_flat_over_refreshes(relay, page, refreshes):
    await page.goto(relay.address())
    await expect(headline(page)).to_have_text("Bord 100")
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    begun, seq = None, 100
    for refreshed in range(refreshes):
        seq += 1
        relay.board = relay.signed(seq)
        await relay.next_asked()
        if refreshed == refreshes // 4:
            await expect(headline(page)).to_have_text(f"Bord {seq}")
            begun = await heap(page, session)
    await expect(headline(page)).to_have_text(f"Bord {seq}")
    ended = await heap(page, session)
    assert begun is not None
    assert ended[0] - begun[0] <= GROWN
    assert ended[1] - begun[1] <= 200


@pytest.mark.soak
async def test_an_answer_that_never_ends_is_given_up(relay, page):
    await page.goto(relay.address())
    await expect(headline(page)).to_have_text("Bord 100")
    relay.stalls = True
    relay.board = relay.signed(101)
    await relay.next_asked()
    relay.stalls = False
    await expect(headline(page)).to_have_text("Bord 101", timeout=60_000)
    await expect(bands(page)).to_have_text("")
