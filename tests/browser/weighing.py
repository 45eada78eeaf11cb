"""What a page costs on the way to a browser that has nothing of it yet: bytes as they come, with headers."""

from urllib.parse import urlsplit

from playwright.async_api import Page, expect

from broadcaster.web.console.routes import PAGES
from tests.browser.offices import Office


async def visited(office: Office) -> list[tuple[str, str]]:
    """The pages of an officer's three minutes, and who looks at each; a draft and what waits are in nine languages."""
    fields = {"place": "Noord", "mobile": "poor", "phone": "14 030", "since": office.clock.now().isoformat()}
    content = office.house.content(scenario="power-outage", infos=None, fields=fields)
    draft = await office.house.draft("anna", content)
    waiting = (await office.house.submit("anna", content)).alert
    live = await office.house.released()
    await office.expanded(live, "delivered")
    return [
        ("bert", "/console"),
        ("anna", "/console/drafts/new"),
        ("anna", f"/console/drafts/{draft.id}"),
        ("bert", f"/console/alerts/{waiting.id}"),
        ("bert", f"/console/alerts/{live.id}"),
    ]


async def everywhere(office: Office) -> list[tuple[str | None, str]]:
    """Every kind of page of the console, and who looks at it: those of the three minutes, a person's, and what stands
    in the table of routes without an id. None: nobody who is signed in."""
    found: list[tuple[str | None, str]] = [*await visited(office)]
    found.append(("beheer", f"/console/mensen/{office.house.callers['anna'].person_id}"))
    known = {path for _, path in found}
    for route in PAGES:
        is_page = route.method == "GET" and route.page and not set("{.") & set(route.path)
        if is_page and route.path not in known:
            who = (name for name in ("anna", "beheer") if route.who and route.who.admits(office.house.callers[name]))
            found.append((next(who, None), route.path))
    return found


async def weighed(page: Page, url: str) -> dict[str, int]:
    """Bytes by path, of a page that is there as a whole: its map too, when it has one."""
    paths: dict[str, str] = {}
    sizes: dict[str, int] = {}
    line = await page.context.new_cdp_session(page)
    line.on("Network.requestWillBeSent", lambda told: paths.update({told["requestId"]: told["request"]["url"]}))
    line.on(
        "Network.loadingFinished",
        lambda told: sizes.update({urlsplit(paths[told["requestId"]]).path: int(told["encodedDataLength"])}),
    )
    await line.send("Network.enable")
    await page.goto(url)
    await page.evaluate("document.fonts.ready")
    if await page.locator("[data-map]").count():
        await expect(page.locator("[data-map] svg").first).to_be_attached()
    return sizes


async def before_paint(page: Page) -> set[str]:
    """The paths that must be there before anything is drawn: the page, and what the browser says that it waited for."""
    found = await page.evaluate(
        """() => [location.href, ...performance.getEntriesByType("resource")
            .filter(one => one.renderBlockingStatus === "blocking").map(one => one.name)]"""
    )
    return {urlsplit(one).path for one in found}
