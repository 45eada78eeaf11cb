"""What a layout is given: the parts of a message in one language, by name."""

from datetime import date
from zoneinfo import ZoneInfo

from broadcaster.model.draft import INFO_SLOTS, Info
from broadcaster.model.rendition import Hole
from broadcaster.render.languages import direction, isolated
from broadcaster.render.request import RenderRequest
from broadcaster.render.words import UNKNOWN, Moments, Words, words_of

_LABELS = ("what_to_do", "what_happens", "impact", "place", "source", "questions", "more")


def pieces(request: RenderRequest, language: str, info: Info, dictionary: dict[str, Words]) -> dict[str, str]:
    """The parts of a message; a layout puts them in order, and boards carry them as they are.

    language, direction, word (empty when real), organisation, sender, source, place, number ("Nr 3"),
    numbered ("Nr 3, vervangt nr 2"), as_of, until, next_update (each a phrase), the texts of the info
    (empty when left open), link (the web address if it is a secure one), and `label_…`, the words above
    them.
    """
    words = words_of(language, dictionary)
    areas = [request.area_names.get(area, area) for area in request.content.areas]
    return {
        "language": language,
        "direction": direction(language),
        "word": words.word(request.content.status) or "",
        "organisation": isolated(request.organisation_name, language),
        "sender": isolated(request.sender, language),
        "source": isolated(request.content.source or request.organisation_name, language),
        "place": isolated(", ".join(areas) or UNKNOWN, language),
        "number": words.numbered(request.number),
        "numbered": words.numbered(request.number, request.replaces),
        **_times(request, words),
        **_info_texts(info, language),
        **{f"label_{name}": getattr(words, name) for name in _LABELS},
    }


def unsubscribing(language: str, dictionary: dict[str, Words]) -> dict[str, str]:
    """For a layout that can hold a link of the reader's own: the mark that stands for it, and the words for it.
    Apart, as a board has no such reader."""
    return {
        "unsubscribe": Hole.UNSUBSCRIBE.token.decode(),
        "label_unsubscribe": words_of(language, dictionary).unsubscribe,
    }


def today(request: RenderRequest) -> date:
    """The day of submit in the hub's zone."""
    return request.sent_at.astimezone(ZoneInfo(request.timezone)).date()


def _times(request: RenderRequest, words: Words) -> dict[str, str]:
    moments = Moments(words, ZoneInfo(request.timezone), today(request))
    return {
        "as_of": words.as_of.format(at=moments.at(request.content.as_of)),
        "until": words.until.format(at=moments.at(request.content.expires)),
        "next_update": words.next_update.format(at=moments.at(request.content.next_update)),
    }


def _info_texts(info: Info, language: str) -> dict[str, str]:
    texts = {slot: isolated(getattr(info, slot) or "", language) for slot in Info.model_fields}
    unknown = {slot: UNKNOWN for slot in INFO_SLOTS if not texts[slot]}
    link = info.web if info.web and info.web.startswith("https://") else ""
    return {**texts, **unknown, "link": link}
