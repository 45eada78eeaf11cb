"""What writing and reading share: the namespace, the schema, and what our own parameters are called."""

from collections.abc import Iterable
from functools import cache

from lxml import etree
from lxml.etree import _Element as Element

from broadcaster import data
from broadcaster.render.languages import FORMS

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"
CODE = "omroeper:1"
"""Stands in `code`: this document has the parameters below, with these meanings."""
AREA = "omroeper:area"
NOTICE, REPLACES = "omroeper:notice-number", "omroeper:replaces-number"
AS_OF, NEXT_UPDATE = "omroeper:as-of", "omroeper:next-update"
IMPACT, SHORT, WEB = "omroeper:impact", "omroeper:short", "omroeper:web"
EVENT_TERMS = "OET:v1.2"
"""How `eventCode` names the OASIS Event Terms List."""


def language_of(given: str) -> str:
    """A BCP 47 tag as a language of ours: without script and region, with the form of an easy text."""
    base, *rest = given.lower().split("-")
    forms = [own for own, theirs in FORMS.items() if theirs in rest]
    return "-".join([base, *forms])


def xml_text(text: str) -> str:
    """A text as an XML document may have it (XML 1.0, section 2.2); control characters no text of ours has."""
    return text.translate({0xFFFE: None, 0xFFFF: None})


def parsed(raw: bytes) -> Element:
    """A document, read without fetching, expanding or trusting anything; XMLSyntaxError when it is no XML.

    The encoding is ours to say, and not the document's: in another one a declaration that we refuse would not be seen.
    """
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(raw, parser)


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(data.find("config") / "cap" / "CAP-v1.2.xsd")))


def breaches(root: Element) -> list[tuple[str, int]]:
    """Where a document is not what the OASIS schema says: the element's name and its line, each once."""
    schema = _schema()
    if schema.validate(root):
        return []
    log: Iterable[etree._LogEntry] = schema.error_log  # type: ignore[assignment]
    return list(dict.fromkeys((str(error.path).rpartition("/")[2].rpartition(":")[2], error.line) for error in log))
