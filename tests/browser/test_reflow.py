"""Pages at 200 % and 400 % of a screen of 1280 by 1024 (WCAG 2.2, 1.4.4 and 1.4.10): a browser that enlarges lays a
page out on as many fewer pixels, so that is what these look at."""

import json
from typing import Any

from playwright.async_api import Page

from tests.browser.offices import Office
from tests.browser.watching import Watch
from tests.browser.weighing import everywhere

ENLARGED = {"200 %": {"width": 640, "height": 512}, "400 %": {"width": 320, "height": 256}}
_FAULTS = """() => {
    document.querySelectorAll("details").forEach(one => { one.open = true; });
    const root = document.documentElement, faults = [];
    const named = one => `<${one?.tagName} class="${one?.className}" id="${one?.id}">`;
    const say = (what, one) => faults.push(`${what}: ${named(one)} ${one.textContent.trim().slice(0, 40)}`);
    const over = root.scrollWidth - root.clientWidth;
    if (over > 0) faults.push(`${over} pixels of the page hang over the edge`);
    const seen = one => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    for (const one of document.body.querySelectorAll("*")) {
        if (!seen(one) || one.closest("[data-map]")) continue; // a map is a picture that one moves about in
        const style = getComputedStyle(one), box = one.getBoundingClientRect();
        if (box.width <= 1 || box.height <= 1) continue;
        const sideways = one.scrollWidth - one.clientWidth > 1 && style.display !== "inline";
        if (sideways && ["auto", "scroll"].includes(style.overflowX) && one.tagName !== "TEXTAREA") {
            if (one.tabIndex < 0) say("scrolls sideways, and not by keyboard", one);
            if (!one.querySelector("table")) say("scrolls sideways, and is no table", one);
        }
        if (one.closest(".rendering__inbox")) continue; // as a telephone cuts it off; all of it stands below
        if (sideways && ["hidden", "clip"].includes(style.overflowX) && one.innerText?.trim()) say("cut off", one);
    }
    for (const one of document.querySelectorAll(".utrecht-button, .utrecht-button-link, .bar__button")) {
        if (!seen(one) || one.closest(".wide-table")) continue;
        one.scrollIntoView({ block: "center" });
        const box = one.getBoundingClientRect();
        if (box.left < 0 || box.right > root.clientWidth) say("hangs over the edge", one);
        const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        if (top !== one && !one.contains(top)) say(`lies under ${named(top)}`, one);
    }
    scrollTo(0, 0);
    return faults;
}"""


async def _faults(page: Page) -> dict[str, list[str]]:
    """What is wrong with the page, by how much it is enlarged."""
    found = {}
    for much, size in ENLARGED.items():
        await page.set_viewport_size({"width": size["width"], "height": size["height"]})
        if wrong := await page.evaluate(_FAULTS):
            found[much] = wrong
    return found


async def test_every_page_can_be_read_and_used_at_four_times_its_size(
    office: Office, contexts: Any, watch: Watch
) -> None:
    watch.expect("404")
    pages: dict[str | None, Page] = {None: await (await contexts()).new_page()}
    found: dict[str, dict[str, list[str]]] = {}
    for who, path in await everywhere(office):
        if who not in pages:
            pages[who] = await office.sign_in(await contexts(), who or "")
        await pages[who].goto(office.at(path))
        if wrong := await _faults(pages[who]):
            found[path] = wrong
    assert not found, json.dumps(found, indent=1)
