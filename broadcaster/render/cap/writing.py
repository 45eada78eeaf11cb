"""A bulletin as a CAP 1.2 document: one `info` per language, the whole chain of references, the configured areas.

Pure: the same bulletin gives the same document. What has no place of its own in CAP is a parameter of ours, and what
people must read stands in the elements that every reader shows.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from lxml import etree
from lxml.etree import _Element as Element

from broadcaster.model.cap import Status
from broadcaster.model.draft import Info
from broadcaster.render.bookends import between
from broadcaster.render.bulletin import Bulletin, Place, Resource
from broadcaster.render.cap import profile
from broadcaster.render.languages import tag
from broadcaster.render.templates import house_templates
from broadcaster.render.words import words_of

_HOST = re.compile(r"[\w-]+(\.[\w-]+)+(/\S*)?")
_DRAFT = "Draft"
"""CAP: "a preliminary template or draft, not actionable in its current form"."""


def document(bulletin: Bulletin, *, approved: bool) -> Element:
    """The document, unsigned. One that nobody approved says in its status that it is a draft, so that no system
    takes it for the alert."""
    root = etree.fromstring(f'<alert xmlns="{profile.NAMESPACE}"/>')
    status = bulletin.status.value if approved else _DRAFT
    _add(root, "identifier", bulletin.identifier)
    _add(root, "sender", bulletin.sender)
    _add(root, "sent", _time(bulletin, bulletin.sent_at))
    _add(root, "status", status)
    _add(root, "msgType", bulletin.msg_type.value)
    _add(root, "scope", "Public" if bulletin.public else "Restricted")
    if not bulletin.public:
        _add(root, "restriction", "Alleen voor de doelgroep van dit bericht.")
    _add(root, "code", profile.CODE)
    _add(root, "note", _note(bulletin, approved))
    _add(root, "references", " ".join(_references(bulletin)))
    _add(root, "incidents", bulletin.incident)
    for language, info in bulletin.infos:
        _info(root, bulletin, language, info)
    return root


def as_bytes(root: Element) -> bytes:
    """The document as it goes out: without blanks between elements, which some readers drop before they check it."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _child(parent: Element, name: str) -> Element:
    return etree.SubElement(parent, f"{{{profile.NAMESPACE}}}{name}")


def _add(parent: Element, name: str, text: str | None) -> None:
    """An element, when it has something to say."""
    if text:
        _child(parent, name).text = profile.xml_text(text)


def _time(bulletin: Bulletin, at: datetime | None) -> str | None:
    """An instant in the hub's zone. CAP 1.2, section 3.3.2: no letters for a zone, and UTC is -00:00."""
    if at is None:
        return None
    text = at.astimezone(bulletin.zone).isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "-00:00" if text.endswith("+00:00") else text


def _note(bulletin: Bulletin, approved: bool) -> str | None:
    """CAP 1.2, section 3.2.1: an exercise is named here."""
    said = [] if approved else ["Nog niet geaccordeerd."]
    if bulletin.status is not Status.ACTUAL:
        word = words_of("nl", house_templates().words).word(bulletin.status)
        said.append(bulletin.content.exercise or f"{word} nr {bulletin.number}")
    return " ".join(said)


def _references(bulletin: Bulletin) -> Iterator[str]:
    """Every earlier message, the first one first."""
    for item in reversed(bulletin.earlier):
        yield f"{item.sender},{item.identifier},{_time(bulletin, item.sent_at)}"


def _info(root: Element, bulletin: Bulletin, language: str, info: Info) -> None:
    content, word = bulletin.content, words_of(language, house_templates().words).word(bulletin.status)
    node = _child(root, "info")
    _add(node, "language", tag(language))
    _add(node, "category", content.category and content.category.value)
    _add(node, "event", between(content.event or "", word))
    for response in bulletin.response_types:
        _add(node, "responseType", response)
    _add(node, "urgency", content.urgency and content.urgency.value)
    _add(node, "severity", content.severity and content.severity.value)
    _add(node, "certainty", content.certainty and content.certainty.value)
    if bulletin.event_code:
        _pair(node, "eventCode", profile.EVENT_TERMS, bulletin.event_code)
    _add(node, "effective", _time(bulletin, bulletin.release_at))
    _add(node, "expires", _time(bulletin, content.expires))
    _add(node, "senderName", content.source)
    _texts(node, info, word)
    for name, value in _parameters(bulletin, info, word):
        _pair(node, "parameter", name, value)
    for resource in bulletin.resources:
        _resource(node, resource)
    for place in bulletin.places:
        _area(node, place)


def _texts(node: Element, info: Info, word: str | None) -> None:
    happens = "\n\n".join(filter(None, (info.description, info.impact)))
    for name, text in (("headline", info.headline), ("description", happens), ("instruction", info.instruction)):
        _add(node, name, between(text, word) if text else None)
    _add(node, "web", _uri(info.web))
    _add(node, "contact", info.contact)


def _uri(web: str | None) -> str | None:
    """An address that a machine can follow; None when it is not one."""
    if web is None:
        return None
    if re.fullmatch(r"https?://\S+", web):
        return web
    return f"https://{web}" if _HOST.fullmatch(web) else None


def _parameters(bulletin: Bulletin, info: Info, word: str | None) -> Iterator[tuple[str, str]]:
    content = bulletin.content
    given = {
        profile.NOTICE: None if bulletin.number is None else str(bulletin.number),
        profile.REPLACES: None if bulletin.replaces is None else str(bulletin.replaces),
        profile.AS_OF: _time(bulletin, content.as_of),
        profile.NEXT_UPDATE: _time(bulletin, content.next_update),
        profile.IMPACT: info.impact and between(info.impact, word),
        profile.SHORT: info.short and between(info.short, word),
        profile.WEB: info.web if _uri(info.web) != info.web else None,
    }
    yield from ((name, value) for name, value in given.items() if value)


def _pair(node: Element, name: str, value_name: str, value: str) -> None:
    pair = _child(node, name)
    _add(pair, "valueName", value_name)
    _add(pair, "value", value)


def _resource(node: Element, resource: Resource) -> None:
    found = _child(node, "resource")
    _add(found, "resourceDesc", resource.description)
    _add(found, "mimeType", resource.media_type)
    _add(found, "size", None if resource.size is None else str(resource.size))
    _add(found, "uri", resource.uri)
    _add(found, "digest", resource.sha1)


def _area(node: Element, place: Place) -> None:
    area = _child(node, "area")
    _add(area, "areaDesc", place.name)
    for ring in place.rings:
        _add(area, "polygon", " ".join(f"{latitude:.5f},{longitude:.5f}" for latitude, longitude in ring))
    _add(area, "circle", place.circle)
    _pair(area, "geocode", profile.AREA, place.id)
