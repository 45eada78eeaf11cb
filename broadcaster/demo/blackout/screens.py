"""What the screens of the story show: each reads the board of its own box, and believes only what it can check."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from yarl import URL

from broadcaster.boards.client import Reader, Source
from broadcaster.boards.ratchet import Ratchet, open_ratchet
from broadcaster.boards.refusals import Refused
from broadcaster.boards.showing import show
from broadcaster.demo.blackout.town import Town
from broadcaster.model.board import Mode


@dataclass(frozen=True, slots=True)
class Seen:
    """What hangs on the wall of a point. numbers: of the notices; age_in: since the hub signed them; None for a screen
    that shows that it knows nothing any more."""

    numbers: tuple[int, ...]
    age_in: timedelta | None

    def __str__(self) -> str:
        what = " and ".join(f"No. {number}" for number in self.numbers) or "nothing that is valid"
        return f"{what}{f', {_age(self.age_in)}' if self.age_in is not None else ''}"


def _age(age_in: timedelta) -> str:
    hours, minutes = divmod(int(age_in.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02} min old" if hours else f"{minutes} min old"


class Screens:
    """One screen for each point, for as long as the block lasts."""

    def __init__(self, town: Town) -> None:
        self._town, self._stack = town, ExitStack()
        self._ratchets: dict[str, Ratchet] = {}

    def __enter__(self) -> Self:
        for point, post in self._town.posts.items():
            ratchet = self._stack.enter_context(open_ratchet(post.folder / "screen.json", point, Mode.LIVE))
            self._ratchets[point] = ratchet
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    async def look(self) -> Mapping[str, Seen]:
        """What each shows at this moment."""
        return {point: await self._seen(point) for point in self._ratchets}

    async def _seen(self, point: str) -> Seen:
        town, ratchet = self._town, self._ratchets[point]
        box = Source(URL(town.posts[point].server.url), point)
        reader = Reader(town.session, box, ratchet, town.clock, root=town.premises.roots[Mode.LIVE.value])
        await reader.fetch()
        shown = show(reader.held, town.clock.now()) if reader.held else None
        if shown is None or isinstance(shown, Refused):
            return Seen((), None)
        return Seen(tuple(notice.number for notice in shown.notices), shown.age_in)
