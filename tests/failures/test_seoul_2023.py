"""Seoul, 31 May 2023: an evacuation alert that did not say why or where to go, and a portal that fell over when
everybody looked there.

Here the public page is made before the first message leaves, and lies ready in memory: a gateway that looks at it the
moment the first text message comes in finds the notice there.
"""

import asyncio
from pathlib import Path

import aiohttp
from aiohttp import web

from broadcaster.clock import SystemClock
from broadcaster.demo import office
from broadcaster.demo.story import PROVIDERS
from broadcaster.model.cap import Status
from tests.browser import hubs
from tests.databases import Store

_NOBODY = 1  # a port on which nothing listens


class CuriousGateway:
    """Looks at the public page before it does anything else; then it breaks."""

    def __init__(self) -> None:
        self.hub = ""
        self.seen: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def take(self, request: web.Request) -> web.Response:
        await request.read()
        async with aiohttp.ClientSession() as session, session.get(self.hub) as response:
            page = await response.text()
        if not self.seen.done():
            self.seen.set_result(page)
        return web.Response(status=500)


async def test_the_public_page_has_the_notice_before_the_first_message_leaves(store: Store, tmp_path: Path) -> None:
    gateway = CuriousGateway()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", gateway.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    ports = {item.port: _NOBODY for item in PROVIDERS} | {"sms_port": port}
    async with hubs.at_work(tmp_path, store, ports) as hub:
        gateway.hub = hub.url + "/"
        draft = office.draft_of(hub.premises, Status.ACTUAL, SystemClock().now())
        await office.approve(hub.approver, await office.submit(hub.writer, draft))
        async with asyncio.timeout(30):
            page = await gateway.seen
    await runner.cleanup()
    assert "Stroomuitval in Voorbeeldstad" in page
    assert "Power outage in Voorbeeldstad" in page
    assert "Nr 1" in page
