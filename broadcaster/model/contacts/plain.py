"""A text as people read it, in plain characters: what hides or disguises a number or a name on the way is gone.

Unicode UAX 15 (NFKC: full-width and circled digits), UTR 36 and UTS 39 (invisible and mixed characters).
"""

import re
import unicodedata

_AT = re.compile(r"\s*[(\[{]\s*(?:at|apenstaart(?:je)?)\s*[)\]}]\s*", re.IGNORECASE)
_DOT = re.compile(r"\s*[(\[{]\s*(?:dot|punt|\.)\s*[)\]}]\s*", re.IGNORECASE)
_DOTS = "。．｡․·•∙⋅・‧"
_PLUSES = "＋﹢⁺"


def plain(text: str) -> str:
    """The text with digits 0-9, one kind of blank, dash and dot, and nothing invisible. Its length may differ."""
    composed = unicodedata.normalize("NFKC", "".join(map(_sign, text)))
    letters = "".join(map(_plain, composed))
    return _DOT.sub(".", _AT.sub("@", letters))


def _sign(char: str) -> str:
    """Before NFKC, which would make a circled digit of one thing and a dot with two blanks of another."""
    if char in _DOTS:
        return "."
    return "+" if char in _PLUSES else char


def _plain(char: str) -> str:
    if char.isascii():
        return char
    category = unicodedata.category(char)
    # Invisible signs, and marks that sit around or upon a digit (the keycap, U+20E3).
    if category in ("Cf", "Me") or char in "\ufe0e\ufe0f\u034f\u115f\u1160\u3164":
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Zs":
        return " "
    return "-" if category == "Pd" or char == "\u2212" else char


def scripts(word: str) -> set[str]:
    """The scripts of a word's letters, by the first word of their names: LATIN, CYRILLIC, GREEK, ARABIC."""
    return {unicodedata.name(char, "?").split()[0] for char in word if char.isalpha()}
