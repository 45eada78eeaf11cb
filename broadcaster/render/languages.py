"""Which language a reader gets, and which way it is read.

A language is named as in the files: a base language of BCP 47 in lower case ("nl"), or a form of one ("nl-easy", Dutch
of very short sentences, about level A2). What others read it by is its `tag`.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

FORMS: Mapping[str, str] = {"easy": "simple"}
"""Forms of a language as BCP 47 registers them: `simple` is a variant, `easy` would read as a script."""
RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "ug", "ur", "yi"})
_LEFT_TO_RIGHT, _AS_IT_BEGINS, _END = "\u2066", "\u2068", "\u2069"
# What reads from left to right whatever stands around it: web and mail addresses, whose signs at the end would else go
# to the wrong side; and groups of digits that belong together (phone numbers, dates, ranges: one group needs no help).
# A Latin name at the start of a line would turn the line around where nothing else says which way it goes.
_APART = re.compile(
    r"https?://[^\s<>\u2066-\u2069]*[\w/]|[\w.+-]+@[\w.-]+\w|(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[\w./-]*)?"
    r"|\+[0-9]+(?:[ ()./-]+[0-9]+)*|[0-9]+(?:[ ()./-]+[0-9]+)+"
    r"|^[A-Za-z][A-Za-z0-9'’.,-]*(?: [A-Za-z0-9'’.,-]+)*(?<![.,-])",
    re.ASCII | re.IGNORECASE | re.MULTILINE,
)


def base(language: str) -> str:
    """The language without its form: "nl" of "nl-easy"."""
    return language.partition("-")[0]


def tag(language: str) -> str:
    """The language as HTML and CAP name it: "nl-easy" is "nl-simple" (BCP 47)."""
    own, _, form = language.partition("-")
    return f"{own}-{FORMS.get(form, form)}" if form else own


def direction(language: str) -> str:
    """The direction of the script, as HTML's `dir` has it: "rtl" or "ltr"."""
    return "rtl" if base(language) in RIGHT_TO_LEFT else "ltr"


def resolve(wanted: str, available: Collection[str], required_order: Sequence[str]) -> str:
    """The language of `available` that someone who reads `wanted` gets.

    Their own; its base language; another form of it; then the first that the hub requires and has;
    then the first by name. ValueError when nothing is available.
    """
    if not available:
        raise ValueError("there is no text in any language")
    own = [wanted, base(wanted), *sorted(language for language in available if base(language) == base(wanted))]
    order = [*own, *required_order, *sorted(available)]
    return next(language for language in order if language in available)


def isolated(text: str, language: str) -> str:
    """A text as it may stand in a message of this language: invisible isolates (Unicode UAX 9, section
    2.4.2) keep what reads from left to right in its own order inside a right-to-left message.

    Without them a Latin name at the start turns the whole message around, and the phone number
    "14 030" reads as "030 14".
    """
    if direction(language) == "ltr":
        return text
    classes = {unicodedata.bidirectional(char) for char in text}
    if classes & {"R", "AL"}:
        return _APART.sub(lambda number: f"{_LEFT_TO_RIGHT}{number[0]}{_END}", text)
    return f"{_AS_IT_BEGINS}{text}{_END}" if classes & {"L", "EN"} else text


def plain_digits(text: str) -> str:
    """The text with the digits of every script as 0-9: a host reads a number aloud as it stands."""
    return "".join(_plain_digit(char) for char in text)


def _plain_digit(char: str) -> str:
    return char if char.isascii() or not char.isdecimal() else str(unicodedata.decimal(char))
