"""The browser that the other tests stand on."""

import asyncio

import pytest

from broadcaster.clock import SystemClock
from broadcaster.demo import office
from broadcaster.model.cap import Status
from tests.browser.chromium import LAN_NAME
from tests.browser.looking import axe


async def test_a_page_is_trusted_on_this_machine_and_not_under_a_name_on_the_network(office, page):
    for host, trusted in (("127.0.0.1", True), ("localhost", True), (LAN_NAME, False)):
        await page.goto(office.at("/health/live").replace("127.0.0.1", host))
        assert await page.evaluate("[isSecureContext, !!crypto.subtle]") == [trusted, trusted]


async def test_a_hub_in_the_browser_tests_sends(hub):
    submitted = await office.submit(hub.writer, office.draft_of(hub.premises, Status.ACTUAL, SystemClock().now()))
    await office.approve(hub.approver, submitted)
    async with asyncio.timeout(30):
        while True:
            counts = (await hub.writer.do("GET", f"/v1/alerts/{submitted.alert}"))["counts"]
            told = [states.get("accepted", 0) + states.get("delivered", 0) for states in counts.values()]
            if sum(told) == submitted.addressees:
                return
            await asyncio.sleep(0.05)


async def test_what_a_page_complains_about_is_seen(page, watch):
    await page.set_content("<p>Hallo</p>")
    await page.evaluate("console.error('een fout'); setTimeout(() => { throw new Error('nog een') })")
    await page.evaluate("fetch('http://example.org/').catch(() => 0)")
    assert {fault.split(":")[0] for fault in watch.faults} == {"console", "script", "another host"}
    for part in ("een fout", "nog een", "example.org"):
        watch.expect(part)
    assert watch.faults == []


async def test_a_page_that_not_everybody_can_read_is_refused(page):
    await page.set_content("<title>t</title><html lang=nl><p style='color:#ccc;background:#fff'>Slecht leesbaar</p>")
    with pytest.raises(AssertionError, match="contrast"):
        await axe(page)
