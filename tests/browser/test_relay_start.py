"""The start page of a relay, as a telephone of a resident has it: a release of a real hub, with no line behind it."""

from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from playwright.async_api import expect

from broadcaster.boards.signing import key_set
from broadcaster.boards.verifying import Board
from broadcaster.model.board import Mode
from broadcaster.relay import device
from broadcaster.relay.app import make_app, make_runner
from broadcaster.relay.clock import RelayClock
from broadcaster.relay.running import parts_of
from broadcaster.seal import fingerprint, new_key
from broadcaster.settings.relay import Relay, RelaySettings
from tests.browser.looking import axe, picture
from tests.browser.walls import OUTAGE, POINT


@asynccontextmanager
async def relay_of(wall, folder: Path, clock: RelayClock):
    roots = {mode: fingerprint(signer.root) for mode, signer in wall.signers.items()}
    places = (device.Place(id=POINT, name=POINT),)
    made = device.Device("kast", new_key(), "http://127.0.0.1:9", "x", places, roots, wall.clock.now())
    device.keep(folder, made)
    parts = parts_of(RelaySettings(folder / "relay.toml", Relay(name="Kast", folder=folder)), clock)
    token = wall.house.boards.current(POINT, Mode.LIVE).jws
    assert isinstance(parts.shelf.offer(token, key_set(wall.signers.values())), Board)
    runner = make_runner(make_app(parts))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield site.name, parts
    await runner.cleanup()


async def test_a_telephone_reads_what_is_valid_in_its_language_without_a_script_or_a_line(contexts, wall, tmp_path):
    await wall.release(**OUTAGE)
    context = await contexts(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = await context.new_page()
    async with relay_of(wall, tmp_path / "relay", RelayClock.over(wall.clock)) as (url, _):
        await page.goto(url)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Wijkhuis Noord")  # as its board says
        dutch = page.locator("section#nl")
        await expect(dutch.get_by_role("heading", level=3)).to_contain_text("Stroom")
        await expect(dutch).to_contain_text("lijn weg")
        await page.get_by_role("link", name="العربية").click()
        await expect(page.locator("section#ar")).to_be_in_viewport()
        reading = await (await contexts(viewport={"width": 390, "height": 844})).new_page()
        await reading.goto(url)
        await axe(reading)
        await picture(reading, "relay-start")
    unproven = RelayClock(in_step=lambda: False)
    async with relay_of(wall, tmp_path / "unproven", unproven) as (url, _):
        await page.goto(url)
        await expect(page.locator("section#nl")).to_contain_text("Tijd onbekend. Is het later dan")
