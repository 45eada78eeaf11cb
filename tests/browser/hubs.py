"""A whole hub at work in this process, with an engine, a drill child and simulated providers: for stories from
the first word of a draft to the last receipt.

    async def test_a_story(hub, page):
        await page.goto(f"{hub.url}/console")

`hub.premises.writer` and `.approver` are officers with a password and a token, `hub.premises.screens` the tokens
of the displays by point. What the demo's `office` and `story` can do to a hub works here too: `hub.writer` and
`hub.approver` are their desks.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from broadcaster.demo import premises
from broadcaster.demo.office import Desk
from broadcaster.demo.premises import Premises
from broadcaster.demo.processes import Simulator
from broadcaster.demo.story import PROVIDERS, ports_of
from broadcaster.wiring.hub import Hub
from tests.databases import Store


@dataclass(frozen=True, slots=True)
class RunningHub:
    """A hub that answers at `url` until its block ends."""

    url: str
    premises: Premises
    writer: Desk
    approver: Desk
    simulators: Sequence[Simulator] = ()


@asynccontextmanager
async def running(
    folder: Path, store: Store, simulators: Sequence[Simulator], recipients: int = 20
) -> AsyncIterator[RunningHub]:
    """A hub on a fresh database, furnished as the demo is, whose providers report to it."""
    async with at_work(folder, store, ports_of(simulators), recipients) as hub:
        for simulator, item in zip(simulators, PROVIDERS, strict=True):
            simulator.report_to(hub.url + hub.premises.hooks[item.account])
        yield replace(hub, simulators=simulators)


@asynccontextmanager
async def at_work(
    folder: Path, store: Store, ports: Mapping[str, int], recipients: int = 20, **changed: str
) -> AsyncIterator[RunningHub]:
    """A hub whose providers listen on `ports`, by what the demo's configuration calls them. changed: variables that
    change the configuration."""
    environment = {"OMROEPER_STORE__URL": store.url, "OMROEPER_STORE__OWNER_URL": store.owner_url, **changed}
    if store.engine == "sqlite":  # knows no owner
        del environment["OMROEPER_STORE__OWNER_URL"]
    made = await asyncio.to_thread(premises.make, folder, {**ports, "hub_port": 0}, recipients, 1, environment)
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(Hub(made.settings, environment).run(stop, port.set_result))
    try:
        await asyncio.wait({serving, port}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        url = f"http://127.0.0.1:{await port}"
        async with aiohttp.ClientSession() as session:
            writer, approver = (Desk(session, url, officer) for officer in (made.writer, made.approver))
            yield RunningHub(url, made, writer, approver)
    finally:
        stop.set()
        await serving
