"""What the pages weigh for whoever works over a 4G dongle: counted, not timed."""

from typing import Any

from tests.browser.offices import Office
from tests.browser.weighing import before_paint, visited, weighed

MOST = 200_000
MOST_BEFORE_PAINT = 50_000
"""A second at 400 kbit/s."""


async def test_every_page_of_an_officer_is_light_and_drawn_after_a_second_of_a_slow_line(
    office: Office, contexts: Any
) -> None:
    cookies = {}
    for who in ("anna", "bert"):
        page = await office.sign_in(await contexts(), who)
        cookies[who] = await page.context.cookies()
    for who, path in await visited(office):
        fresh = await contexts()  # with nothing kept
        await fresh.add_cookies(cookies[who])
        page = await fresh.new_page()
        sizes = await weighed(page, office.at(path))
        first = await before_paint(page)
        assert {path, "/assets/console.css"} <= first
        assert sum(sizes.values()) <= MOST, (path, sizes)
        assert sum(sizes[one] for one in first) <= MOST_BEFORE_PAINT, (path, sizes)
