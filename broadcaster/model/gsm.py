"""Text messages as the network counts them: alphabets, units, segments.

3GPP TS 23.038, section 6.2.1: the GSM 7 bit default alphabet and its extension table, whose
characters cost an escape and so two septets; every other text goes as UCS-2, in UTF-16 code units.
3GPP TS 23.040, section 9.2.3.24.1: a message over 160 septets or 70 units goes in segments of 153 or
67, because each then carries a header of six octets.

It is the gateway that cuts a text, not we. So wherever a plain cut would do harm, the segment is
filled up to its last unit with blanks at the end of a word: then every gateway, however it treats an
escape or a surrogate pair, cuts where we did, and `Fit.parts` is what arrives.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from broadcaster.model.finding import Finding, FindingKind

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM = BASIC | EXTENSION
GSM_7, UCS_2 = "GSM-7", "UCS-2"
SINGLE = {GSM_7: 160, UCS_2: 70}
"""Units in a message of one segment."""
SEGMENT = {GSM_7: 153, UCS_2: 67}
"""Units in each segment of a longer one."""
MOST_SEGMENTS = 6
"""Segments we allow by default; gateways stop at about eight (CM.com: maximumNumberOfMessageParts)."""
DEARER = "sms-accents:"
"""How the code begins of a finding that plain letters would make a text cheaper."""
_FEW = 5  # a text with more foreign letters than this is in a language that needs UCS-2 anyway

_SAME_LOOK = {
    " ": "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "'": "\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u00b4`",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022\u00b7",
    "": "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069\ufeff",
    "...": "\u2026",
    "/": "\u2044",
    "x": "\u00d7",
    "->": "\u2192",
    "ij": "\u0133",
    "IJ": "\u0132",
}
_LOOK_ALIKE = {ord(char): plain for plain, chars in _SAME_LOOK.items() for char in chars}
_NO_MARK = {
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ı": "i",
    "œ": "oe",
    "Œ": "OE",
    "þ": "th",
    "Þ": "Th",
    "ð": "d",
    "ŀ": "l",
}
"""Letters whose mark Unicode does not take apart."""
_URL = re.compile(r"://|www\.|[\w-]\.[a-z]{2,}\b", re.IGNORECASE)
_BLANKS = " \n"
_BLANK_RUN = re.compile(r"[ \n]+")


@dataclass(frozen=True, slots=True)
class Fit:
    """A text as it will go out.

    encoding: "GSM-7" or "UCS-2". units: septets, or UTF-16 code units. replaced: each look-alike and
    what it became, once. parts: the text of each segment; joined they are `text`.
    """

    text: str
    encoding: str
    segments: int
    units: int
    replaced: tuple[tuple[str, str], ...]
    parts: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


def fit(
    text: str,
    word: str | None = None,
    most_segments: int = MOST_SEGMENTS,
    field: str = "infos",
    *,
    without_accents: bool = False,
) -> Fit:
    """Fit a text into text messages; too long is a finding, never a cut.

    word: the exercise word, without blanks; it begins and ends the text and begins every segment.
    field: the draft's field that findings name. without_accents: the author chose plain letters (ë as e) for those
    that would make the whole text dearer; it is done only where it makes the text fit the default alphabet.
    """
    body = _bare(_tidy(text), word)
    plain = body.translate(_LOOK_ALIKE)
    bare = _without_accents(plain) if all(char in GSM for char in word or "") else plain
    accents = () if bare == plain else tuple(_accents(plain))
    if without_accents and accents:
        body = plain = bare
    gsm = all(char in GSM for char in plain + (word or ""))
    replaced = tuple(_replaced(body)) if gsm else ()
    chosen = plain if gsm else body
    parts = _laid_out(chosen, word)
    laid, encoding = "".join(parts), encoding_of("".join(parts))
    findings = [*_replaced_findings(replaced, field)]
    if accents and without_accents:
        findings.append(_accents_gone(accents, field))
    elif accents:
        findings.append(_accents_cost(accents, len(parts), len(_laid_out(bare, word)), field))
    else:
        findings += _encoding_findings(plain, field)
    if len(parts) > most_segments:
        findings.append(_too_long(_excess(chosen, word, most_segments), len(parts), most_segments, field))
    return Fit(laid, encoding, len(parts), units(laid, encoding), replaced, parts, tuple(findings))


def whole(text: str) -> tuple[str, str]:
    """A text as one message of any length, and the alphabet it needs: look-alikes are replaced where that keeps it
    in the smaller one."""
    body = _tidy(text)
    plain = body.translate(_LOOK_ALIKE)
    return (plain, GSM_7) if encoding_of(plain) == GSM_7 else (body, UCS_2)


def _without_accents(text: str) -> str:
    """The text in the default alphabet, when plain letters are all it takes; the text itself when they are not."""
    bare = "".join(char if char in GSM else _plain_letter(char) for char in text)
    return bare if all(char in GSM for char in bare) else text


def _plain_letter(char: str) -> str:
    if char in _NO_MARK:
        return _NO_MARK[char]
    letters = "".join(part for part in unicodedata.normalize("NFD", char) if unicodedata.category(part) != "Mn")
    return letters if char.isalpha() and letters != char else char


def _accents(text: str) -> Iterator[tuple[str, str]]:
    for char in dict.fromkeys(text):
        if char not in GSM:
            yield char, _plain_letter(char)


def encoding_of(text: str) -> str:
    """The alphabet a text needs."""
    return GSM_7 if all(char in GSM for char in text) else UCS_2


def units(text: str, encoding: str) -> int:
    """What a text costs: septets, or UTF-16 code units."""
    if encoding == GSM_7:
        return len(text) + sum(char in EXTENSION for char in text)
    return len(text) + sum(char > "\uffff" for char in text)


def graphemes(text: str) -> list[str]:
    """What a reader takes for single characters.

    The part of Unicode UAX 29 that occurs in messages: combining marks, variation selectors, joined
    emoji, skin tones, tags and flags. Hangul letters that were not composed count one by one.
    """
    found: list[str] = []
    for char in text:
        if found and _continues(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def _continues(cluster: str, char: str) -> bool:
    if char == "\n" or cluster == "\n":
        return False
    if _is_flag_half(char):
        return len(cluster) == 1 and _is_flag_half(cluster)
    joins = cluster[-1] == "\u200d" and unicodedata.category(char) == "So"
    return joins or char in "\u200c\u200d" or unicodedata.category(char)[0] == "M" or _is_modifier(char)


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_modifier(char: str) -> bool:
    return "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"


def _tidy(text: str) -> str:
    """Composed letters, one kind of line end, no blanks that only cost money."""
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", composed))).strip(_BLANKS)


def _replaced(text: str) -> Iterator[tuple[str, str]]:
    for char in dict.fromkeys(text):
        if ord(char) in _LOOK_ALIKE:
            yield char, _LOOK_ALIKE[ord(char)]


def _bare(text: str, word: str | None) -> str:
    """A text without the exercise word that a layout put at its ends; it comes back where it belongs."""
    if not word:
        return text
    text = text[len(word) :].lstrip(_BLANKS) if _begins(text, word) else text
    return text[: -len(word)].rstrip(_BLANKS) if _BLANK_RUN.split(text)[-1] == word else text


def _laid_out(body: str, word: str | None) -> tuple[str, ...]:
    """The segments of a tidy text with the exercise word, if any, put in."""
    text = " ".join(filter(None, (word, body, word)))
    encoding = encoding_of(text)
    if units(text, encoding) <= SINGLE[encoding]:
        return (text,)
    parts = tuple(_segments(text, word, encoding))
    # Blanks dropped at the cuts may have made it short enough for one message after all.
    joined = "".join(parts)
    return parts if units(joined, encoding) > SINGLE[encoding] else (joined,)


def _begins(text: str, word: str) -> bool:
    return _BLANK_RUN.split(text, maxsplit=1)[0] == word


def _segments(text: str, word: str | None, encoding: str) -> Iterator[str]:
    rest = text
    while rest:
        head = f"{word} " if word and not _begins(rest, word) else ""
        room = SEGMENT[encoding] - units(head, encoding)
        if units(rest, encoding) <= room:
            yield head + rest
            return
        part, rest = _cut(rest, room, encoding, plainly=word is None)
        yield head + part


def _cut(text: str, room: int, encoding: str, plainly: bool) -> tuple[str, str]:
    """The first segment of a text that is longer than `room`, and what is left of the text."""
    at = _reach(text, room, encoding)
    if plainly and units(text[:at], encoding) == room and not _in_url(text, at):
        return text[:at], text[at:]
    end = _last_word_end(text, room - 1, encoding)
    if end:
        return _filled(text[:end], room, encoding), text[end:].lstrip(_BLANKS)
    if plainly:  # one unbroken run longer than a segment: it comes together again on the phone
        return text[:at], text[at:]
    at = _reach(text, room - 1, encoding)
    return _filled(text[:at], room, encoding), text[at:]


def _filled(text: str, room: int, encoding: str) -> str:
    """Up to the last unit; the blanks stand before a line end, where nobody sees them."""
    return text + " " * (room - units(text, encoding) - 1) + "\n"


def _reach(text: str, room: int, encoding: str) -> int:
    """How many characters fit in `room` without cutting a grapheme, unless it alone is too long."""
    near = text[: room + 1]  # a character costs at least one unit
    return _taken(graphemes(near), room, encoding) or _taken(list(near), room, encoding)


def _taken(pieces: list[str], room: int, encoding: str) -> int:
    taken = used = 0
    for piece in pieces:
        used += units(piece, encoding)
        if used > room:
            break
        taken += len(piece)
    return taken


def _last_word_end(text: str, room: int, encoding: str) -> int:
    """Where the last word ends that fits in `room` and has a blank behind it; 0 when there is none."""
    ends = [run.start() for run in _BLANK_RUN.finditer(text, 0, room + 1)]
    return max((end for end in ends if units(text[:end], encoding) <= room), default=0)


def _in_url(text: str, at: int) -> bool:
    before, after = _BLANK_RUN.split(text[:at])[-1], _BLANK_RUN.split(text[at:], maxsplit=1)[0]
    return bool(before and after and _URL.search(before + after))


def _replaced_findings(replaced: tuple[tuple[str, str], ...], field: str) -> Iterator[Finding]:
    if replaced:
        yield Finding("sms-replaced", FindingKind.NOTICE, field, f"In de sms vervangen: {_pairs(replaced)}.")


def _pairs(replaced: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{_shown(char)} door {_shown(to)}" for char, to in replaced)


def _accents_cost(accents: tuple[tuple[str, str], ...], many: int, few: int, field: str) -> Finding:
    signs = "".join(char for char, _ in accents)
    message = (
        f"Door {', '.join(_shown(char) for char in signs)} kost deze sms {many} delen. Zonder accenten"
        f" ({_pairs(accents)}) zijn het er {few}."
    )
    return Finding(f"{DEARER}{signs}", FindingKind.NOTICE, field, message)


def _accents_gone(accents: tuple[tuple[str, str], ...], field: str) -> Finding:
    message = f"De sms gaat zonder accenten, zoals gekozen: {_pairs(accents)}."
    return Finding("sms-without-accents", FindingKind.NOTICE, field, message)


def _encoding_findings(plain: str, field: str) -> Iterator[Finding]:
    foreign = [char for char in dict.fromkeys(plain) if char not in GSM]
    cost = f"Een sms-deel telt dan {SINGLE[UCS_2]} tekens in plaats van {SINGLE[GSM_7]}."
    if len(foreign) > _FEW:
        yield Finding("sms-unicode", FindingKind.NOTICE, field, f"Deze taal past niet in een gewone sms. {cost}")
        return
    for char in foreign:
        message = f"Het teken {_shown(char)} past niet in een gewone sms. {cost} Kies als het kan een ander woord."
        yield Finding(f"sms-unicode:{char}", FindingKind.NOTICE, field, message)


def _shown(char: str) -> str:
    if not char:
        return "niets"
    return "een spatie" if char == " " else f"‘{char}’" if char.isprintable() else f"U+{ord(char):04X}"


def _too_long(excess: int, segments: int, most: int, field: str) -> Finding:
    much = "1 teken" if excess == 1 else f"{excess} tekens"
    message = f"De sms is {much} te lang: er mogen {most} delen zijn en het zijn er {segments}. Maak de tekst korter."
    return Finding("sms-too-long", FindingKind.BLOCKING, field, message)


def _excess(body: str, word: str | None, most: int) -> int:
    """How many characters must go from the end before the text fits."""
    clusters = graphemes(body)
    fits, too_many = 0, len(clusters)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if len(_laid_out("".join(clusters[:middle]).rstrip(_BLANKS), word)) <= most:
            fits = middle
        else:
            too_many = middle
    return len(clusters) - fits
