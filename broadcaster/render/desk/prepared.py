"""Texts that people place by hand: on a website, in a post, at a telephone, from a car, on a doormat, in sign language.

Each can be copied whole and used as it stands; only the sheets for people (telephone, courier, interpreter) say
besides what to do with it. A post holds at most 280 characters, as X counts plain text, and no hashtag: a screen
reader stumbles over one, and nobody follows it in the first hour. A loudspeaker car passes in half a minute.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime

from broadcaster.model.cap import MsgType
from broadcaster.model.draft import Info
from broadcaster.render.bookends import between
from broadcaster.render.bulletin import Bulletin
from broadcaster.render.desk import DESKS
from broadcaster.render.desk import words as desk
from broadcaster.render.desk.spoken import spoken
from broadcaster.render.templates import one_line, sentence
from broadcaster.render.words import Moments

MOST_IN_POST = 280
LOUD_WORDS_A_MINUTE = 120
"""From a car that drives by: slower than a presenter."""
MOST_LOUD_WORDS = LOUD_WORDS_A_MINUTE // 2
_NO_DAY = date.min
_HASH = re.compile(r"#(?=\w)")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


def prepared(name: str, bulletin: Bulletin) -> str:
    """The text of that name. KeyError when there is none."""
    return PREPARED[name](bulletin)


def web(bulletin: Bulletin) -> str:
    """For a website: every language, one below the other, every moment with its date."""
    said = [_page(bulletin, language, info) for language, info in bulletin.infos]
    return "\n\n---\n\n".join(said or [_page(bulletin, *bulletin.info("nl"))])


def _page(bulletin: Bulletin, language: str, info: Info) -> str:
    words, content = desk.words(language), bulletin.content
    moments = Moments(words, bulletin.zone, _NO_DAY)
    sections = {
        words.what_to_do: info.instruction,
        words.what_happens: info.description,
        words.impact: info.impact,
        words.place: desk.places(bulletin),
        words.questions: info.contact,
        words.more: info.web,
    }
    lines = [info.headline or content.event or desk.UNKNOWN]
    lines += [f"\n{label}\n{text}" for label, text in sections.items() if text]
    lines += [
        "",
        words.until.format(at=moments.at(content.expires)),
        words.next_update.format(at=moments.at(content.next_update)),
        words.as_of.format(at=moments.at(content.as_of)),
        f"{words.source}: {content.source or bulletin.organisation}",
        words.numbered(bulletin.number, bulletin.replaces),
    ]
    return between("\n".join(lines), words.word(bulletin.status))


def social(bulletin: Bulletin) -> str:
    """A post in Dutch: what, what to do, until when, which number; what does not fit goes, the last thing first."""
    info, word = bulletin.info("nl")[1], desk.words("nl").word(bulletin.status)
    whole = _sentences(info.headline), _sentences(info.instruction), _sentences(info.description)
    head, action, what = (list(map(_plain, part)) for part in whole)
    end = f"Geldig tot {_short(bulletin, bulletin.content.expires)}. ({desk.numbered(bulletin)})"
    more = f"Meer: {info.web}" if info.web else ""
    for said in (
        *([*head, *action, *what[:n], more] for n in range(len(what), -1, -1)),
        *([*head, *action[:n], more] for n in range(len(action), 0, -1)),
        [*head, *action[:1]],
        [*action[:1]],
    ):
        text = between(" ".join([*filter(None, said), end]), word)
        if len(text) <= MOST_IN_POST:
            return text
    room = MOST_IN_POST - len(between(f" {end}", word))
    return between(f"{_cut(' '.join(action or head), room)} {end}", word)


def _cut(text: str, most: int) -> str:
    """A text that had to be cut, at the end of a word."""
    return text if len(text) <= most else text[: most - 1].rpartition(" ")[0] + "…"


def _plain(text: str) -> str:
    return _HASH.sub("", text)


def _sentences(text: str | None) -> list[str]:
    """The sentences of a text, each whole."""
    lines = [sentence(line.strip()) for line in (text or "").splitlines() if line.strip()]
    return [piece for line in lines for piece in _SENTENCE.split(line)]


def _short(bulletin: Bulletin, at: datetime | None) -> str:
    """The hour and the day, as short as can be: a post is read for days."""
    if at is None:
        return desk.UNKNOWN
    local = at.astimezone(bulletin.zone)
    return f"{local:%H:%M}, {local.day} {desk.words('nl').months[local.month - 1]}"


_LOUD = {
    "nl": (
        "Let op.",
        "Dit is een bericht van {source}.",
        "Dit geldt voor: {place}.",
        "Luister naar de regionale omroep.",
    ),
    "en": ("Attention.", "This is a message from {source}.", "This is for: {place}.", "Listen to the regional radio."),
}


def loudspeaker(bulletin: Bulletin) -> str:
    """What a car calls out in half a minute: in Dutch, and in English where there is one."""
    there = [language for language in _LOUD if language in bulletin.content.infos]
    return "\n\n".join(_loud(bulletin, language) for language in there or ["nl"])


def _loud(bulletin: Bulletin, language: str) -> str:
    own, info = bulletin.info(language)
    attention, source, place, radio = _LOUD[language]
    word = desk.words(language).word(bulletin.status)
    head = [attention, source.format(source=bulletin.content.source or bulletin.organisation)]
    head += _sentences(info.headline)
    action, where = _sentences(info.instruction), place.format(place=desk.places(bulletin))
    choices = (
        [*head, where, *action, radio],
        *([*head, *action[:n], radio] for n in range(len(action), 0, -1)),
        [*head, *action[:1]],
        [attention, *action[:1]],
    )
    texts = [between(" ".join(spoken(_plain(piece), own) for piece in said), word) for said in choices]
    text = next((text for text in texts if len(text.split()) <= MOST_LOUD_WORDS), texts[-1])
    words = len(text.split())
    seconds = round(words * 60 / LOUD_WORDS_A_MINUTE)
    long = "" if words <= MOST_LOUD_WORDS else "\nTE LANG voor een halve minuut: laat de eerste zin korter maken."
    return f"{'Nederlands' if language == 'nl' else 'Engels'}, {seconds} seconden:{long}\n{text}"


_QUESTIONS = (
    ("Wat is er aan de hand?", ("headline", "description")),
    ("Wat merk ik ervan?", ("impact",)),
    ("Wat moet ik doen?", ("instruction",)),
)


def questions(bulletin: Bulletin) -> str:
    """What people at 0800-1351 answer."""
    content, info = bulletin.content, bulletin.info("nl")[1]
    lines = [f"VRAGEN EN ANTWOORDEN bij bericht {desk.numbered(bulletin)}", f"Van: {bulletin.organisation}"]
    for question, slots in _QUESTIONS:
        answer = " ".join(sentence(one_line(text)) for slot in slots if (text := getattr(info, slot)))
        lines += ["", question, answer or "Dat weten we nog niet."]
    facts = {
        "Waar is het?": desk.places(bulletin),
        "Hoe lang geldt dit?": f"Tot {desk.moment(bulletin, content.expires)}.",
        "Wanneer hoor ik meer?": f"Het volgende bericht komt {desk.moment(bulletin, content.next_update)}.",
        "Van wie komt dit bericht?": f"Van {content.source or bulletin.organisation}. De feiten zijn van"
        f" {desk.moment(bulletin, content.as_of)}.",
        "Waar vind ik meer?": info.web or "Luister naar de regionale omroep.",
    }
    lines += [line for question, answer in facts.items() for line in ("", question, answer)]
    lines += ["", *_correction(bulletin), "Weet u het antwoord niet? Zeg dat, en noteer de vraag voor het crisisteam."]
    return desk.marked(bulletin, "\n".join(lines))


def _correction(bulletin: Bulletin) -> Iterator[str]:
    if bulletin.replaces is not None:
        yield f"Vraagt iemand naar nr {bulletin.replaces}? Dat geldt niet meer."


def courier(bulletin: Bulletin) -> str:
    """What goes round on paper, and what to do with it."""
    info = bulletin.info("nl")[1]
    lines = [
        f"KOERIERSRONDE met bericht {desk.numbered(bulletin)}",
        f"Van: {bulletin.organisation}",
        f"Waar: {desk.places(bulletin)}",
        f"Geldig tot: {desk.moment(bulletin, bulletin.content.expires)}",
        "",
        "Neem mee: de affiche van dit bericht, op A3 voor de deur en op A4 om uit te delen.",
        "Hang de affiche op bij elk noodsteunpunt, elke flatingang en elke winkel in het gebied.",
        *([f"Haal overal nummer {bulletin.replaces} weg."] if bulletin.replaces is not None else []),
        "Schrijf op waar u was en hoe laat. Meld dat aan het crisisteam.",
        "",
        "Vraagt iemand wat er is? Lees dit voor:",
        *(_sentences(info.headline) + _sentences(info.instruction)),
    ]
    return desk.marked(bulletin, "\n".join(lines))


def sign(bulletin: Bulletin) -> str:
    """What an interpreter of Dutch Sign Language gets: names to spell apart, the message in short sentences."""
    content, info = bulletin.content, bulletin.info("nl")[1]
    slots = ("headline", "instruction", "description", "impact")
    said = [piece for slot in slots for piece in _sentences(getattr(info, slot))]
    lines = [
        f"OPDRACHT VOOR EEN TOLK NGT bij bericht {desk.numbered(bulletin)}",
        "Maak een film van ten hoogste een minuut, met de tolk groot in beeld en ondertiteling.",
        f"Om te spellen: {desk.places(bulletin)}; {content.source or bulletin.organisation}",
        f"Zeg de dag erbij: geldig tot {desk.moment(bulletin, content.expires)};"
        f" volgend bericht {desk.moment(bulletin, content.next_update)}",
        *(["Zeg eerst dat dit het vorige bericht vervangt."] if bulletin.msg_type is MsgType.UPDATE else []),
        *(["Zeg eerst dat het vorige bericht niet meer geldt."] if bulletin.msg_type is MsgType.CANCEL else []),
        "",
        *said,
    ]
    return desk.marked(bulletin, "\n".join(lines))


PREPARED: Mapping[str, Callable[[Bulletin], str]] = {
    **DESKS,
    "web": web,
    "social": social,
    "loudspeaker": loudspeaker,
    "questions": questions,
    "courier": courier,
    "sign": sign,
}
"""Every text that a channel may name in the configuration."""
