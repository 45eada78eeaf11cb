"""Officers in their browsers at a hub that does nothing by itself: no engine, no clock that ticks, no provider. A test
writes what happened outside; so a page of any state is there at once.

    anna = await office.sign_in(context, "anna")
    await anna.goto(office.at("/console/drafts"))

The people are those of `tests.houses`; all have the same password.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from playwright.async_api import BrowserContext, Page, expect
from sqlalchemy import Connection, text

from broadcaster.store import deliveries, people, sessions
from broadcaster.store.alerts import AlertRow
from tests.browser import walls
from tests.browser.walls import Wall
from tests.houses import CHEAP, CONFIGURATION, STAFF, TestHouse
from tests.integration.web.site import MovableClock

PASSWORD = "een lang wachtwoord"
_PUBLIC = 'public_url = "https://crisis.voorbeeldstad.example"'
assert _PUBLIC in CONFIGURATION


@dataclass(frozen=True, slots=True)
class Office:
    """The hub, and what a test does to it."""

    wall: Wall
    host: str = "127.0.0.1"

    @property
    def house(self) -> TestHouse:
        """What is behind the pages."""
        return self.wall.house

    @property
    def clock(self) -> MovableClock:
        """The hub's clock."""
        return self.wall.clock

    def at(self, path: str) -> str:
        """An address here."""
        return f"http://{self.host}:{self.wall.port}{path}"

    async def sign_in(self, context: BrowserContext, name: str, then: str = "/console") -> Page:
        """A page of somebody who signed in, with the form that everybody fills in."""
        page = await context.new_page()
        await page.goto(self.at(then))
        await fill_in(page, name)
        await expect(page.locator(".bar__person")).to_have_text(name)
        return page

    async def end_sessions(self, name: str) -> None:
        """What `omroeper user reset` does to who is signed in."""
        person_id = self.house.callers[name].person_id
        await self.house.store.run(sessions.end_all, person_id, self.clock.now())
        self.clock.move(10)  # a session that was just seen is believed for some seconds

    async def expanded(self, alert: AlertRow, state: str) -> None:
        """Every delivery of an alert, all of them in one state."""
        await self.house.store.run(_expand, alert.id, self.house.house.accounts, state, self.clock.now())


def known_as(public_url: str) -> str:
    """The configuration of a hub under another address."""
    return CONFIGURATION.replace(_PUBLIC, f'public_url = "{public_url}"')


async def fill_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """The sign-in form."""
    await page.locator("#name").fill(name)
    await page.locator("#password").fill(password)
    await page.locator("form.sign-in button").click()


def _expand(conn: Connection, alert_id: str, accounts: Any, state: str, now: datetime) -> None:
    while deliveries.expand(conn, alert_id, accounts, now):
        pass
    change = "UPDATE delivery SET state = :state, due_at = NULL WHERE alert_id = :alert"
    conn.execute(text(change), {"state": state, "alert": alert_id})


def _give_passwords(conn: Connection, house: TestHouse) -> None:
    stored = CHEAP.hashed(PASSWORD)
    for name in STAFF:
        person_id = house.callers[name].person_id
        assert person_id is not None
        people.set_password(conn, person_id, stored)


@asynccontextmanager
async def office(
    store_url: str, configuration: str = CONFIGURATION, host: str = "127.0.0.1", port: int = 0, **parts: Any
) -> AsyncIterator[Office]:
    """A hub that answers, where everybody can sign in. host: by what name they reach it. parts: see `walls.wall`."""
    async with walls.wall(store_url, configuration, port, **parts) as hung:
        await hung.house.store.run(_give_passwords, hung.house)
        yield Office(hung, host)
