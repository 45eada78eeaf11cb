"""Three days in a town without power, hour by hour: what happens, and what every support point shows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from broadcaster.boards import bundle
from broadcaster.demo.blackout import people
from broadcaster.demo.blackout.lines import INTERNET, RADIO
from broadcaster.demo.blackout.people import Host
from broadcaster.demo.blackout.screens import Screens, Seen
from broadcaster.demo.blackout.town import REGIONAL, Town
from broadcaster.demo.displays import with_another_letter
from broadcaster.demo.failure import DemoFailure
from broadcaster.demo.office import Submitted
from broadcaster.demo.processes import Simulator

NORTH, CENTRE = "wijkhuis-noord", "bibliotheek-centrum"
CONVERGE_IN = 60.0
"""Seconds within which every point has what is new, once there is a line."""
_LOOK_IN = 0.5
_WATER = "Het kraanwater is vergiftigd"


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the story, as it was seen. at: hours since the power went."""

    at: int
    title: str
    screens: Mapping[str, Seen]
    said: Sequence[str]


@dataclass(slots=True)
class Story:
    """The town, its hosts and its screens; `hours` are those that were played."""

    town: Town
    screens: Screens
    hosts: Mapping[str, Host]
    simulators: Sequence[Simulator]
    told: Callable[[Hour], None] = lambda _: None
    looked: Callable[["Story", Hour], Awaitable[None]] | None = None
    hours: list[Hour] = field(default_factory=list)
    notice: Submitted | None = None
    stick: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    converged_in: float = 0.0
    reports: int = 0

    async def play(self) -> None:
        """All of it. DemoFailure when something is otherwise than it must be."""
        for at, title, act in HOURS:
            self._travel_to(at)
            self.said = []
            await act(self)
            hour = Hour(at, title, await self.screens.look(), self.said)
            self.hours.append(hour)
            self.told(hour)
            if self.looked is not None:
                await self.looked(self, hour)

    def _travel_to(self, at: int) -> None:
        before = self.hours[-1].at if self.hours else 0
        self.town.clock.skip((at - before) * 3600.0)

    async def expect(self, **numbers: Sequence[int]) -> None:
        """Every point comes to show these numbers, by the name of its place."""
        wanted = {PLACES[place]: tuple(shown) for place, shown in numbers.items()}

        async def shown() -> bool:
            seen = await self.screens.look()
            return all(seen[point].numbers == numbers for point, numbers in wanted.items())

        await self.until(f"every point shows what it must ({wanted})", shown)

    async def until(self, what: str, happened: Callable[[], Awaitable[bool]]) -> None:
        """Wait for something that must happen by itself."""
        clock = asyncio.get_running_loop()
        until = clock.time() + CONVERGE_IN
        while not await happened():
            if clock.time() > until:
                shown = "; ".join(f"{point} shows {seen}" for point, seen in (await self.screens.look()).items())
                raise DemoFailure(f"It does not happen within {CONVERGE_IN:g} s: {what}. By now {shown}.")
            await asyncio.sleep(_LOOK_IN)

    async def update(self, hours: float, **fields: str) -> None:
        """A notice that replaces the last one, valid for so many hours; the hub has signed it."""
        assert self.notice is not None
        self.notice = await people.update(self.town, self.notice, hours, **fields)
        number = self.notice.number

        async def signed() -> bool:
            return (await self.screens.at_the_hub()).numbers == (number,)

        await self.until(f"the hub signs No. {number}", signed)

    def cut(self, *lines: tuple[str, str]) -> None:
        """Cut lines, each by its point and its kind."""
        for point, way in lines:
            self.town.posts[point].sources[way].cut()

    def heal(self, *lines: tuple[str, str]) -> None:
        """Mend them."""
        for point, way in lines:
            self.town.posts[point].sources[way].heal()


PLACES = {"region": REGIONAL, "north": NORTH, "centre": CENTRE}
_EVERY_LINE = [(REGIONAL, INTERNET), (NORTH, INTERNET), (CENTRE, INTERNET)]


async def _power_goes(story: Story) -> None:
    story.notice = await people.publish(story.town, 6)
    story.said.append(f"No. 1 goes to {story.notice.addressees} addresses and to every screen")
    await story.expect(region=[1], north=[1], centre=[1])


async def _masts_go(story: Story) -> None:
    await asyncio.gather(*(simulator.end() for simulator in story.simulators))
    await story.update(12)
    story.said.append("SMS, mail and Telegram answer no more; No. 2 still reaches every screen")
    await story.expect(region=[2], north=[2], centre=[2])
    for host in story.hosts.values():
        await host.come_in()
        await host.tell("open", open="yes", staff="2", services="information", crowd="busy")
    story.said.append("three hosts say that they are open")

    async def all_open() -> bool:
        found = await story.town.writer.do("GET", "/v1/points")
        return all(item["open"] for item in found["items"])

    await story.until("the hub knows of three open points", all_open)


async def _internet_goes(story: Story) -> None:
    story.cut(*_EVERY_LINE)
    await story.update(30, mobile="out")
    story.said.append("the town hall has No. 3, and no line to anybody")
    await story.expect(region=[2], north=[2], centre=[2])


async def _first_stick(story: Story) -> None:
    stick = await people.fetch_stick(story.town)
    people.put_in(story.town.posts[REGIONAL], stick)
    story.said.append("a courier brings a stick to the fire station; its own radio carries No. 3 on")
    await story.expect(region=[3], north=[3], centre=[3])


async def _rumours(story: Story) -> None:
    story.cut((NORTH, RADIO), (CENTRE, RADIO))
    for point in (NORTH, CENTRE):
        await story.hosts[point].tell("gehoord", kind="rumour", subject="water", line=_WATER)
    await story.hosts[REGIONAL].tell("gehoord", kind="rumour", subject="water", line=_WATER)
    await story.hosts[NORTH].tell("dringend", subject="medicine", line="Insuline voor twee mensen")
    story.said.append("the radio falls silent too; three hosts hear the same rumour, one needs insulin")
    await story.expect(north=[3], centre=[3])


async def _power_cut(story: Story) -> None:
    await story.town.power_cut(NORTH)
    await story.town.power_back(NORTH)
    story.said.append("the box in the north loses power for a moment, and shows what it showed")
    await story.expect(north=[3])


async def _second_stick(story: Story) -> None:
    await story.update(36)
    stick = await people.fetch_stick(story.town)
    for point in (NORTH, REGIONAL):
        there = people.put_in(story.town.posts[point], stick)
        await story.expect(**{"north" if point == NORTH else "region": [4]})
        await story.until("the box writes on the stick", partial(people.has_written, there))
        story.stick += people.pull_out(there)
    story.said.append("the courier brings No. 4 to the north and to the station, and takes their reports along")


async def _forged(story: Story) -> None:
    stick = await people.fetch_stick(story.town)
    people.put_in(story.town.posts[CENTRE], _forgery(stick))
    story.said.append("somebody puts a stick with changed boards into the library's box: it is not taken")
    await asyncio.sleep(3.0)
    await story.expect(centre=[])
    story.said.append("No. 3 is over there, and nobody has told it more: the screen says so")


def _forgery(stick: str) -> str:
    """The same stick, with one letter changed in what each board says."""
    whole = bundle.read(stick.encode())
    return bundle.written(whole.model_copy(update={"boards": [with_another_letter(board) for board in whole.boards]}))


async def _reports_arrive(story: Story) -> None:
    count = await people.bring_back(story.town, story.stick)
    found = await people.read_reports(story.town)
    story.said.append(
        f"the courier is back at the town hall with {count} reports; an officer has read {len(found)} by now"
    )


async def _lines_return(story: Story) -> None:
    story.heal(*_EVERY_LINE, (NORTH, RADIO), (CENTRE, RADIO))
    began = story.town.clock.monotonic()
    await story.update(6)
    await story.expect(region=[5], north=[5], centre=[5])
    story.converged_in = story.town.clock.monotonic() - began
    story.said.append("every line is back: No. 5 is everywhere within a minute")

    async def heard_all() -> bool:
        found = await people.read_reports(story.town)
        story.reports = len(found)
        return sum(item.get("heard") is not None for item in found) == 3

    await story.until("the rumour of three points is known, once each", heard_all)
    await story.until("the host in the north sees that it was read", lambda: _is_read(story))


async def _is_read(story: Story) -> bool:
    return "gelezen" in await story.hosts[NORTH].told()


Act = Callable[[Story], Awaitable[None]]
HOURS: Sequence[tuple[int, str, Act]] = (
    (0, "The power goes", _power_goes),
    (2, "The masts run empty", _masts_go),
    (4, "The internet goes", _internet_goes),
    (8, "A courier with a stick", _first_stick),
    (20, "Nothing left but paper and the screen", _rumours),
    (26, "The box in the north loses power", _power_cut),
    (30, "A second courier", _second_stick),
    (36, "A forged stick", _forged),
    (44, "The courier is back", _reports_arrive),
    (72, "The lines return", _lines_return),
)


@asynccontextmanager
async def beginning(town: Town, simulators: Sequence[Simulator]) -> AsyncIterator[Story]:
    """The story before its first hour."""
    async with AsyncExitStack() as stack:
        screens = stack.enter_context(Screens(town))
        hosts = {point: Host(town, post) for point, post in town.posts.items()}
        for host in hosts.values():
            stack.push_async_callback(host.go_home)
        yield Story(town, screens, hosts, simulators)
