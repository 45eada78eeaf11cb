"""What every page of the host has: its words, its times, and the standing of the point at its top."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from aiohttp import web
from jinja2 import Environment

from broadcaster.ids import new_id
from broadcaster.model.board import Mode
from broadcaster.model.report import Crowd, Report, Service, Subject
from broadcaster.pages.html import HEADERS
from broadcaster.relay.host.notebook import Notebook
from broadcaster.relay.host.own import Own
from broadcaster.relay.host.standing import Notices, is_exercise, notices_of
from broadcaster.relay.host.words import LANGUAGES, Times, Words
from broadcaster.relay.lines import Line

LANGUAGE, REAL = "omroeper_taal", "omroeper_echt"
NOTES = frozenset(
    {
        *("page.told", "page.told_no_line", "page.once", "opening.said", "opening.closed"),
        *("urgent.then_line", "urgent.then_no_line", "line.is_on", "line.is_off", "pin.changed"),
    }
)
"""What a page may say at its top, after a form."""


@dataclass(frozen=True)
class Asked:
    """One request: in which language, at what moment, and in which mode the page answers."""

    request: web.Request
    own: Own
    notebook: Notebook
    now: datetime
    known: bool
    line: Line

    @cached_property
    def words(self) -> Words:
        """In the language that was chosen on this device."""
        return Words(self.request.cookies.get(LANGUAGE, LANGUAGES[0]))

    @cached_property
    def times(self) -> Times:
        """As people of this place say them."""
        return Times(self.words, self.own.zone, self.now, self.known)

    @cached_property
    def live(self) -> Notices:
        """What is real."""
        return notices_of(self.own.board(Mode.LIVE), self.now)

    @cached_property
    def exercise_runs(self) -> bool:
        """Whether an exercise goes on."""
        exercise = notices_of(self.own.board(Mode.EXERCISE), self.now)
        return is_exercise(self.live, exercise)

    @cached_property
    def mode(self) -> Mode:
        """What is told counts as this. In an exercise a host can say on their device that something real happens."""
        return Mode.EXERCISE if self.exercise_runs and REAL not in self.request.cookies else Mode.LIVE

    @cached_property
    def notices(self) -> Notices:
        """What the screens of this mode show."""
        return self.live if self.mode is Mode.LIVE else notices_of(self.own.board(self.mode), self.now)

    @cached_property
    def told(self) -> list[Report]:
        """What was told in this mode, the newest first."""
        return self.notebook.told(self.mode)


def page(templates: Environment, asked: Asked, name: str, status_code: int = 200, **values: Any) -> web.Response:
    """A page of the host as an answer."""
    html = templates.get_template(name).render(
        a=asked,
        w=asked.words,
        t=asked.times,
        mode=asked.mode.value,
        form_id=new_id(asked.now),
        note=_note(asked),
        services=[service.value for service in Service],
        crowds=[crowd.value for crowd in Crowd],
        subjects=[subject.value for subject in Subject],
        **{"faults": {}, "filled": {}, "fault_values": {}, **values},
    )
    return web.Response(
        text=html,
        status=status_code,
        headers={**HEADERS, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"},
    )


def _note(asked: Asked) -> str:
    asked_for = asked.request.query.get("klaar", "")
    return asked.words(asked_for) if asked_for in NOTES else ""


def see_other(path: str, note: str = "", *cookies: str) -> web.Response:
    """Go there, and say so at the top of that page."""
    found = web.Response(status=303, headers={"Location": f"{path}?klaar={note}" if note else path})
    for cookie in cookies:
        found.headers.add("Set-Cookie", cookie)
    return found
