"""The page behind the code on a poster, as a telephone opens it."""

from dataclasses import replace
from datetime import timedelta

from playwright.async_api import expect

from broadcaster.model.board import Mode, mode_of
from broadcaster.model.cap import MsgType
from broadcaster.workflow import correcting, vouching
from tests.browser.looking import axe, picture
from tests.mint import make_signer


def link(wall, row, signer=None):
    """Where the code on the poster of an alert leads."""
    signer = signer or wall.signers[mode_of(row.status)]
    return vouching.link(
        f"http://127.0.0.1:{wall.port}", row, "Gemeente Voorbeeldstad", None, "Stroomuitval in Noord", signer
    )


async def opened(wall, page, address):
    """Open what was scanned, later than what the hub told before."""
    wall.clock.move(2)
    await page.goto("about:blank")
    await page.goto(address)
    return page.locator(".verdict h1")


async def test_a_real_notice_is_real_and_a_drill_says_that_nothing_is_the_matter(wall, page):
    verdict = await opened(wall, page, link(wall, await wall.release()))
    await expect(verdict).to_contain_text("Echt, geldig tot ")
    await expect(page.locator(".signed")).to_have_text("Gemeente Voorbeeldstad · 1 · Stroomuitval in Noord")
    await axe(page)
    await picture(page, "check", whole=False)
    verdict = await opened(wall, page, link(wall, await wall.release(status="Exercise")))
    await expect(verdict).to_have_text("OEFENING: er is niets aan de hand")


async def test_what_was_replaced_is_to_be_taken_down(wall, page):
    row = await wall.release()
    house = wall.house
    draft = await house.store.run(
        correcting.start, house.house, house.callers["anna"], row.id, MsgType.UPDATE, wall.clock.now()
    )
    after = (await house.submit("anna", draft_id=draft.id)).alert
    await house.approve("bert", after)
    await expect(await opened(wall, page, link(wall, row))).to_have_text("Vervangen door nr 2. Haal dit bericht weg.")


async def test_what_is_over_is_to_be_taken_down(wall, page):
    row = await wall.release()
    over = replace(row, expires_at=row.expires_at - timedelta(days=2))
    await expect(await opened(wall, page, link(wall, over))).to_contain_text("Niet meer geldig sinds ")


async def test_what_another_key_signed_is_not_ours_and_what_ours_signed_and_we_do_not_know_does_not_count(wall, page):
    row = await wall.release()
    foreign = "Niet van ons. Vertrouw dit bericht niet."
    await expect(await opened(wall, page, link(wall, row, wall.stranger()))).to_have_text(foreign)
    genuine = link(wall, row)
    _, payload, _ = genuine.split(".")[-3:]
    torn = genuine.replace(payload, payload[:-8] + ("A" if payload[-8] != "A" else "B") + payload[-7:])
    await expect(await opened(wall, page, torn)).to_have_text(foreign)
    live = wall.signers[Mode.LIVE]
    drill = make_signer("exercise", root=live.root, not_after=live.not_after)
    await expect(await opened(wall, page, link(wall, replace(row, status="Exercise"), drill))).to_have_text(foreign)
    unknown = replace(row, number=99)
    await expect(await opened(wall, page, link(wall, unknown))).to_have_text("Dit bericht geldt niet. Haal het weg.")
    other = replace(row, content={**row.content, "infos": {}})  # the number of another text
    await expect(await opened(wall, page, link(wall, other))).to_have_text("Dit bericht geldt niet. Haal het weg.")


async def test_it_opens_without_a_line_and_says_what_it_cannot_know(wall, page, watch):
    row = await wall.release()
    await expect(await opened(wall, page, link(wall, row))).to_contain_text("Echt")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await wall.cut()
    for complaint in ("ERR_CONNECTION_REFUSED", "ERR_FAILED"):
        watch.expect(complaint)
    await expect(await opened(wall, page, link(wall, row))).to_contain_text("Echt, geldig tot ")
    await expect(page.locator(".verdict").first).to_contain_text("Geen verbinding")


async def test_a_reader_gets_their_own_language_first(wall, contexts):
    context = await contexts(locale="ar")
    page = await context.new_page()
    await page.goto(link(wall, await wall.release()))
    first = page.locator(".verdict").first
    await expect(first).to_contain_text("حقيقية، صالحة حتى ")
    assert await first.get_attribute("dir") == "rtl"
    await expect(page.locator(".verdict").nth(1)).to_contain_text("Echt, geldig tot ")
