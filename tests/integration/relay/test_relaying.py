"""What a relay does with boards: the same bytes as its hub's, also when the hub is gone."""

import asyncio

import aiohttp
from yarl import URL

from broadcaster.boards.client import Reader, Source
from broadcaster.boards.ratchet import Ratchet
from broadcaster.boards.verifying import Board
from broadcaster.seal import fingerprint
from tests.integration.relay.conftest import away


async def test_a_relay_serves_the_bytes_of_its_hub_and_a_display_verifies_them(box, hub, mint):
    hub.put(mint.token(10), 10)
    async with box.running() as relay:
        board = await relay.holds(10)
        status_code, headers, body = await relay.get("/v1/boards/noord")
        assert (status_code, body, headers["ETag"]) == (200, mint.token(10), board.etag)
        async with aiohttp.ClientSession() as session:
            source = Source(URL(relay.url), "noord")
            reader = Reader(session, source, Ratchet(None, None), relay.parts.clock, root=fingerprint(mint.live.root))
            assert isinstance(await reader.fetch(), Board)


async def test_a_board_that_is_pulled_reaches_who_waits_at_the_relay(box, hub, mint):
    hub.put(mint.token(10), 10)
    async with box.running() as relay:
        await relay.holds(10)
        waiting = asyncio.create_task(relay.get("/v1/boards/noord?after=10&wait=20"))
        hub.put(mint.token(11), 11)
        assert (await waiting)[2] == mint.token(11)


async def test_a_relay_that_starts_without_a_line_serves_what_it_held(box, hub, mint):
    hub.put(mint.token(10), 10)
    async with box.running() as relay:
        await relay.holds(10)
    hub.answer = away
    async with box.running() as relay:
        assert (await relay.get("/v1/boards/noord"))[2] == mint.token(10)
        assert (await relay.get("/v1/boards/noord?mode=exercise"))[0] == 404
        page = (await relay.get("/display/noord"))[2]
        assert '"local": true' in page


async def test_a_token_is_shown_to_nobody_but_the_hub_that_gave_it(box, hub, mint):
    hub.put(mint.token(10), 10)
    async with box.running() as relay:
        await relay.holds(10)
    assert hub.asked[0].headers["Authorization"] == "Bearer token-1"
    hub.asked.clear()
    box.sources = (str(hub.url.with_host("localhost")),)  # the same machine, by a name that it was not enrolled at
    hub.put(mint.token(11), 11)
    async with box.running() as relay:
        await relay.holds(11)
    assert [request.headers.get("Authorization") for request in hub.asked] == [None] * len(hub.asked)
