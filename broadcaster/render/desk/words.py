"""What the desks' texts share: Dutch words for CAP's, moments with their day, and the mark of what is not real."""

from datetime import datetime

from broadcaster.model.cap import MsgType
from broadcaster.render.bookends import between
from broadcaster.render.bulletin import Bulletin
from broadcaster.render.templates import house_templates
from broadcaster.render.words import Words, words_of

SEVERITY = {"Extreme": "levensgevaar", "Severe": "ernstig", "Moderate": "matig", "Minor": "klein"}
URGENCY = {"Immediate": "nu handelen", "Expected": "binnen een uur", "Future": "later", "Past": "voorbij"}
CERTAINTY = {
    "Observed": "het is zo",
    "Likely": "waarschijnlijk",
    "Possible": "mogelijk",
    "Unlikely": "niet waarschijnlijk",
}
UNKNOWN = "onbekend"
_NOT_APPROVED = "nog niet geaccordeerd: geef dit niet door"


def words(language: str) -> Words:
    """The fixed words of a language."""
    return words_of(language, house_templates().words)


def marked(bulletin: Bulletin, text: str) -> str:
    """A whole text, with the word of what is not real at both ends."""
    return between(text, words("nl").word(bulletin.status)) + "\n"


def moment(bulletin: Bulletin, at: datetime | None) -> str:
    """An instant with its day: who reads it may do so tomorrow."""
    if at is None:
        return UNKNOWN
    local = at.astimezone(bulletin.zone)
    return f"{local.day} {words('nl').months[local.month - 1]} {local.year} {local:%H:%M}"


def numbered(bulletin: Bulletin) -> str:
    """Its number, and what it does to an earlier one."""
    own = words("nl").numbered(bulletin.number)
    if bulletin.replaces is None:
        return own
    does = "trekt nr {n} in" if bulletin.msg_type is MsgType.CANCEL else "vervangt nr {n}"
    return f"{own}, {does.format(n=bulletin.replaces)}"


def approval(bulletin: Bulletin) -> str:
    """Who approved it, and when."""
    if bulletin.approved_at is None:
        return _NOT_APPROVED
    return f"{bulletin.approved_by or UNKNOWN}, {moment(bulletin, bulletin.approved_at)}"


def places(bulletin: Bulletin) -> str:
    """Its areas by name."""
    return ", ".join(place.name for place in bulletin.places) or UNKNOWN
