"""What CAP 1.2 asks in words and its schema does not, read with another parser than the one that wrote.

https://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2.html, section 3.2.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

_CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_TIMES = ("sent", "effective", "onset", "expires")


def texts(document: str, path: str) -> list[str]:
    """The texts at a path, such as "info/headline"."""
    found = ET.fromstring(document.encode()).findall("/".join(_CAP + name for name in path.split("/")))
    return [item.text or "" for item in found]


def text(document: str, path: str) -> str:
    """The one text at a path."""
    (found,) = texts(document, path)
    return found


def parameters(document: str) -> list[dict[str, str]]:
    """The parameters of each info, by name."""
    infos = ET.fromstring(document.encode()).findall(f"{_CAP}info")
    return [{_of(pair, "valueName"): _of(pair, "value") for pair in info.findall(f"{_CAP}parameter")} for info in infos]


def breaches(document: str) -> list[str]:
    """Every rule that a document breaks."""
    return list(_breaches(ET.fromstring(document.encode())))


def _of(node: ET.Element, name: str) -> str:
    return node.findtext(_CAP + name) or ""


def _breaches(alert: ET.Element) -> Iterator[str]:
    for name in ("identifier", "sender"):
        if not re.fullmatch(r"[^\s,<&]+", _of(alert, name)):
            yield f"{name} has a space, comma, < or &, or nothing"
    yield from (
        f"{at} is not a time with an offset, or says +00:00 for UTC" for at in _times(alert) if not _is_time(at)
    )
    for (name, value, needed), why in _NEEDED.items():
        if _of(alert, name) == value and not _of(alert, needed):
            yield why
    for reference in _of(alert, "references").split():
        if len(reference.split(",")) != 3 or not _is_time(reference.split(",")[2]):
            yield "a reference is sender, identifier and sent"
    infos = alert.findall(f"{_CAP}info")
    if not infos or len({_of(info, "language") for info in infos}) < len(infos):
        yield "nothing is said, or twice in a language"
    for info in infos:
        yield from _info_breaches(info)
    if alert.find(_SIGNATURE) is not None and alert[-1].tag != _SIGNATURE:
        yield "the signature comes last"


_NEEDED = {
    ("scope", "Restricted", "restriction"): "a restricted message says for whom",
    ("msgType", "Update", "references"): "an update says what it updates",
    ("msgType", "Cancel", "references"): "a cancel says what it cancels",
    ("status", "Exercise", "note"): "an exercise is named in the note",
}


def _times(alert: ET.Element) -> list[str]:
    return [node.text or "" for name in _TIMES for node in alert.iter(_CAP + name)]


def _is_time(text: str) -> bool:
    return bool(_TIME.fullmatch(text)) and not text.endswith("+00:00")


def _info_breaches(info: ET.Element) -> Iterator[str]:
    if not _of(info, "language"):
        yield "without a language it reads as American English"
    if not info.findall(f"{_CAP}area"):
        yield "it is nowhere"
    for area in info.findall(f"{_CAP}area"):
        if not _of(area, "areaDesc"):
            yield "an area has no name"
        for polygon in area.findall(f"{_CAP}polygon"):
            pairs = (polygon.text or "").split(" ")
            if len(pairs) < 4 or pairs[0] != pairs[-1]:
                yield "a polygon is not closed"
            if not all(re.fullmatch(r"-?\d+\.?\d*,-?\d+\.?\d*", pair) for pair in pairs):
                yield "a polygon is not made of pairs"
        for circle in area.findall(f"{_CAP}circle"):
            if not re.fullmatch(r"-?\d+\.?\d*,-?\d+\.?\d* \d+\.?\d*", circle.text or ""):
                yield "a circle is not a point and a radius"
