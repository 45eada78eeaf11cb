"""The request for an NL-Alert: what an officer gives to the control room, which alone can send one.

An NL-Alert holds 15 pages of cell broadcast, each of 82 octets (3GPP TS 23.041): 1,395 characters of the GSM alphabet,
or 615 of UCS-2. Its date and time stand before the text, and count. It says what is going on, what to do, and where to
learn more; in Dutch, and after three asterisks in English, as the national tests have done since June 2020.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from broadcaster.model import gsm
from broadcaster.model.draft import Info
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.render.bookends import between
from broadcaster.render.bulletin import Bulletin, Place
from broadcaster.render.desk.words import (
    SEVERITY,
    UNKNOWN,
    URGENCY,
    approval,
    marked,
    moment,
    numbered,
    places,
    words,
)
from broadcaster.render.templates import one_line, sentence

MOST = {gsm.GSM_7: 1395, gsm.UCS_2: 615}
_HEAD = "NL-Alert 24-11-2026 03:00: "
"""What the control room's system puts before it: only its length matters."""
_BETWEEN = "\n***\n"
_LANGUAGES = ("nl", "en")
_CORNERS = 24


@dataclass(frozen=True, slots=True)
class Fit:
    """A request's text, and whether it fits. units: with the head. foreign: characters for which it holds less."""

    text: str
    encoding: str
    units: int
    foreign: tuple[str, ...]

    @property
    def most(self) -> int:
        """How much an NL-Alert holds in this alphabet."""
        return MOST[self.encoding]

    @property
    def excess(self) -> int:
        """How much too long it is; 0 when it fits."""
        return max(0, self.units - self.most)


def fit(bulletin: Bulletin) -> Fit:
    """The text of the NL-Alert, as it would be broadcast."""
    said = [_message(bulletin, language) for language in _languages(bulletin)]
    text, encoding = gsm.whole(_BETWEEN.join(said))
    foreign = tuple(dict.fromkeys(char for char in text if char not in gsm.GSM)) if encoding == gsm.UCS_2 else ()
    return Fit(text, encoding, gsm.units(_HEAD + text, encoding), foreign)


def findings(bulletin: Bulletin) -> Iterator[Finding]:
    """What does not fit, told while the text is written. Nothing is refused: it is not we who send it."""
    found = fit(bulletin)
    if not found.excess:
        return
    message = f"Voor een NL-Alert is de tekst {found.excess} tekens te lang (er mogen er {found.most} in)."
    yield Finding("nl-alert-too-long", FindingKind.NOTICE, "infos", message)
    if 0 < len(found.foreign) <= 5 and found.units <= MOST[gsm.GSM_7]:
        chars = ", ".join(f"‘{char}’" for char in found.foreign)
        message = f"Zonder {chars} past de tekst wel in een NL-Alert. Kies als het kan een ander woord."
        yield Finding("nl-alert-unicode", FindingKind.NOTICE, "infos", message)


def sheet(bulletin: Bulletin) -> str:
    """The whole request."""
    found, content = fit(bulletin), bulletin.content
    lines = [
        "AANVRAAG NL-ALERT",
        "Dit systeem verstuurt geen NL-Alert. Geef deze aanvraag aan de meldkamer.",
        "",
        f"Bericht: {numbered(bulletin)}",
        f"Aanvrager: {bulletin.organisation}, {bulletin.asked_by or UNKNOWN}",
        f"Akkoord: {approval(bulletin)}",
        f"Gebeurtenis: {content.event or UNKNOWN}",
        f"Ernst: {SEVERITY.get(content.severity or '', UNKNOWN)}; {URGENCY.get(content.urgency or '', UNKNOWN)}",
        f"Vanaf: {moment(bulletin, bulletin.release_at or bulletin.sent_at)}",
        f"Tot: {moment(bulletin, content.expires)}",
        f"Feiten van: {moment(bulletin, content.as_of)}",
        f"Volgend bericht: {moment(bulletin, content.next_update)}",
        f"Gebied: {places(bulletin)}",
        *(line for place in bulletin.places for line in _outline(place)),
        *([f"Het gebied op de kaart: {bulletin.cap_url}"] if bulletin.cap_url else []),
        "",
        _size(found),
        "",
        found.text,
    ]
    return marked(bulletin, "\n".join(lines))


def _size(found: Fit) -> str:
    size = f"Tekst ({found.units} van {found.most} tekens, {found.encoding}; met {len(_HEAD)} voor datum en tijd):"
    return size if not found.excess else f"{size}\nPAST NIET: {found.excess} tekens te lang. Kort de tekst in."


def _languages(bulletin: Bulletin) -> list[str]:
    """Dutch and English where they are there; else what a Dutch reader would get."""
    own = [language for language in _LANGUAGES if language in bulletin.content.infos]
    return own or [bulletin.info("nl")[0]]


def _message(bulletin: Bulletin, language: str) -> str:
    own, info = bulletin.info(language)
    said = [info.headline, info.description, info.instruction]
    text = " ".join(sentence(one_line(part)) for part in said if part)
    return between(f"{text}{_more(info, own)}", words(own).word(bulletin.status))


def _more(info: Info, language: str) -> str:
    """Where to learn more: a telephone call as the last resort, as lines are full then."""
    where = info.web or info.contact
    return f" {words(language).more}: {where}" if where else ""


def _outline(place: Place) -> Iterator[str]:
    """The area as it can be typed over; a long outline only by its extent."""
    if place.circle:
        middle, _, radius = place.circle.partition(" ")
        yield f"- {place.name}: cirkel van {radius} km om {middle}"
    for ring in place.rings:
        if len(ring) <= _CORNERS:
            corners = " ".join(f"{latitude:.5f},{longitude:.5f}" for latitude, longitude in ring)
            yield f"- {place.name}: veelhoek {corners}"
        else:
            (south, north), (west, east) = ((min(axis), max(axis)) for axis in zip(*ring, strict=True))
            yield f"- {place.name}: tussen {south:.5f},{west:.5f} en {north:.5f},{east:.5f} ({len(ring) - 1} hoeken)"
