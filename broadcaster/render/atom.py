"""A feed of alerts, Atom (RFC 4287): one entry per message, with a link to its CAP document.

Aggregators follow the links and keep what they have seen by its id, so a correction is an entry of its own; that of
the message it replaces changes with it, and links to what came after (RFC 5829).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree
from lxml.etree import _Element as Element

from broadcaster.render.cap.profile import MEDIA_TYPE as CAP
from broadcaster.render.cap.profile import xml_text

NAMESPACE = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message. id: an IRI. href: its CAP document. successor: the document of what replaced it."""

    id: str
    title: str
    summary: str
    language: str
    author: str
    published_at: datetime
    updated_at: datetime
    href: str
    successor: str | None = None
    terms: tuple[str, ...] = ()


def feed(id_: str, title: str, href: str, author: str, began_at: datetime, entries: Sequence[Entry]) -> bytes:
    """The feed, with the entries in the order given. began_at: when an empty one last changed."""
    root = etree.fromstring(f'<feed xmlns="{NAMESPACE}"/>')
    _add(root, "id", id_)
    _add(root, "title", title)
    _add(root, "updated", _time(max((entry.updated_at for entry in entries), default=began_at)))
    _add(_add(root, "author"), "name", author)
    _link(root, "self", href, MEDIA_TYPE)
    for entry in entries:
        _entry(root, entry)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _entry(root: Element, entry: Entry) -> None:
    node = _add(root, "entry")
    node.set("{http://www.w3.org/XML/1998/namespace}lang", entry.language)
    _add(node, "id", entry.id)
    _add(node, "title", entry.title)
    _add(node, "updated", _time(entry.updated_at))
    _add(node, "published", _time(entry.published_at))
    _add(_add(node, "author"), "name", entry.author)
    for term in entry.terms:
        _add(node, "category").set("term", term)
    _add(node, "summary", entry.summary)
    _link(node, "alternate", entry.href, CAP)
    if entry.successor:
        _link(node, "successor-version", entry.successor, CAP)


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    node = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    node.text = text and xml_text(text)
    return node


def _link(parent: Element, rel: str, href: str, media_type: str) -> None:
    node = _add(parent, "link")
    for name, value in (("rel", rel), ("type", media_type), ("href", href)):
        node.set(name, value)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
