"""Street addresses in a text: a name that ends as Dutch streets do, and a house number.

Careful on purpose. A name alone is a place, not an address; a street with a rare name is not found in a free text
(a typed field of kind `address` is compared whatever its form).
"""

import re
from collections.abc import Iterator

from broadcaster.model.contacts.noun import ContactKind, Mention
from broadcaster.model.contacts.plain import plain

_ENDING = re.compile(
    r".*(?:straat|weg|laan|plein|kade|gracht|singel|dreef|hof|pad|plantsoen|dijk|steeg|baan|boulevard|markt|park|brink|wal"
    r"|haven|erf|meent)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<=\S) ([0-9]{1,5}(?: ?[a-zA-Z](?!\w))?)(?![\w:.%]?[0-9])(?![%°€])")
_BETWEEN = frozenset(["van", "de", "der", "den", "het", "'t", "ter", "ten", "te", "op", "aan", "in", "en", "d'"])
_ROADS = frozenset(
    ["snelweg", "rijksweg", "autoweg", "onderweg", "weg", "pad", "hof", "park", "haven", "markt", "wal", "baan"]
)
"""With a number behind them these are mostly no address: a road, half a sentence."""
_LEADING = re.compile(
    r"^(?:(?:op|in|aan|bij|naar|de|het|ga|kom|adres|rond|langs|vanaf|tussen|achter|voor|at|on|to|the|go)\b:? )+",
    re.IGNORECASE,
)
_FAR, _LONGEST = 8, 160
"""Words and characters before a house number that are looked at."""


def key(value: str) -> str:
    """The address in small letters, without commas and double blanks. ValueError when there is none."""
    text = _bare(plain(value))
    if not any(char.isalpha() for char in text):
        raise ValueError("dit is geen adres")
    return text


def _bare(text: str) -> str:
    joined = " ".join(re.sub(r"[,.;]", " ", text.casefold()).split())
    return _LEADING.sub("", joined)


def street_of(value: str) -> str:
    """The key of the street and number alone, of an address that goes on with its town."""
    return _bare(plain(value).partition(",")[0])


def mentions(text: str) -> Iterator[Mention]:
    """Every street address in a plain text."""
    for match in _NUMBER.finditer(text):
        street = _street(text[max(0, match.start() - _LONGEST) : match.start()].split()[-_FAR:])
        if street:
            value = f"{street} {match[1]}"
            yield Mention(ContactKind.ADDRESS, value, _bare(value))


def _street(words: list[str]) -> str:
    """The name of the street that these words end with; empty when they do not."""
    end = _last(words)
    if end is None or words[end].casefold() in _ROADS:
        return ""
    begin = end
    while begin > 0 and _is_part(words[begin - 1]):
        begin -= 1
    while not words[begin][0].isupper():  # the name of a street begins with a capital
        begin += 1
        if begin == len(words):
            return ""
    return _LEADING.sub("", " ".join(words[begin:])) if begin <= end else ""


def _last(words: list[str]) -> int | None:
    """Where the word with a street's ending is: the last, or before names ("Laan van Meerdervoort")."""
    for at in range(len(words) - 1, -1, -1):
        if _ENDING.fullmatch(words[at]):
            return at
        if not _is_part(words[at]):
            return None
    return None


def _is_part(word: str) -> bool:
    return word.casefold() in _BETWEEN or (word[0].isupper() and word[-1] not in ".,;:!?)")
