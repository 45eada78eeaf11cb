r"""The town in which the story plays: the hub in the town hall, and a relay at each of three support points.

    town hall ---- internet ---- fire station (regional) ---- its own radio link ---- two neighbourhood houses
        \------- internet ------------------------------------------------------------/

Every line can be cut. What is carried on a stick, is a file in a folder.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from broadcaster.demo import premises
from broadcaster.demo.blackout.clock import TravellingClock
from broadcaster.demo.blackout.lines import INTERNET, RADIO, Line, Network
from broadcaster.demo.office import Desk
from broadcaster.demo.premises import Premises
from broadcaster.demo.processes import Server
from broadcaster.relay.enrolling import enrol
from broadcaster.wiring import staff, stores

TOWN_HALL, REGIONAL = "town-hall", "brandweer-zuid"
CLOCK = "clock"
RECIPIENTS = 60
_RELAY = """[relay]
name = "{name}"
listen = "{listen}"
sources = [{sources}]
folder = "kept"
usb = "sticks"
"""


@dataclass(slots=True)
class Post:
    """A relay at a point. `folder` holds its configuration; `lines` lead to it from here, the internet first."""

    point: str
    folder: Path
    sources: Mapping[str, Line]
    server: Server

    @property
    def sticks(self) -> Path:
        """Where a stick appears that is put into its box."""
        return self.folder / "sticks"


@dataclass(slots=True)
class Town:
    """Everything of the story. `posts` by point, the regional one first."""

    folder: Path
    network: Network
    clock: TravellingClock
    premises: Premises
    hub: Server
    session: aiohttp.ClientSession
    posts: dict[str, Post] = field(default_factory=dict)

    @property
    def writer(self) -> Desk:
        """Who writes."""
        return Desk(self.session, self.hub.url, self.premises.writer)

    @property
    def approver(self) -> Desk:
        """Who approves."""
        return Desk(self.session, self.hub.url, self.premises.approver)

    async def power_cut(self, point: str) -> None:
        """The box of a point loses power in the middle of whatever it does."""
        await self.posts[point].server.kill()

    async def power_back(self, point: str) -> None:
        """The box starts again; those who hang on it find it by the same line."""
        post = self.posts[point]
        post.server = await _start_relay(self, point)
        for other in self.posts.values():
            if point == REGIONAL and RADIO in other.sources:
                other.sources[RADIO].lead_to(post.server.port)


@asynccontextmanager
async def town(folder: Path, network: Network, ports: Mapping[str, int], seed: int) -> AsyncIterator[Town]:
    """The town, with its providers on `ports`, until the block ends."""
    clock = TravellingClock(folder / CLOCK)
    made = await asyncio.to_thread(premises.make, folder, {**ports, "hub_port": 0}, RECIPIENTS, seed)
    _listen(made.settings.path, network.listen(TOWN_HALL))
    hub = await _start(folder, network, TOWN_HALL, "hub", folder, made.settings.path)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(hub.end)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        there = Town(folder, network, clock, made, hub, session)
        for point in [REGIONAL, *(name for name in made.screens if name != REGIONAL)]:
            there.posts[point] = await _settle(stack, there, point)
            stack.push_async_callback(_end, there, point)
        yield there


def _listen(configuration: Path, where: str) -> None:
    text = configuration.read_text(encoding="utf-8")
    configuration.write_text(text.replace('listen = "127.0.0.1:0"', f'listen = "{where}"'), encoding="utf-8")


async def _end(there: Town, point: str) -> None:
    await there.posts[point].server.end()


async def _settle(stack: AsyncExitStack, there: Town, point: str) -> Post:
    """Put a relay at a point: enrolled at the hub over its own line, and beside it over radio where it has that."""
    line, network = stack.enter_async_context, there.network
    sources = {INTERNET: await line(network.line(INTERNET, point, TOWN_HALL, there.hub.port))}
    if point != REGIONAL:
        sources[RADIO] = await line(network.line(RADIO, point, REGIONAL, there.posts[REGIONAL].server.port))
    folder = there.folder / point
    (folder / "sticks").mkdir(parents=True)
    urls = ", ".join(f'"{source.url}"' for source in sources.values())
    configuration = _RELAY.format(name=point, sources=urls, listen=network.listen(point))
    (folder / "relay.toml").write_text(configuration, encoding="utf-8")
    code = await asyncio.to_thread(_invited, there.premises, point)
    await enrol(sources[INTERNET].url, code, point, folder / "kept")
    return Post(point, folder, sources, await _start_relay(there, point))


def _invited(made: Premises, point: str) -> str:
    store = stores.database(made.settings)
    try:
        with store.engine.begin() as conn:
            return staff.invite(conn, made.settings, point, "relay").code
    finally:
        store.close()


async def _start_relay(there: Town, point: str) -> Server:
    folder = there.folder / point
    return await _start(there.folder, there.network, point, "relay", folder, folder / "relay.toml")


async def _start(top: Path, network: Network, place: str, what: str, folder: Path, configuration: Path) -> Server:
    arguments = ["broadcaster.demo.blackout", what, str(configuration), str(top / CLOCK)]
    return await Server.start(what, arguments, folder, network.at(place), network.host(place))
