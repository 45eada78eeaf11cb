"""The public page: what is valid now, the same bytes for everybody, made once per change and kept in memory.

What support points show in public stands here too, and nothing else: a message to a group alone is nobody else's
business. The words are those of the approved renditions. See docs/decisions/0027.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from broadcaster.boards import leaflet
from broadcaster.boards.publisher import valid_notices
from broadcaster.boards.snapshot import valid_at
from broadcaster.clock import Clock
from broadcaster.model.board import Mode, Notice
from broadcaster.render import poster
from broadcaster.store.database import Database
from broadcaster.web.pages import environment
from broadcaster.web.parts import Page
from broadcaster.workflow import recording
from broadcaster.workflow.house import House

log = structlog.get_logger()
_PAGES = environment("public")


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
class Shown:
    """What stands on the page. audio: of each alert, the recordings by language."""

    notices: Sequence[Notice]
    audio: Mapping[str, Mapping[str, str]]


def valid(conn: Connection, house: House, now: datetime) -> Shown:
    """What stands on the page at an instant."""
    notices = [notice for _, notice in valid_notices(conn, house, Mode.LIVE, now)]
    public = valid_at(now, [notice for notice in notices if notice.languages])  # no text for displays: not public
    return Shown(public, recording.shown(conn, now))


def made(house: House, shown: Shown, now: datetime) -> Page:
    """The page of what stands on it."""
    html = _PAGES.get_template("page.html").render(_values(house, shown, now))
    etag = f'"{hashlib.sha256(html.encode()).hexdigest()[:16]}"'
    return Page(html, etag)


def _values(house: House, shown: Shown, now: datetime) -> dict[str, Any]:
    required, notices = house.settings.hub.languages, shown.notices
    there = {language for notice in notices for language in notice.languages}
    order = [*required, *sorted(there - set(required))]
    local = now.astimezone(house.settings.hub.zone)
    return {
        "senders": [organisation.name for organisation in house.settings.organisations],
        "sections": [_section(language, shown, required) for language in order],
        "made_at": local.isoformat(timespec="minutes"),
        "made": f"{local:%H:%M}, {local:%d-%m-%Y}",
    }


def _section(language: str, shown: Shown, required: Sequence[str]) -> dict[str, Any]:
    section = leaflet.section(language, shown.notices, required)
    for notice, told in zip(shown.notices, section["notices"], strict=True):
        told["audio"] = shown.audio.get(notice.alert, {}).get(told["language"])
        told["poster_word"] = poster.own_words(told["language"])["name"]
    return section
