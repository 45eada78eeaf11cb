"""Two hubs, each with its own scheduler, on one PostgreSQL: what happens by the clock happens once."""

import asyncio
import base64
import json
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.databases import Databases
from tests.machines.floor import Floor, opened

PEOPLE = 60


@pytest.fixture
def url(databases: Databases):
    fresh = databases.create_postgresql()
    yield fresh.url
    databases.drop_postgresql(fresh)


class Displays:
    """Look at one point's board at every hub, over and over."""

    def __init__(self, floor: Floor, urls: list[str]) -> None:
        self._floor, self._urls = floor, urls
        self.seen: dict[str, list[tuple[int, str]]] = {url: [] for url in urls}

    async def watch(self) -> None:
        """Until cancelled."""
        async with aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._floor.house.tokens['scherm-noord']}"}
        ) as session:
            await asyncio.gather(*[self._watch(session, url) for url in self._urls])

    async def _watch(self, session: aiohttp.ClientSession, url: str) -> None:
        after = 0
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(f"{url}/v1/boards/wijkhuis-noord?after={after}&wait=5") as answer:
                    if answer.status == 200:
                        token = await answer.text()
                        after = _number(token)
                        self.seen[url].append((after, token))
            await asyncio.sleep(0.02)


def _number(token: str) -> int:
    body = token.split(".")[1]
    return int(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["seq"])


async def _planned(floor: Floor, count: int, **content: Any) -> list[str]:
    """Approved alerts that all go out at one instant soon."""
    at = floor.house.clock.now().replace(microsecond=0) + timedelta(seconds=4)
    made = []
    for _ in range(count):
        wanted = {"groups": ["bewoners"], "areas": ["noord"], "expected": PEOPLE}
        whole = floor.house.content(channels=["sms", "display"], audience=wanted, release_at=at.isoformat(), **content)
        made.append((await floor.house.released(whole)).id)
    return made


async def test_two_hubs_release_sign_and_send_everything_once(url):
    async with opened(url, accounts=2, per_second=200, recipients=PEOPLE) as floor:
        await asyncio.gather(floor.start("serve", "one"), floor.start("serve", "two"))
        displays = Displays(floor, [await floor.url("one"), await floor.url("two")])
        watching = asyncio.create_task(displays.watch())
        await floor.shared_out(1, 1)
        planned = await _planned(floor, 3)
        await floor.until(lambda: len(floor.provider.sent) >= 3 * PEOPLE)
        [(last,)] = await floor.asked("SELECT seq FROM board WHERE point_id = 'wijkhuis-noord' AND mode = 'live'")
        await floor.until(lambda: all(seen and seen[-1][0] == last for seen in displays.seen.values()))
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

        for alert in planned:
            events = await floor.asked("SELECT kind, count(*) FROM journal WHERE object = :a GROUP BY kind", a=alert)
            assert dict(events)["AlertReleased"] == 1
        assert set(floor.provider.copies().values()) == {1}
        assert len(floor.provider.copies()) == 3 * PEOPLE
        await floor.nobody_is_lost()
        boards = defaultdict(set)
        for seen in displays.seen.values():
            assert [number for number, _ in seen] == sorted(number for number, _ in seen)
            for number, token in seen:
                boards[number].add(token)
        assert {len(tokens) for tokens in boards.values()} == {1}, "one number, two boards"
        # One number for the empty board, and one for each release.
        assert last == 1 + len(planned)
