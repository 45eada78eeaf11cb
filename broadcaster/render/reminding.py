"""The words of a reminder to colleagues: which number, what about, since when, where to go. Nothing of the message."""

from datetime import datetime
from zoneinfo import ZoneInfo

from broadcaster.model.cap import Status
from broadcaster.model.reminding import About

_LONGEST_EVENT = 30
"""Letters of what it is about: with all the rest one SMS."""
_FIRST = {Status.ACTUAL: "", Status.EXERCISE: "OEFENING. ", Status.TEST: "TEST. "}
_SAID = {
    (About.APPROVAL, False): "Nr {number} ({event}) wacht sinds {at} op akkoord.",
    (About.APPROVAL, True): "Nr {number} ({event}) wacht nog steeds op akkoord, sinds {at}.",
    (About.UPDATE, False): "Om {at} is een nieuw bericht beloofd na nr {number} ({event}).",
    (About.UPDATE, True): "Het nieuwe bericht na nr {number} ({event}) was beloofd om {at} en is er niet.",
    (About.MANDATE, False): "Nr {number} ({event}) is om {at} vrijgegeven door een persoon alleen, met een mandaat.",
}


def words(status: Status, about: About, number: int, event: str, at: datetime, zone: ZoneInfo, *, again: bool) -> str:
    """A reminder's first sentence. at: since when, or by when. again: not the first of its kind about this."""
    short = event if len(event) <= _LONGEST_EVENT else f"{event[: _LONGEST_EVENT - 1].rstrip()}."
    said = _SAID.get((about, again)) or _SAID[about, False]
    return _FIRST[status] + said.format(number=number, event=short, at=f"{at.astimezone(zone):%H:%M}")


def whole(sentence: str, url: str) -> str:
    """The sentence with where to sign in."""
    return f"{sentence} Meld u aan: {url}/console"
