"""Who does what in the story: officers at the hub, a host at each point, and a courier with a stick."""

import asyncio
import os
import re
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from broadcaster.boards import bundle
from broadcaster.demo import office
from broadcaster.demo.blackout.town import Post, Town
from broadcaster.demo.failure import DemoFailure
from broadcaster.demo.office import Submitted
from broadcaster.demo.premises import Premises
from broadcaster.model.cap import Status
from broadcaster.relay.host import pin
from broadcaster.wiring import bundling, stores

_FORM_ID = re.compile(r'name="id" value="([0-9a-z]{26})"')


# --- officers -----------------------------------------------------------------------------------------


def _moments(town: Town, hours: float) -> dict[str, str]:
    now = town.clock.now().astimezone(town.premises.settings.hub.zone).replace(microsecond=0)
    return {
        "as_of": now.isoformat(),
        "expires": (now + timedelta(hours=hours)).isoformat(),
        "next_update": (now + timedelta(hours=hours / 2)).isoformat(),
    }


async def publish(town: Town, hours: float) -> Submitted:
    """The first notice, to everybody by every channel, valid for so many hours."""
    draft = office.draft_of(town.premises, Status.ACTUAL, town.clock.now()) | _moments(town, hours)
    submitted = await office.submit(town.writer, draft)
    await office.approve(town.approver, submitted)
    return submitted


async def update(town: Town, before: Submitted, hours: float, **fields: Any) -> Submitted:
    """A notice that replaces one, written by one officer and approved by the other."""
    draft = await town.writer.do("POST", f"/v1/alerts/{before.alert}/update")
    changes = _moments(town, hours) | {"fields": draft.get("fields", {}) | fields}
    await town.writer.do("PATCH", f"/v1/drafts/{draft['id']}", changes, match=f'"{draft["revision"]}"')
    submitted = await office.offer(town.writer, draft["id"])
    await office.approve(town.approver, submitted)
    return submitted


async def read_reports(town: Town) -> list[dict[str, Any]]:
    """What support points told, and an officer reads it: each of them gets to know that."""
    items = (await town.writer.do("GET", "/v1/reports"))["items"]
    for item in items:
        if item.get("read_at") is None:
            await town.writer.do("POST", f"/v1/reports/{item['id']}/read")
    return list(items)


# --- the courier --------------------------------------------------------------------------------------


async def fetch_stick(town: Town) -> str:
    """`omroeper board export` at the town hall: what lies on the stick."""
    return await asyncio.to_thread(_exported, town.premises)


def _exported(made: Premises) -> str:
    store = stores.database(made.settings)
    try:
        with store.engine.begin() as conn:
            return bundle.written(bundling.bundle_of(conn, made.settings, list(made.screens)))
    finally:
        store.close()


def put_in(post: Post, stick: str, name: str = "omroeper.json") -> Path:
    """Put a stick into the box of a point; where it is."""
    folder = post.sticks / f"stick-{secrets.token_hex(3)}"
    folder.mkdir()
    written = folder / f".{name}"
    written.write_text(stick, encoding="utf-8")
    written.rename(folder / name)
    return folder


async def has_written(stick: Path) -> bool:
    """Whether the box put something on a stick that lies in it."""
    return len(await asyncio.to_thread(os.listdir, stick)) > 1


def pull_out(folder: Path) -> list[str]:
    """Pull a stick out: everything that lies on it by then."""
    found = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.json"))]
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    return found


async def bring_back(town: Town, sticks: list[str]) -> int:
    """`omroeper board import` at the town hall: how many reports were on what the courier brought."""
    tokens = [token for stick in sticks for token in bundle.read(stick.encode()).reports]
    taken = await bundling.take_reports(town.premises.settings, tokens)
    return sum(item.fault is None for item in taken)


# --- a host -------------------------------------------------------------------------------------------


class Host:
    """A volunteer at the page of a point's box, who has its PIN on a card."""

    def __init__(self, town: Town, post: Post) -> None:
        self._post = post
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._pin = pin.new_pin()
        pin.Pin(post.folder / "kept" / pin.FILE).set(self._pin)

    async def come_in(self) -> None:
        """Give the PIN."""
        await self._send("pin", {"pin": self._pin})

    async def tell(self, form: str, **fields: str) -> None:
        """Fill in one of the page's forms and send it: `open`, `gehoord` or `dringend`."""
        async with self._session.get(f"{self._url}/{form}") as response:
            found = _FORM_ID.search(await response.text())
        if found is None:
            raise DemoFailure(f"The page of {self._post.point} has no form '{form}'.")
        await self._send(form, {"id": found[1], "mode": "live", **fields})

    async def told(self) -> str:
        """The page that lists what was told, and when it was read."""
        async with self._session.get(f"{self._url}/berichten") as response:
            return await response.text()

    async def go_home(self) -> None:
        """Close the browser."""
        await self._session.close()

    @property
    def _url(self) -> str:
        return f"{self._post.server.url}/steunpunt"

    async def _send(self, form: str, fields: dict[str, str]) -> None:
        headers = {"Origin": self._post.server.url}
        async with self._session.post(f"{self._url}/{form}", data=fields, headers=headers) as response:
            if response.status != 200:
                raise DemoFailure(f"The page of {self._post.point} answers {response.status} to '{form}'.")
