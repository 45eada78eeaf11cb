"""From what a form of the page sends to a part of a report. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from broadcaster.model.contacts.finder import found_in
from broadcaster.model.contacts.noun import ContactKind
from broadcaster.model.report import Crowd, Heard, Opening, Service, Showing, Subject, Urgent

LONGEST, LONGEST_LOCAL = 280, 80
CHECKLIST = ("light", "power", "water", "first-aid", "toilet", "screen", "paper", "route", "second")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
_REACHED_BY = frozenset({ContactKind.PHONE, ContactKind.URL, ContactKind.EMAIL})


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form by name, each with its values in order."""

    fields: Mapping[str, Sequence[str]]

    def get(self, name: str) -> str:
        """The value of a field, on one line; empty when it was not sent."""
        return _CONTROL.sub(" ", self.fields[name][0]).strip() if self.fields.get(name) else ""

    def all(self, name: str) -> list[str]:
        """Every value of a field, such as the ticked boxes of one name."""
        return list(self.fields.get(name, ()))


class Wrong(Exception):
    """What is not right: the key of a sentence by field, and what to fill in there."""

    def __init__(self, faults: Mapping[str, str], **values: str) -> None:
        super().__init__(", ".join(faults.values()))
        self.faults, self.values = faults, values


def opening(form: Form, *, is_open: bool) -> Opening:
    """That the point is open, with what it offers; or that it is closed."""
    if not is_open:
        return Opening(open=False)
    staff = form.get("staff")
    if staff and not (staff.isascii() and staff.isdigit() and len(staff) <= 3):
        raise Wrong({"staff": "opening.staff_wrong"})
    return Opening(
        open=True,
        staff=int(staff) if staff else None,
        services=tuple(service for service in Service if service in form.all("services")),
        crowd=next((crowd for crowd in Crowd if crowd == form.get("crowd")), None),
    )


def ticks(form: Form) -> list[str]:
    """What is ticked off of the checklist."""
    return [name for name in CHECKLIST if name in form.all("ticks")]


def heard(form: Form) -> Heard:
    """A question or a rumour."""
    faults = {} if form.get("kind") in ("question", "rumour") else {"kind": "heard.kind_missing"}
    subject, line = _told(form, faults)
    return Heard(rumour=form.get("kind") == "rumour", subject=subject, line=line)


def urgent(form: Form) -> Urgent:
    """What the point cannot do without."""
    subject, line = _told(form, {})
    return Urgent(subject=subject, line=line)


def _told(form: Form, faults: dict[str, str]) -> tuple[Subject, str]:
    subject = next((subject for subject in Subject if subject == form.get("subject")), None)
    if subject is None:
        faults["subject"] = "heard.subject_missing"
    if len(form.get("line")) > LONGEST:
        faults["line"] = "heard.line_long"
    if faults or subject is None:
        raise Wrong(faults)
    return subject, form.get("line")


def paper(form: Form, current: Sequence[int], earlier: Sequence[int]) -> Showing:
    """What hangs: the current numbers that are said to, and the earlier ones that are not said to be gone."""
    hangs = [number for number in current if str(number) in form.all("hangs")]
    stays = [number for number in earlier if str(number) not in form.all("gone")]
    return Showing(paper=tuple(sorted({*hangs, *stays})))


def local_line(form: Form) -> str:
    """A line for the screen. What people can call, open or write to stands in messages of the municipality only."""
    text = form.get("text")
    if not text:
        raise Wrong({"text": "line.empty"})
    if len(text) > LONGEST_LOCAL:
        raise Wrong({"text": "line.long"})
    for mention in found_in(text):
        if mention.kind in _REACHED_BY:
            raise Wrong({"text": "line.contact"}, found=mention.value)
    return text
