"""How support points stand: what each shows and hangs against what is valid, what it told last, and what many hear.

Pure, but for `read`. What a screen says that it shows goes before what it fetched: a page that froze goes on fetching.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from broadcaster.boards.serving import Boards, Signed
from broadcaster.model.board import Mode
from broadcaster.model.cap import Lane
from broadcaster.model.device import Device, DeviceKind
from broadcaster.model.report import Opening, Subject
from broadcaster.settings.sections import Point
from broadcaster.store import alerts, devices, figures, reports, sightings, takedowns
from broadcaster.store.figures import BoardAge
from broadcaster.store.reports import ReportRow
from broadcaster.store.sightings import Sighting
from broadcaster.store.takedowns import Asked
from broadcaster.workflow import publishing
from broadcaster.workflow.house import House

HEARD_IN = timedelta(hours=6)
"""For how long what points hear is counted together."""
OPEN_IN = timedelta(hours=72)
"""For how long the console shows what a point told of whether it is open, with its age."""
LOUD = 3
"""Points that hear the same rumour, from which it stands out."""
_MOST = 5_000
_LANES = {Mode.LIVE: Lane.LIVE, Mode.EXERCISE: Lane.DRILL}


class Trouble(StrEnum):
    """What is wrong with a screen or a relay."""

    SILENT = "silent"  # nothing is heard of it
    FROZEN = "frozen"  # it fetches, and no longer says what it shows
    BEHIND = "behind"  # it holds another board than the current one, after it had the time


@dataclass(frozen=True, slots=True)
class Current:
    """The board that a point ought to have. etag: as `boards.serving` makes it; None where it is not in memory."""

    seq: int
    issued_at: datetime | None
    etag: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A screen or a relay of a point. device: None for a token that was made without one. heard_at: its last sign of
    life. holds: whether it has the current board, as far as is known."""

    sighting: Sighting
    device: Device | None
    heard_at: datetime | None
    holds: bool | None
    trouble: Trouble | None


@dataclass(frozen=True, slots=True)
class Old:
    """A number that is shown or hangs, and is not valid there any more. at: when it was last said so. token: of whoever
    said it. by: the number that took its place. has_board: whether the page at the point asks to take it down itself,
    since it has the current board. asked: the officer who asked."""

    number: int
    paper: bool
    token: str
    at: datetime | None
    by: int | None
    has_board: bool
    asked: Asked | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How one point stands. valid: the numbers that it ought to show. opening: what it told last. showing: the valid
    numbers that one of its screens shows, as far as is known."""

    point: Point
    current: Current | None
    valid: tuple[int, ...]
    seen: tuple[Seen, ...]
    old: tuple[Old, ...]
    showing: frozenset[int]
    opening: ReportRow | None

    @property
    def opened(self) -> Opening | None:
        """What it told last of whether it is open."""
        return None if self.opening is None else Opening.model_validate(self.opening.content["opening"])

    @property
    def troubled(self) -> list[Seen]:
        """Its screens and relays with which something is wrong."""
        return [seen for seen in self.seen if seen.trouble is not None]


@dataclass(frozen=True, slots=True)
class Tally:
    """What points heard about one subject of late: how often, where, and the reports, the latest first."""

    rumour: bool
    subject: Subject
    points: tuple[str, ...]
    rows: tuple[ReportRow, ...]

    @property
    def loud(self) -> bool:
        """Whether so many points hear this rumour that somebody ought to answer it."""
        return self.rumour and len(self.points) >= LOUD


@dataclass(frozen=True, slots=True)
class Lookout:
    """All of it."""

    points: tuple[Standing, ...]
    tallies: tuple[Tally, ...]
    urgent: tuple[ReportRow, ...]

    @property
    def old(self) -> list[tuple[Standing, Old]]:
        """Every number that hangs or is shown and is not valid any more."""
        return [(standing, old) for standing in self.points for old in standing.old]

    @property
    def troubled(self) -> list[tuple[Standing, Seen]]:
        """Every screen and relay with which something is wrong."""
        return [(standing, seen) for standing in self.points for seen in standing.troubled]

    def showing(self, number: int) -> tuple[int, int]:
        """At how many of the points that ought to show a number a screen does, and how many those are."""
        wanted = [standing for standing in self.points if number in standing.valid]
        return sum(number in standing.showing for standing in wanted), len(wanted)


def read(conn: Connection, house: House, handed: Boards, mode: Mode, now: datetime) -> Lookout:
    """How all points stand. handed: the boards as they are handed out here."""
    silent_in = timedelta(seconds=house.settings.hub.silent_after)
    known = {item.token_id: item for item in devices.listed(conn)}
    rows = alerts.shown(conn, _LANES[mode], now)
    asked, openings = takedowns.asked(conn), reports.openings(conn, mode, now - OPEN_IN)
    issued = {(board.point_id, board.mode): board for board in figures.board_ages(conn)}
    by_point: dict[str, list[Sighting]] = {}
    for sighting in sightings.current(conn, mode):
        device = known.get(sighting.token_id)
        if _hangs_there(sighting, device):
            by_point.setdefault(sighting.point_id, []).append(sighting)
    replaced = _replaced(conn, by_point.values())
    found = []
    for point in house.settings.points:
        age, held = issued.get((point.id, mode)), handed.current(point.id, mode)
        current = _current(age, held)
        valid = tuple(sorted(row.number for row in rows if point.id in publishing.points_of(house, row)))
        seen = [judged(item, known.get(item.token_id), current, silent_in, now) for item in by_point.get(point.id, ())]
        opening = openings.get(point.id)
        found.append(_standing(point, current, valid, seen, opening, replaced, asked))
    heard = reports.of_kind(conn, "heard", mode, now - HEARD_IN, _MOST)
    return Lookout(tuple(found), tuple(tallied(heard)), tuple(reports.unread(conn, "urgent", mode, _MOST)))


def _hangs_there(item: Sighting, device: Device | None) -> bool:
    """Not so of a regional relay that only passes the board on to a point under it."""
    own = device is None or device.point_id == item.point_id
    return own or item.screen is not None or item.paper is not None


def _current(age: BoardAge | None, held: Signed | None) -> Current | None:
    if age is None or not age.signed_seq:
        return None
    return Current(age.signed_seq, age.issued_at, held.etag if held and held.seq == age.signed_seq else None)


def _replaced(conn: Connection, all_seen: Iterable[Sequence[Sighting]]) -> Mapping[int, int]:
    """What took the place of each number that anybody shows or hangs."""
    numbers = {number for seen in all_seen for item in seen for number, *_ in _numbers(item)}
    return alerts.replaced_numbers(conn, numbers) if numbers else {}


def judged(item: Sighting, device: Device | None, current: Current | None, silent_in: timedelta, now: datetime) -> Seen:
    """How a screen or relay stands against the board that its point ought to have."""
    said_at = item.screen.at if item.screen is not None else None
    signs = [at for at in (item.seen_at, said_at) if at is not None]
    heard_at, holds = max(signs, default=None), _holds(item, current)
    trouble = _trouble(item, device, heard_at, holds, current, silent_in, now)
    return Seen(item, device, heard_at, holds, trouble)


def _holds(item: Sighting, current: Current | None) -> bool | None:
    """Whether it has the current board. A screen that says so itself is believed before what it fetched."""
    if current is None:
        return None
    if item.screen is not None:
        said = item.screen.what
        other = said.digest is not None and current.etag is not None and said.digest[:32] != current.etag.strip('"')
        return said.seq == current.seq and not other
    return None if item.seq is None else item.seq == current.seq


def _trouble(
    item: Sighting,
    device: Device | None,
    heard_at: datetime | None,
    holds: bool | None,
    current: Current | None,
    silent_in: timedelta,
    now: datetime,
) -> Trouble | None:
    if heard_at is None:
        return None
    if now - heard_at > silent_in:
        return Trouble.SILENT
    said_at = item.screen.at if item.screen is not None else None
    tells_always = device is None or device.kind is not DeviceKind.RELAY  # that one tells only what changes
    if tells_always and said_at is not None and now - said_at > silent_in:
        return Trouble.FROZEN
    had_time = current is None or current.issued_at is None or now - current.issued_at > silent_in
    return Trouble.BEHIND if holds is False and had_time else None


def _numbers(item: Sighting) -> Iterator[tuple[int, bool, datetime | None]]:
    """Each number that somebody says it shows or hangs: whether on paper, and when it said so."""
    if item.screen is not None:
        yield from ((number, False, item.screen.at) for number in item.screen.what.screen or ())
    if item.paper is not None:
        yield from ((number, True, item.paper.at) for number in item.paper.what.paper or ())


def _standing(
    point: Point,
    current: Current | None,
    valid: tuple[int, ...],
    seen: Sequence[Seen],
    opening: ReportRow | None,
    replaced: Mapping[int, int],
    asked: Mapping[tuple[str, int], Asked],
) -> Standing:
    has_board = any(one.holds for one in seen)
    old = [
        Old(number, paper, one.sighting.token_id, at, replaced.get(number), has_board, asked.get((point.id, number)))
        for one in seen
        for number, paper, at in _numbers(one.sighting)
        if number not in valid
    ]
    old.sort(key=lambda item: (item.number, item.paper))
    return Standing(point, current, valid, tuple(seen), tuple(old), _showing(valid, seen), opening)


def _showing(valid: Collection[int], seen: Iterable[Seen]) -> frozenset[int]:
    """The valid numbers that a screen shows right now: by its own word, or since it has the board that they are on."""
    found: set[int] = set()
    for one in seen:
        if one.trouble in (Trouble.SILENT, Trouble.FROZEN):
            continue
        said = one.sighting.screen
        if said is not None:
            found |= set(said.what.screen or ()) & set(valid)
        elif one.holds:
            found |= set(valid)
    return frozenset(found)


def tallied(rows: Iterable[ReportRow]) -> list[Tally]:
    """What points heard, by subject: what stands out first, then what most points hear. rows: the latest first."""
    by_subject: dict[tuple[bool, Subject], list[ReportRow]] = {}
    for row in rows:
        heard = row.content["heard"]
        by_subject.setdefault((bool(heard["rumour"]), Subject(heard["subject"])), []).append(row)
    found = [
        Tally(rumour, subject, tuple(dict.fromkeys(row.point_id for row in own)), tuple(own))
        for (rumour, subject), own in by_subject.items()
    ]
    return sorted(found, key=lambda tally: (not tally.loud, -len(tally.points), -len(tally.rows), not tally.rumour))
