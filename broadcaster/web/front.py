"""The public page: what is valid now, the same bytes for everybody, made once per change and kept in memory.

What support points show in public stands here too, and nothing else: a message to a group alone is nobody else's
business. The words are those of the approved renditions. See docs/decisions/0027.
"""

import asyncio
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from broadcaster import data
from broadcaster.boards import leaflet
from broadcaster.boards.publisher import valid_notices
from broadcaster.boards.snapshot import valid_at
from broadcaster.clock import Clock
from broadcaster.model.board import Mode, Notice
from broadcaster.model.report import Opening
from broadcaster.render import poster
from broadcaster.render.languages import base
from broadcaster.store import reports
from broadcaster.store.database import Database
from broadcaster.web.pages import environment
from broadcaster.web.parts import Page
from broadcaster.workflow import recording
from broadcaster.workflow.house import House

log = structlog.get_logger()
_PAGES = environment("public")
BELIEVED_IN = timedelta(hours=6)
"""For how long a point's word that it is open stands on the page. Its host is asked to say so again before that."""
POINT_WORDS: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    (data.find("templates") / "public" / "points.toml").read_text(encoding="utf-8")
)


class Front:
    """Keeps the page in step with what is valid."""

    def __init__(self, store: Database, house: House, clock: Clock) -> None:
        self._store, self._house, self._clock = store, house, clock
        self._turn = asyncio.Lock()
        self._shown = Shown((), {})
        self._page = made(house, self._shown, clock.now())

    def page(self) -> Page:
        """The page as it is at this moment."""
        return self._page

    async def refresh(self) -> None:
        """Make the page anew when something else is valid. What is wrong with it holds up nobody's message."""
        async with self._turn:
            now = self._clock.now()
            shown = await self._store.read(valid, self._house, now)
            if shown == self._shown:
                return
            try:
                self._page = made(self._house, shown, now)
            except Exception:
                log.exception("the public page cannot be made, it stays as it was")
                return
            self._shown = shown


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """A support point that told that it is open, and when."""

    name: str
    areas: tuple[str, ...]
    opening: Opening
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the page. audio: of each alert, the recordings by language."""

    notices: Sequence[Notice]
    audio: Mapping[str, Mapping[str, str]]
    points: Sequence[OpenPoint] = ()


def valid(conn: Connection, house: House, now: datetime) -> Shown:
    """What stands on the page at an instant."""
    notices = [notice for _, notice in valid_notices(conn, house, Mode.LIVE, now)]
    public = valid_at(now, [notice for notice in notices if notice.languages])  # no text for displays: not public
    return Shown(public, recording.shown(conn, now), open_points(conn, house, now))


def open_points(conn: Connection, house: House, now: datetime) -> list[OpenPoint]:
    """The points that told not long ago that they are open. One that says nothing more leaves the page: nobody should
    walk to a closed door."""
    told = reports.openings(conn, Mode.LIVE, now - BELIEVED_IN)
    found = []
    for point in house.settings.points:
        row = told.get(point.id)
        if row is None or now - row.told_at > BELIEVED_IN:
            continue
        opening = Opening.model_validate(row.content["opening"])
        if opening.open:
            areas = tuple(house.area_names[area] for area in point.areas)
            found.append(OpenPoint(point.name, areas, opening, row.told_at))
    return found


def made(house: House, shown: Shown, now: datetime) -> Page:
    """The page of what stands on it."""
    html = _PAGES.get_template("page.html").render(_values(house, shown, now))
    etag = f'"{hashlib.sha256(html.encode()).hexdigest()[:16]}"'
    return Page(html, etag)


def _values(house: House, shown: Shown, now: datetime) -> dict[str, Any]:
    required, notices = house.settings.hub.languages, shown.notices
    there = {language for notice in notices for language in notice.languages}
    order = [*required, *sorted(there - set(required))]
    zone = house.settings.hub.zone
    local = now.astimezone(zone)
    points = [_point(point, zone) for point in shown.points]
    return {
        "senders": [organisation.name for organisation in house.settings.organisations],
        "sections": [_section(language, shown, required) | {"points": points} for language in order],
        "made_at": local.isoformat(timespec="minutes"),
        "made": f"{local:%H:%M}, {local:%d-%m-%Y}",
    }


def _section(language: str, shown: Shown, required: Sequence[str]) -> dict[str, Any]:
    section = leaflet.section(language, shown.notices, required)
    for notice, told in zip(shown.notices, section["notices"], strict=True):
        told["audio"] = shown.audio.get(notice.alert, {}).get(told["language"])
        told["poster_word"] = poster.own_words(told["language"])["name"]
    section["point_words"] = POINT_WORDS.get(language) or POINT_WORDS.get(base(language), POINT_WORDS["en"])
    return section


def _point(point: OpenPoint, zone: ZoneInfo) -> dict[str, Any]:
    local = point.told_at.astimezone(zone)
    return {
        "name": point.name,
        "areas": ", ".join(point.areas),
        "services": [service.value for service in point.opening.services],
        "crowd": point.opening.crowd.value if point.opening.crowd else None,
        "told_at": local.isoformat(timespec="minutes"),
        "told": f"{local:%H:%M}",
    }
