"""The page of an alert that is out: it stays true over a dropped line, its counts add up, and what people do by hand
stands beside what the system sends."""

import os
import re
from typing import Any

from playwright.async_api import BrowserContext, Page, expect
from sqlalchemy import Connection, text

from broadcaster.store import tasks
from broadcaster.store.columns import millis
from broadcaster.workflow import approving
from tests.browser.looking import PICTURES_ASKED, axe, picture
from tests.browser.offices import PASSWORD, Office
from tests.browser.watching import Watch


def _split(conn: Connection, alert_id: str, began: int) -> None:
    """Of the six two are delivered, and one of each is accepted, due, uncertain and failed."""
    state = (
        "CASE n WHEN 1 THEN 'delivered' WHEN 2 THEN 'delivered' WHEN 3 THEN 'accepted' WHEN 4 THEN 'due'"
        " WHEN 5 THEN 'uncertain' ELSE 'failed' END"
    )
    query = (
        f"UPDATE delivery SET state = {state}, due_at = CASE n WHEN 4 THEN :began END,"
        " reason = CASE n WHEN 6 THEN 'bad-address' END, state_at = :began + n * 15000 WHERE alert_id = :alert"
    )
    conn.execute(text(query), {"alert": alert_id, "began": began})


def _all_delivered(conn: Connection, alert_id: str) -> None:
    conn.execute(text("UPDATE delivery SET state = 'delivered', due_at = NULL WHERE alert_id = :a"), {"a": alert_id})


async def _sum(page: Page) -> tuple[int, int]:
    """What the line of counts adds up to, and what it says that this is."""
    said = await page.locator(".adds").inner_text()
    left, _, right = said.partition("=")
    numbers = [int(re.sub(r"\D", "", part)) for part in left.split("+")]
    assert len(numbers) == 6
    return sum(numbers), int(re.sub(r"\D", "", right))


async def test_the_page_catches_up_after_a_dropped_line_and_everything_adds_up(
    office: Office, context: BrowserContext, contexts: Any, watch: Watch
) -> None:
    watch.expect("ERR_")
    if os.environ.get(PICTURES_ASKED):
        watch.expect("inline style")  # a screenshot leaves an empty one on every field, and a new piece copies it
    watch.expect("502")
    watch.expect("htmx:")  # it tells of every request that came to nothing
    alert = await office.house.released()
    office.clock.move(120)
    await office.expanded(alert, "due")
    await office.house.store.run(_split, alert.id, millis(office.clock.now()) - 110_000)
    anna = await office.sign_in(context, "anna", f"/console/alerts/{alert.id}")
    total = alert.addressees.count
    assert await _sum(anna) == (total, total)
    await expect(anna.locator(".curve__line")).to_have_count(1)
    await expect(anna.locator("#curve-words")).to_contain_text("50 % om")
    await expect(anna.get_by_role("heading", name="Wie mist het nog?")).to_be_visible()
    await expect(anna.locator(".missing__list")).to_contain_text("het adres bestaat niet")
    await axe(anna)
    await picture(anna, "live")

    # The line drops, and meanwhile everything arrives: the page says that it may be old, and then is not.
    lost = anna.get_by_text("De verbinding met de centrale is weg")
    await office.wall.cut()
    await expect(lost).to_be_visible()
    await office.house.store.run(_all_delivered, alert.id)
    async with anna.expect_response(lambda answer: answer.status == 502):  # a web server without its hub
        await anna.route("**/v1/events", lambda route: route.fulfill(status=502))
        await office.wall.begin()
    await anna.unroute_all()
    await expect(lost).to_be_hidden()
    await expect(anna.locator(".figure")).to_contain_text("Het versturen is klaar")
    assert await _sum(anna) == (total, total)
    await expect(anna.locator(".figure__number")).to_have_text(str(total))

    # A colleague takes a task: it is seen here, where a text stands open and something is being typed elsewhere.
    website = anna.locator(".task", has_text="Website van de gemeente")
    await website.locator("summary").first.click()
    bert = await office.sign_in(await contexts(), "bert", f"/console/alerts/{alert.id}")
    own = bert.locator(".task", has_text="Sociale media")
    await own.locator("summary").first.click()
    await axe(bert)
    await own.get_by_role("button", name="Ik doe dit").click()
    await expect(anna.locator(".task", has_text="Sociale media")).to_contain_text("bert doet dit")
    await expect(website.get_by_label("Geplaatst om")).to_be_visible()
    await website.get_by_label("Waar (bijvoorbeeld de link)").fill("https://voorbeeldstad.example/stroom")
    await website.get_by_role("button", name="Dit is geplaatst").click()
    await expect(anna.locator(".task", has_text="Website van de gemeente").first).to_contain_text("geplaatst om")
    await expect(bert.locator(".task", has_text="Website van de gemeente")).to_contain_text("anna")
    await expect(anna.locator("#happened")).to_contain_text("Met de hand geplaatst (Website van de gemeente)")

    # What is late says so in words; what a correction leaves standing is asked back, in one press.
    office.clock.move(600)
    await bert.reload()
    await expect(bert.locator(".tally .late").first).to_be_visible()
    await picture(bert, "tasks")
    await bert.get_by_role("button", name="Intrekken", exact=True).click()
    await expect(bert.locator(".under")).to_contain_text("trekt nr 1 in")
    await bert.get_by_role("button", name="Bied aan voor akkoord").click()
    await expect(bert).to_have_url(re.compile("/console/alerts/"))
    await anna.goto(bert.url)
    for box in await anna.get_by_role("checkbox").all():
        await box.check()
    await anna.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await anna.get_by_role("button", name="Verstuur ECHT naar").click()
    removing = anna.locator(".task", has_text="Website van de gemeente")
    await expect(removing).to_contain_text("Weghalen")
    await removing.locator("summary").first.click()
    await expect(removing).to_contain_text("Hier staat nog nr 1")
    await expect(removing).to_contain_text("https://voorbeeldstad.example/stroom")
    await axe(anna)
    asked = await office.house.store.read(lambda conn: tasks.open_for(conn, None, office.clock.now()))
    withdrawal = anna.url.rpartition("/")[2].partition("#")[0]
    row = await office.house.store.read(approving.alert_of, withdrawal)
    assert [(due.number, due.task.channel.id) for due in asked] == [(row.number, "website")]
