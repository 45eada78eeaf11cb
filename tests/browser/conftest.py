"""A real browser, and hubs for it to visit.

One browser and one event loop serve every test of a process, because Playwright's objects belong to the loop they
were made in; each test has a context (cookies, storage, cache) of its own. A test fails when its pages say an error
or a warning on the console, raise one, or ask anything of another host; `watch.expect(...)` names the exceptions.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright, expect

from broadcaster.demo import story
from broadcaster.demo.processes import Simulator
from tests.browser import chromium, hubs, offices, posts, walls
from tests.browser.hubs import RunningHub
from tests.browser.offices import Office
from tests.browser.posts import Post
from tests.browser.screens import Computer
from tests.browser.walls import Wall
from tests.browser.watching import Watch
from tests.databases import Databases, Store

_HERE = Path(__file__).parent
_PATIENCE_IN = 20.0
"""Seconds that a page may take on a machine with other things to do."""
Contexts = Callable[..., Awaitable[BrowserContext]]

expect.set_options(timeout=_PATIENCE_IN * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder in the loop that the browser was started in."""
    for item in items:
        if item.path.is_relative_to(_HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    """What drives browsers."""
    chromium.require()
    async with async_playwright() as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(playwright: Playwright) -> AsyncIterator[Browser]:
    """The browser of this process."""
    started = await chromium.launch(playwright)
    yield started
    await started.close()


@pytest.fixture
def watch() -> Watch:
    """What the pages of this test complain about."""
    return Watch()


@pytest_asyncio.fixture(loop_scope="session")
async def contexts(browser: Browser, watch: Watch) -> AsyncIterator[Contexts]:
    """Opens contexts with options of `new_context`: another person at another machine, or a telephone."""
    opened: list[BrowserContext] = []

    async def open_one(**options: Any) -> BrowserContext:
        wanted: dict[str, Any] = {"locale": "nl-NL", "viewport": {"width": 1440, "height": 900}} | options
        context = await browser.new_context(**wanted)
        context.set_default_timeout(_PATIENCE_IN * 1000)
        watch.over(context)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        await context.close()
    assert watch.faults == []


@pytest_asyncio.fixture(loop_scope="session")
async def context(contexts: Contexts) -> BrowserContext:
    """A fresh context on a laptop."""
    return await contexts()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    """A fresh page in it."""
    return await context.new_page()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def simulators() -> AsyncIterator[list[Simulator]]:
    """Providers on this machine that never fail; what they count, they count for every test of this process."""
    async with story.providers(1, fault_rate=0.0) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def hub(store: Store, tmp_path: Path, simulators: list[Simulator]) -> AsyncIterator[RunningHub]:
    """A whole hub, once on each engine: see `hubs`."""
    async with hubs.running(tmp_path, store, simulators) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def office(databases: Databases, tmp_path: Path) -> AsyncIterator[Office]:
    """Officers at a hub that does nothing by itself; on SQLite, since a browser sees no database."""
    async with offices.office(databases.create_sqlite(tmp_path).url) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def wall(databases: Databases, tmp_path: Path) -> AsyncIterator[Wall]:
    """A hub with a screen on the wall; on SQLite, since a browser sees no database."""
    async with walls.wall(databases.create_sqlite(tmp_path).url) as hung:
        yield hung


@pytest_asyncio.fixture(loop_scope="session")
async def relay() -> AsyncIterator[Post]:
    """A relay in small, whose answers are the test's."""
    async with posts.post() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def computer(playwright: Playwright, tmp_path: Path) -> AsyncIterator[Computer]:
    """A computer of its own, that loses its power."""
    made = Computer(playwright, tmp_path / "disk")
    yield made
    await made.pull_the_plug()
