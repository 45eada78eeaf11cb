"""Who gets a draft as it stands and who does not, with the reason: counts of people, and no names."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from broadcaster.model.cap import lane_of
from broadcaster.model.draft import Audience, DraftContent
from broadcaster.render.languages import resolve
from broadcaster.store import coverage
from broadcaster.store.coverage import NONE, OPEN, OPTED_OUT, Profile
from broadcaster.workflow.house import House


@dataclass(frozen=True, slots=True)
class Lacking:
    """One chosen channel: how many of the chosen people have no address there, and how many ended it. off: whether
    nothing goes out by it at all."""

    kind: str
    without: int
    opted_out: int
    off: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """chosen: people in the chosen groups and areas; nothing: those of them who get nothing at all. in_another: by what
    they read and what they get instead. elsewhere, other_groups: people outside the chosen areas, and within them but
    in none of the chosen groups; nobody is chosen when both are empty."""

    chosen: int = 0
    nothing: int = 0
    lacking: list[Lacking] = field(default_factory=list)
    in_another: list[tuple[str, str, int]] = field(default_factory=list)
    elsewhere: int = 0
    other_groups: int = 0
    nobody_chosen: bool = False

    @property
    def reached(self) -> int:
        """Those who get it by one channel at least."""
        return self.chosen - self.nothing

    @property
    def reasons(self) -> bool:
        """Whether there is anybody who does not get it as they should."""
        lacks = any(item.without or item.opted_out or item.off for item in self.lacking)
        return bool(lacks or self.nothing or self.in_another or self.elsewhere or self.other_groups)


def read(conn: Connection, house: House, organisation_id: str, content: DraftContent) -> Coverage:
    """Count it."""
    working = house.starting(lane_of(content.status))
    kinds = [kind for kind in content.channels if kind in house.specs and not house.specs[kind].pull]
    wanted = content.audience or Audience()
    found = coverage.profiles(conn, organisation_id, wanted, kinds)
    available, order = list(content.infos), list(house.settings.hub.languages)

    def gets(language: str) -> str:
        return resolve(language, available, order) if available else language

    return counted(found, wanted, kinds, frozenset(kinds) - working.keys(), gets)


def counted(
    profiles: Sequence[Profile], wanted: Audience, kinds: Sequence[str], off: frozenset[str], gets: Callable[[str], str]
) -> Coverage:
    """off: kinds by which nothing goes out. gets: the language that a reader of another gets."""
    if not wanted.areas and not wanted.groups:  # nobody, never everybody
        return Coverage(nobody_chosen=True)
    chosen = [item for item in profiles if item.in_areas and item.in_groups]
    on = [n for n, kind in enumerate(kinds) if kind not in off]
    reached = [item for item in chosen if any(item.has[n] == OPEN for n in on)]
    return Coverage(
        chosen=_people(chosen),
        nothing=_people(chosen) - _people(reached),
        lacking=[_lacking(chosen, n, kind, kind in off) for n, kind in enumerate(kinds)],
        in_another=_in_another(reached, gets),
        elsewhere=_people(item for item in profiles if not item.in_areas),
        other_groups=_people(item for item in profiles if item.in_areas and not item.in_groups),
    )


def _people(profiles: Iterable[Profile]) -> int:
    return sum(item.count for item in profiles)


def _lacking(chosen: Sequence[Profile], n: int, kind: str, off: bool) -> Lacking:
    by_state = Counter[int]()
    for item in chosen:
        by_state[item.has[n]] += item.count
    return Lacking(kind, by_state[NONE], by_state[OPTED_OUT], off)


def _in_another(reached: Sequence[Profile], gets: Callable[[str], str]) -> list[tuple[str, str, int]]:
    """Those whose own language it is not, the most people first. An easier form of it is their own."""
    found = Counter[tuple[str, str]]()
    for item in reached:
        if (got := gets(item.language)).partition("-")[0] != item.language.partition("-")[0]:
            found[item.language, got] += item.count
    return [(*languages, count) for languages, count in found.most_common()]
