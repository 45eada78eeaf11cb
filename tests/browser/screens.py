"""A screen as a test looks at it, and what happens to it: time that passes, a line that goes, a computer that loses its
power."""

import asyncio
import os
import re
import signal
import subprocess
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, Playwright, ViewportSize

from broadcaster.boards.signing import sign
from broadcaster.boards.snapshot import payload_for
from broadcaster.model.board import Mode
from tests.browser import chromium
from tests.browser.walls import POINT
from tests.mint import make_notice

TELEVISION: ViewportSize = {"width": 1920, "height": 1080}
NO_LINE = "ERR_"
UPDATED = re.compile(r"^bijgewerkt \d")
_PATIENCE_IN = 20.0


async def opened(contexts, address, **options):
    context = await contexts(viewport=TELEVISION, **options)
    page = await context.new_page()
    await page.goto(address)
    return page


def headline(page):
    return page.locator("#notice h1").first


def bands(page):
    return page.locator("#bands")


def age(page):
    return page.locator("#age")


_STORED = """async (text) => {
    const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const kept = (await done(indexedDB.open("omroeper"))).transaction("kept", "readwrite").objectStore("kept");
    return done(text ? kept.put(text, "POINT.live.board") : kept.get("POINT.live.board"));
}""".replace("POINT", POINT)


async def stored(page):
    """The board as the browser keeps it."""
    return await page.evaluate(_STORED)


async def store(page, text):
    """Put something in its place."""
    await page.evaluate(_STORED, text)


async def kept(page):
    """Wait until all of the page is in the browser."""
    await page.evaluate(
        "() => navigator.serviceWorker.controller !== null ||"
        " new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', () => done(true)))"
    )


async def pass_time(page, wall, seconds):
    """Let time pass, at the hub and before the screen alike."""
    wall.clock.move(seconds)
    await page.clock.fast_forward(seconds * 1000)


async def lose_line(page, wall):
    """Cut the line, once the page has seen its last question end: with an answer, which says what time it was then, or,
    when it asks only after the cut, without one."""
    ended = asyncio.Event()
    for outcome in ("response", "requestfailed"):
        page.once(outcome, lambda _: ended.set())
    await wall.cut()
    async with asyncio.timeout(_PATIENCE_IN):
        await ended.wait()
    await page.evaluate("new Promise(resolve => queueMicrotask(resolve))")


async def moments(page, wall, host="127.0.0.1"):
    """Open the display in a browser whose time is the test's."""
    await page.clock.install()
    await page.set_viewport_size(TELEVISION)
    await page.goto(wall.address(host=host))


def question(page):
    """A block that ends once the display has asked what is new, which the hub may keep for half a minute. Time that is
    passed makes a question old that stands; one that is asked just after it keeps its half minute."""
    return page.expect_request(re.compile(r"/v1/boards/.*[?&]wait="))


def board(wall, seq, *, signer=None, point=POINT, **changes):
    """A board of the hub's, or somebody else's."""
    signer = signer or wall.signers[Mode.LIVE]
    mode = Mode(signer.mode)
    now = wall.clock.now()
    notice = make_notice(
        status="Actual" if mode is Mode.LIVE else "Exercise",
        as_of=now,
        expires=now + timedelta(hours=6),
        languages={"nl": {"headline": f"Bord {seq}", "instruction": "Blijf thuis."}},
    )
    payload = payload_for(point, mode, seq, signer.epoch, now, [notice]).model_copy(update=changes)
    return sign(payload, signer)


async def until(condition):
    """Wait for something that a server sees."""
    async with asyncio.timeout(_PATIENCE_IN):
        while not condition():  # noqa: ASYNC110 - what a page sends tells nobody
            await asyncio.sleep(0.02)


class Computer:
    """A computer whose disk outlives its browser."""

    def __init__(self, playwright: Playwright, disk: Path) -> None:
        self._playwright, self._disk = playwright, disk
        self._browser: Browser | None = None
        self._process: subprocess.Popen[bytes] | None = None

    async def switch_on(self) -> Page:
        """Start the browser; its page."""
        self._process = await asyncio.to_thread(chromium.start_on_disk, self._disk)
        port = await asyncio.to_thread(chromium.port_of, self._disk, self._process)
        self._browser = await self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        context = self._browser.contexts[0]
        context.set_default_timeout(_PATIENCE_IN * 1000)
        page = context.pages[0] if context.pages else await context.new_page()
        await page.set_viewport_size(TELEVISION)
        return page

    async def pull_the_plug(self) -> None:
        """Kill everything of it at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            await asyncio.to_thread(self._process.wait, 20)
            self._process = None
        if self._browser is not None:
            await self._browser.close()
            self._browser = None
