"""What a presenter of the regional broadcaster reads aloud: short, in words, and the action twice.

A listener cannot read back, so what to do comes early and again at the end, and every number is a word. A presenter
reads about 150 words a minute.
"""

from collections.abc import Iterator
from datetime import datetime

from broadcaster.model.cap import MsgType
from broadcaster.model.draft import Info
from broadcaster.render.bookends import between
from broadcaster.render.bulletin import Bulletin
from broadcaster.render.desk import words as desk
from broadcaster.render.desk.spoken import LANGUAGES, spoken
from broadcaster.render.templates import sentence

WORDS_A_MINUTE = 150
_PHRASES = {
    "nl": {
        "from": "Dit is een bericht van {source}. De gegevens zijn van {at}.",
        "replaces": "Dit bericht vervangt het vorige bericht.",
        "cancels": "Met dit bericht trekken wij het vorige bericht in.",
        "again": "Ik herhaal wat u moet doen.",
        "where": "Dit geldt voor: {place}.",
        "until": "Dit bericht geldt tot {at}.",
        "next": "Het volgende bericht komt om {at}.",
        "questions": "Hebt u vragen? Bel {contact}.",
        "more": "Meer informatie: {web}.",
    },
    "en": {
        "from": "This is a message from {source}. The information is as of {at}.",
        "replaces": "This message replaces the previous message.",
        "cancels": "With this message we withdraw the previous message.",
        "again": "I repeat what you should do.",
        "where": "This is for: {place}.",
        "until": "This message is valid until {at}.",
        "next": "The next message comes at {at}.",
        "questions": "Do you have questions? Call {contact}.",
        "more": "More information: {web}.",
    },
}
_NAMES = {"nl": "Nederlands", "en": "Engels"}


def script(bulletin: Bulletin) -> str:
    """The text in Dutch, and in English where there is one."""
    there = [language for language in LANGUAGES if language in bulletin.content.infos]
    parts = [_part(bulletin, language) for language in there or LANGUAGES[:1]]
    head = [
        f"RADIOTEKST bij bericht {desk.numbered(bulletin)}",
        f"Van: {bulletin.organisation}. Akkoord: {desk.approval(bulletin)}",
    ]
    return desk.marked(bulletin, "\n".join([*head, *parts]))


def _part(bulletin: Bulletin, language: str) -> str:
    own, info = bulletin.info(language)
    said = "\n".join(_said(bulletin, info, language, own))
    said = between(said, desk.words(language).word(bulletin.status))
    return f"\n{_NAMES[language]}, {_seconds(said)}:\n\n{said}"


def _seconds(said: str) -> str:
    words = len(said.split())
    return f"ongeveer {max(5, round(words * 60 / WORDS_A_MINUTE / 5) * 5)} seconden ({words} woorden)"


def _said(bulletin: Bulletin, info: Info, language: str, own: str) -> Iterator[str]:
    content, phrases = bulletin.content, _PHRASES[language]

    def at(instant: datetime | None) -> str:
        return spoken(_moment(bulletin, instant, language), language)

    action = _sentences(info.instruction, own)
    yield phrases["from"].format(source=content.source or bulletin.organisation, at=at(content.as_of))
    if bulletin.replaces is not None:
        yield phrases["cancels" if bulletin.msg_type is MsgType.CANCEL else "replaces"]
    yield from _sentences(info.headline, own)
    yield phrases["where"].format(place=desk.places(bulletin))
    yield from action
    yield from _sentences(info.description, own)
    yield from _sentences(info.impact, own)
    if action:
        yield phrases["again"]
        yield from action
    yield phrases["until"].format(at=at(content.expires))
    yield phrases["next"].format(at=at(content.next_update))
    if info.contact:
        yield phrases["questions"].format(contact=spoken(info.contact, language))
    if info.web:
        yield phrases["more"].format(web=spoken(info.web, language))


def _sentences(text: str | None, language: str) -> list[str]:
    """A text in lines of whole sentences."""
    return [spoken(sentence(line.strip()), language) for line in (text or "").splitlines() if line.strip()]


def _moment(bulletin: Bulletin, at: datetime | None, language: str) -> str:
    if at is None:
        return desk.UNKNOWN
    local, today = at.astimezone(bulletin.zone), bulletin.sent_at.astimezone(bulletin.zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"{local.day} {desk.words(language).months[local.month - 1]}, {local:%H:%M}"
