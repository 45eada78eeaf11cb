"""Phone numbers in a text: those of the national plan and of other countries, and the short ones.

A short number is told from an amount by how it is written (14 030, 116 117) or by what stands around it
("bel 1234"). Rather one amount too many than one wrong number missed: an amount can be written otherwise.
"""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException

from broadcaster.model.contacts.noun import ContactKind, Mention
from broadcaster.model.contacts.plain import plain

REGION = "NL"
_GLUED = 8
"""Characters of a number that stands against a letter; fewer are a road, a model, an amount."""
_RUN = re.compile(r"(?<![0-9])(?<![0-9][.,:])(?:\+|\()?[0-9](?:[ .\-/()]{0,3}[0-9]){2,39}(?![0-9])")
_CLOCK = re.compile(r"(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![0-9:])")
_MEASURE = re.compile(
    r"(?:(?:[01]?[0-9]|2[0-4])\.[0-5][0-9](?: ?- ?(?:[01]?[0-9]|2[0-4])\.[0-5][0-9])?"  # 08.00 - 16.00
    r"|[0-3]?[0-9][-/. ]{1,2}[01]?[0-9][-/. ]{1,2}(?:19|20)[0-9]{2}"  # 24-11-2026
    r"|(?:19|20)[0-9]{2}[-/.][01]?[0-9][-/.][0-3]?[0-9]"  # 2026-11-24
    r"|(?:19|20)[0-9]{2} ?[-/] ?(?:19|20)[0-9]{2}"  # 2026-2027
    r"|[1-9][0-9]{0,2}(?:[. ][0-9]{3})+)"  # 1.500.000
)
_SHORT = re.compile(r"14[ \-]?0[0-9]{2,3}|116[ \-]?[0-9]{3}")
_CALLED_BEFORE = re.compile(
    r"\b(?:bel|belt|bellen|telefoon|telefoonnummer|tel|nummer|noodnummer|alarmnummer|sms|app|appen|whatsapp|toets"
    r"|call|dial|phone|ring|text|number|anrufen|rufen|wählen|nummer|rufnummer|notruf|telefon|appelez|appeler|composez"
    r"|numéro|téléphone|téléphonez|zadzwoń|dzwoń|numer|telefonu|arayın|numara|numarası|numarayı|номер|номером|телефон"
    r"|телефонуйте|дзвоніть|зателефонуйте|اتصل|اتصلوا|الاتصال|رقم|الرقم|هاتف)"
    r"[.:]?(?:\W{1,3}\w{1,9}){0,2}\W{1,3}$",
    re.IGNORECASE,
)
_CALLED_AFTER = re.compile(
    r"^\W{0,3}(?:[\w']{0,6}\W)?(?:arayın|ara|bellen|an\b|wählen|anrufen|numaralı)", re.IGNORECASE
)
_WINDOW = 60


def key(value: str) -> str:
    """E.164 ("+31302860000"), or the digits of a short number ("112", "14030"). ValueError when it is neither."""
    text = plain(value).strip()
    if not re.fullmatch(r"\+?[0-9 .\-/()]{2,40}", text):
        raise ValueError("dit is geen telefoonnummer")
    found = _key(text)
    if not 3 <= len(found) <= 16:
        raise ValueError("dit is geen telefoonnummer")
    return found


def _key(text: str) -> str:
    digits = re.sub(r"[^0-9+]", "", re.sub(r"\(0\)", "", text))
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    if len(digits) < 7:
        return digits
    try:
        number = phonenumbers.parse(digits, REGION)
    except NumberParseException:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mentions(text: str, called: bool = False) -> Iterator[Mention]:
    """Every phone number in a plain text, in order. called: the whole text is there to say whom to call."""
    timeless = _CLOCK.sub(lambda clock: "_" * len(clock[0]), text)
    for run in _RUN.finditer(timeless):
        wanted = called or _is_called(timeless, run.start(), run.end())
        glued = timeless[run.start() - 1 : run.start()].isalpha()  # A27; tel0612345678
        for piece in _pieces(run[0].strip()):
            if _is_number(piece, wanted) and not (glued and len(piece) < _GLUED):
                value = piece.strip(" -./")
                yield Mention(ContactKind.PHONE, value, _key(value))


def _is_called(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _WINDOW) : start], text[end : end + _WINDOW]
    return _CALLED_BEFORE.search(before) is not None or _CALLED_AFTER.match(after) is not None


def _pieces(run: str) -> Iterator[str]:
    """The numbers that stand one behind the other in a run of digits ("112 0800-1351", "112/144")."""
    if _is_whole(run):
        yield run
        return
    for cut in re.finditer(r"[ /]+-? ?|-", run):
        head, rest = run[: cut.start()], run[cut.end() :]
        if _stands_alone(head):
            yield head
            yield from _pieces(rest)
            return
    yield run


def _is_whole(run: str) -> bool:
    digits = re.sub(r"[^0-9]", "", run)
    return (len(digits) < 6 and "/" not in run) or _SHORT.fullmatch(run) is not None or _is_valid(run)


def _stands_alone(head: str) -> bool:
    """Whether a run could end here: an emergency number, a short one, or a number of a plan."""
    return head in ("112", "113", "144") or _SHORT.fullmatch(head) is not None or _is_valid(head)


def _is_valid(text: str) -> bool:
    found = _key(text)
    if not found.startswith("+"):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(found, None))
    except NumberParseException:
        return False


def _is_number(piece: str, called: bool) -> bool:
    digits = re.sub(r"[^0-9]", "", piece)
    if piece.startswith("+") or _SHORT.fullmatch(piece):
        return True
    if digits in ("112", "113", "144", "911", "999"):
        return True
    if called and len(digits) >= 3 and not re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{3})+", piece):
        return True
    if _MEASURE.fullmatch(piece):
        return False
    if digits.startswith("0"):
        return len(digits) >= 6
    return len(digits) >= 7 and not re.fullmatch("20[0-9]{6}", piece)
