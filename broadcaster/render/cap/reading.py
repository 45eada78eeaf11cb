"""A CAP 1.2 document of anybody, as a draft: what it says is taken over, what has no place here is named.

Pure. A document is data: nothing in it is fetched, expanded or run. Its status is taken over as it is; whatever else
happens, nothing becomes real on the way.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element

from broadcaster.model.cap import MsgType, Status
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.render.bookends import bare
from broadcaster.render.cap import profile
from broadcaster.render.templates import house_templates
from broadcaster.render.words import words_of

_NS = f"{{{profile.NAMESPACE}}}"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_NAME = re.compile(r"[^\s,<&]{1,200}")
_DEFAULT_LANGUAGE = "en-US"  # CAP 1.2, section 3.2.2: an info without a language
_MOST_NAMED = 50
_SHARED = ("category", "event", "urgency", "severity", "certainty", "expires")
"""What our drafts say once for all languages."""
_LEFT = {
    "": ("source", "addresses", "code", "references", "incidents"),
    "info/": ("responseType", "audience", "eventCode", "effective", "onset", "resource"),
}
"""What a draft of ours has no place for, by where it stands."""
_OURS = {
    profile.NOTICE,
    profile.REPLACES,
    profile.AS_OF,
    profile.NEXT_UPDATE,
    profile.IMPACT,
    profile.SHORT,
    profile.WEB,
}


class CapRefused(Exception):
    """Not a document that can become a draft. understood: it is CAP 1.2, and means something else."""

    def __init__(self, findings: Sequence[Finding], *, understood: bool) -> None:
        super().__init__("no draft")
        self.findings, self.understood = list(findings), understood


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken over: the content of a draft as the API takes it. identifier: the document's own. incident: the
    one it names, if that is one name."""

    identifier: str
    content: dict[str, Any]
    findings: tuple[Finding, ...]
    incident: str | None


def read(raw: bytes, area_names: Mapping[str, str], own_senders: Mapping[str, str]) -> Taken:
    """The draft in a document; CapRefused when there is none. area_names: by id. own_senders: our
    organisations by their CAP sender, whose areas are ours."""
    root = _document(raw)
    _refuse_other_kinds(root)
    return _Reading(root, area_names, own_senders).taken()


# --- is it CAP -------------------------------------------------------------------------------------


def _document(raw: bytes) -> Element:
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:  # seen here, the parser never meets it
        raise _malformed("cap-dtd", "een document met een DTD of eigen entiteiten nemen wij niet aan")
    try:
        raw.decode("utf-8")
        root = profile.parsed(raw)
    except (UnicodeDecodeError, etree.XMLSyntaxError, ValueError):
        raise _malformed("cap-xml", "dit is geen geldige XML in UTF-8") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _malformed("cap-dtd", "een document met een DTD of eigen entiteiten nemen wij niet aan")
    if root.tag != f"{_NS}alert":
        raise _malformed("cap-version", "dit is geen melding in CAP 1.2")
    if found := profile.breaches(root)[:_MOST_NAMED]:
        raise CapRefused([_breach(name, line) for name, line in found], understood=False)
    return root


def _malformed(code: str, message: str) -> CapRefused:
    return CapRefused([Finding(code, FindingKind.BLOCKING, "alert", message)], understood=False)


def _breach(name: str, line: int) -> Finding:
    message = f"dit voldoet niet aan het schema van CAP 1.2 (regel {line})"
    return Finding("cap-schema", FindingKind.BLOCKING, re.sub(r"\W.*", "", name) or "alert", message)


def _refuse_other_kinds(root: Element) -> None:
    """What is well said, and cannot become a draft."""
    found = []
    for name in ("identifier", "sender"):
        if not _NAME.fullmatch(_text(root, name)):
            message = "dit is een naam zonder spatie, komma, < of &, van ten hoogste 200 tekens"
            found.append(Finding("cap-name", FindingKind.BLOCKING, name, message))
    if _text(root, "status") not in set(Status):
        message = "alleen Actual, Exercise en Test worden een concept"
        found.append(Finding("cap-status", FindingKind.BLOCKING, "status", message))
    if _text(root, "msgType") not in (MsgType.ALERT, MsgType.UPDATE):
        message = "alleen Alert en Update worden een concept; intrekken doet u bij het bericht zelf"
        found.append(Finding("cap-message-type", FindingKind.BLOCKING, "msgType", message))
    if found:
        raise CapRefused(found, understood=True)


# --- what it says ----------------------------------------------------------------------------------


def _text(node: Element, name: str) -> str:
    return (node.findtext(_NS + name) or "").strip()


def _texts(node: Element, path: str) -> list[str]:
    found = node.findall("/".join(_NS + name for name in path.split("/")))
    return [text for item in found if (text := (item.text or "").strip())]


def _line(text: str) -> str:
    return " ".join(text.split())


def _paragraphs(text: str) -> str:
    """The text without the blanks of an indented document."""
    lines = [_line(line) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _notice(code: str, field_name: str, message: str) -> Finding:
    return Finding(code, FindingKind.NOTICE, field_name, message)


@dataclass(slots=True)
class _Reading:
    root: Element
    area_names: Mapping[str, str]
    own_senders: Mapping[str, str]
    found: list[Finding] = field(default_factory=list)

    def taken(self) -> Taken:
        infos = self.root.findall(f"{_NS}info")
        content = {
            "status": _text(self.root, "status"),
            **(self._shared(infos[0]) if infos else {}),
            "organisation": self.own_senders.get(_text(self.root, "sender"), ""),
            "exercise": self._exercise(),
            "areas": list(dict.fromkeys(self._areas(infos))),
            "infos": self._infos(infos),
        }
        self.found += [*self._about_the_whole(), *self._differing(infos), *self._left()]
        findings = list(dict.fromkeys(self.found))
        named = findings[:_MOST_NAMED]
        if more := len(findings) - len(named):
            named.append(_notice("cap-more", "alert", f"Er is nog meer niet overgenomen: {more} punten."))
        incidents = _text(self.root, "incidents")
        kept = {name: value for name, value in content.items() if value}
        return Taken(_text(self.root, "identifier"), kept, tuple(named), incidents or None)

    def _word(self, language: str) -> str | None:
        return words_of(language, house_templates().words).word(Status(_text(self.root, "status")))

    def _exercise(self) -> str:
        return _line(_text(self.root, "note")) if _text(self.root, "status") == Status.EXERCISE else ""

    def _shared(self, info: Element) -> dict[str, str]:
        """What holds for the whole message, as its first language says it."""
        said, own = {name: _text(info, name) for name in _SHARED}, _parameters(info)
        return said | {
            "event": bare(_line(said["event"]), self._word(_language(info))),
            "source": _line(_text(info, "senderName")) or _text(self.root, "sender"),
            "as_of": own.get(profile.AS_OF, ""),
            "next_update": own.get(profile.NEXT_UPDATE, ""),
        }

    def _infos(self, infos: Sequence[Element]) -> dict[str, dict[str, str]]:
        taken: dict[str, dict[str, str]] = {}
        for info in infos:
            language = _language(info)
            if language in taken:
                message = f"Er is meer dan één tekst in ‘{language}’: de eerste is overgenomen."
                self.found.append(_notice("cap-language", f"infos.{language}", message))
                continue
            taken[language] = self._info(info, language)
            self.found += _unknown_parameters(info, language)
        return taken

    def _info(self, info: Element, language: str) -> dict[str, str]:
        word, own = self._word(language), _parameters(info)
        impact = bare(_paragraphs(own.get(profile.IMPACT, "")), word)
        description = bare(_paragraphs(_text(info, "description")), word)
        if impact:  # ours say it to others at the end of the description
            description = description.removesuffix(impact).strip()
        texts = {
            "headline": bare(_line(_text(info, "headline")), word),
            "description": description,
            "impact": impact,
            "instruction": bare(_paragraphs(_text(info, "instruction")), word),
            "short": bare(_paragraphs(own.get(profile.SHORT, "")), word),
            "contact": _line(_text(info, "contact")),
            "web": _line(own.get(profile.WEB) or _text(info, "web")),
        }
        return {slot: text for slot, text in texts.items() if text}

    def _areas(self, infos: Sequence[Element]) -> Iterator[str]:
        """Ours by their own id, from us; from others by their name, and then somebody looks."""
        ours = _text(self.root, "sender") in self.own_senders
        by_name = {name.casefold(): area for area, name in self.area_names.items()}
        for area in (node for info in infos for node in info.findall(f"{_NS}area")):
            name = _line(_text(area, "areaDesc"))
            known = _pairs(area, "geocode").get(profile.AREA)
            if ours and known is not None and known in self.area_names:
                yield known
            elif name.casefold() in by_name:
                message = f"Het gebied ‘{name}’ is op zijn naam gekozen: kijk of het hetzelfde gebied is."
                self.found.append(_notice("cap-area-by-name", "areas", message))
                yield by_name[name.casefold()]
            else:
                message = f"Het gebied ‘{name}’ is hier niet bekend: kies zelf een gebied."
                self.found.append(_notice("cap-area-unknown", "areas", message))

    def _about_the_whole(self) -> Iterator[Finding]:
        if _text(self.root, "scope") != "Public":
            whom = _line(_text(self.root, "restriction"))[:200] or "besloten"
            message = f"Dit bericht is niet voor iedereen ({whom}): kijk aan wie u het mag sturen."
            yield _notice("cap-scope", "audience", message)
        if _text(self.root, "msgType") == MsgType.UPDATE:
            message = "Dit bericht vervangt er een van een ander: hier wordt het een nieuw bericht."
            yield _notice("cap-update", "alert", message)
        if self.root.find(_SIGNATURE) is not None:
            message = "De handtekening van dit bericht is niet gecontroleerd."
            yield _notice("cap-signature", "alert", message)

    def _differing(self, infos: Sequence[Element]) -> Iterator[Finding]:
        """What is said once here, and there more than once: other categories, or another value per language."""
        for name in _SHARED:
            said = {tuple(_texts(info, name)) for info in infos}
            if name != "event" and (len(said) > 1 or any(len(one) > 1 for one in said)):
                message = f"‘{name}’ staat er met meer dan één waarde: de eerste is overgenomen."
                yield _notice("cap-differs", name, message)

    def _left(self) -> Iterator[Finding]:
        names = [name for at, items in _LEFT.items() for name in items if self._says(at + name)]
        if _text(self.root, "note") and not self._exercise():
            names.append("note")
        for name in names:
            yield _notice("cap-left", name, f"‘{name}’ is niet overgenomen.")

    def _says(self, path: str) -> bool:
        found = self.root.findall("/".join(_NS + name for name in path.split("/")))
        return any((node.text or "").strip() not in ("", profile.CODE) or len(node) for node in found)


def _language(info: Element) -> str:
    return profile.language_of(_text(info, "language") or _DEFAULT_LANGUAGE)


def _pairs(node: Element, name: str) -> dict[str, str]:
    return {_text(pair, "valueName"): _text(pair, "value") for pair in node.findall(_NS + name)}


def _parameters(info: Element) -> dict[str, str]:
    return _pairs(info, "parameter")


def _unknown_parameters(info: Element, language: str) -> Iterator[Finding]:
    for name, value in _parameters(info).items():
        if name not in _OURS:
            message = f"De parameter ‘{_line(name)[:100]}’ is niet overgenomen ({_line(value)[:100] or 'leeg'})."
            yield _notice("cap-parameter", f"infos.{language}", message)
