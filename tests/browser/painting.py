"""How long it takes until something stands on the screen, with nothing kept and 400 kbit/s: a figure, and no test.

python -m tests.browser.painting     (the least of five for each page, and what of it the hub took to begin its answer)
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import structlog
from playwright.async_api import Browser, BrowserContext, async_playwright

from broadcaster.store.migrating import migrate, owner_engine
from tests.browser import chromium
from tests.browser.offices import Office, office
from tests.browser.weighing import visited

_BITS_A_SECOND = 400_000
_TIMES = 5
_PAINT = """() => [performance.getEntriesByName('first-contentful-paint')[0].startTime,
    performance.getEntriesByType('navigation')[0].responseStart]"""


async def _once(context: BrowserContext, url: str) -> tuple[float, float]:
    page = await context.new_page()
    line = await context.new_cdp_session(page)
    rate = {"downloadThroughput": _BITS_A_SECOND / 8, "uploadThroughput": _BITS_A_SECOND / 8}
    await line.send("Network.enable")
    await line.send("Network.emulateNetworkConditions", {"offline": False, "latency": 0, **rate})
    await page.goto(url)
    painted, answered = await page.evaluate(_PAINT)
    return painted, answered


async def _measure(browser: Browser, hub: Office) -> None:
    for who, path in await visited(hub):
        first = await browser.new_context()
        await hub.sign_in(first, who)
        kept = await first.storage_state()
        found = []
        for _ in range(_TIMES):
            context = await browser.new_context(storage_state=kept)
            found.append(await _once(context, hub.at(path)))
            await context.close()
        painted, answered = min(found)
        sys.stdout.write(f"{path[:30]:30} {painted:5.0f} ms, of which {answered:4.0f} ms until the hub answered\n")
        sys.stdout.flush()


async def _main() -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'omroeper.db'}"
        migrate(owner_engine(url, Path("/")), None)
        async with async_playwright() as playwright, office(url) as hub:
            browser = await chromium.launch(playwright)
            await _measure(browser, hub)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(_main())
