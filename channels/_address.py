"""Addresses at the edge of the house: which ones a kind takes, and how they stay out of what is written down."""

import re

from broadcaster.model.audience import normal_address

_CUT = "…"
_LONGEST = 200
_MAILBOX = re.compile(r"[^\s<>(),;:\"'=]+[@=][^\s<>(),;:\"'=]+\.[^\s<>(),;:\"'=]+")  # also as VERP writes it: a=b.nl
_NUMBER = re.compile(r"\+?\d(?:[ ().-]*\d){5,}")
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")


def why_not(kind: str, address: str) -> str | None:
    """Why this kind cannot use an address, for officers; None when it can."""
    try:
        normal_address(kind, address)
    except ValueError as reason:
        return str(reason)
    return None


def cut(text: str, *private: str) -> str:
    """What a provider said, fit to be kept: one line, at most 200 characters, every mailbox, every number
    of six digits or more, and each of the `private` words (a local part, a token) cut out.
    """
    line = _CONTROL.sub(" ", text).strip()
    line = _NUMBER.sub(_CUT, _MAILBOX.sub(_CUT, line))
    for word in filter(None, private):
        line = re.sub(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", _CUT, line, flags=re.IGNORECASE)
    return line[:_LONGEST]
