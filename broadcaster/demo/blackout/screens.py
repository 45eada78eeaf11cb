"""What the screens of the story show: each reads the board of its own box, and believes only what it can check."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from yarl import URL

from broadcaster.boards.client import Reader, Source
from broadcaster.boards.ratchet import Ratchet, open_ratchet
from broadcaster.boards.refusals import Refused
from broadcaster.boards.showing import show
from broadcaster.demo.blackout.town import REGIONAL, Town
from broadcaster.model.board import Mode


@dataclass(frozen=True, slots=True)
class Seen:
    """What hangs on the wall of a point. numbers: of the notices; age_in: since the hub signed them; None for a screen
    that shows that it knows nothing any more."""

    numbers: tuple[int, ...]
    age_in: timedelta | None

    def __str__(self) -> str:
        what = " and ".join(f"No. {number}" for number in self.numbers) or "nothing that is valid"
        return what if self.age_in is None else f"{what}, {self.age} old"

    @property
    def age(self) -> str:
        """How long ago the hub signed it."""
        hours, minutes = divmod(int((self.age_in or timedelta()).total_seconds()) // 60, 60)
        return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


class Screens:
    """One screen for each point, for as long as the block lasts."""

    def __init__(self, town: Town) -> None:
        self._town, self._stack = town, ExitStack()
        self._ratchets: dict[str, Ratchet] = {}
        self._at_the_hub: Ratchet

    def __enter__(self) -> Self:
        for point, post in self._town.posts.items():
            self._ratchets[point] = self._kept(post.folder / "screen.json", point)
        self._at_the_hub = self._kept(None, REGIONAL)
        return self

    def _kept(self, file: Path | None, point: str) -> Ratchet:
        return self._stack.enter_context(open_ratchet(file, point, Mode.LIVE))

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    async def look(self) -> Mapping[str, Seen]:
        """What each shows at this moment."""
        return {point: await self._seen(point) for point in self._ratchets}

    async def at_the_hub(self) -> Seen:
        """What the hub has signed for the region."""
        made = self._town.premises
        return await self._read(Source(URL(self._town.hub.url), REGIONAL, token=made.writer.token), self._at_the_hub)

    async def _seen(self, point: str) -> Seen:
        return await self._read(Source(URL(self._town.posts[point].server.url), point), self._ratchets[point])

    async def _read(self, source: Source, ratchet: Ratchet) -> Seen:
        town = self._town
        reader = Reader(town.session, source, ratchet, town.clock, root=town.premises.roots[Mode.LIVE.value])
        await reader.fetch()
        shown = show(reader.held, town.clock.now()) if reader.held else None
        if shown is None or isinstance(shown, Refused):
            return Seen((), None)
        return Seen(tuple(notice.number for notice in shown.notices), shown.age_in)
