"""Ids that sort by time, and secrets that nobody guesses.

An id is a ULID in lower case: 48 bits of milliseconds and 80 random bits in Crockford's base 32,
26 characters. A delivery's reference is its alert's id followed by the addressee's number in the
same alphabet: at most 32 letters and digits, what SMS gateways accept, unique across installations.
"""

import secrets
from datetime import datetime
from functools import lru_cache
from uuid import UUID

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 26
PATTERN = f"^[{ALPHABET}]{{{_ID_LENGTH}}}$"
"""The shape of an id, as a regular expression."""


def _base32(number: int, width: int = 1) -> str:
    digits: list[str] = []
    while number or len(digits) < width:
        number, digit = divmod(number, 32)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def new_id(now: datetime) -> str:
    """A new id for something made at `now`."""
    return _base32((int(now.timestamp() * 1000) << 80) | secrets.randbits(80), _ID_LENGTH)


def is_id(text: str) -> bool:
    """Whether `text` has the shape of an id."""
    return len(text) == _ID_LENGTH and all(letter in ALPHABET for letter in text)


def as_urn(id_: str) -> str:
    """The id as a URN that others take for what it is: a ULID's 128 bits are a UUID's (RFC 9562)."""
    number = 0
    for letter in id_:
        number = number * 32 + ALPHABET.index(letter)
    return UUID(int=number).urn


_front = lru_cache(maxsize=1024)(_base32)


def reference(alert_id: str, n: int) -> str:
    """What providers know a delivery by: the same for every transmission of it."""
    # Numbers come in order: the front of one is nearly always that of the last.
    return alert_id + (_front(n >> 5) + ALPHABET[n & 31] if n >= 32 else ALPHABET[n])


def parse_reference(text: str) -> tuple[str, int] | None:
    """The alert's id and the addressee's number in a reference; None if it is not one of ours."""
    head, tail = text[:_ID_LENGTH], text[_ID_LENGTH:]
    if not is_id(head) or not 1 <= len(tail) <= 6 or any(c not in ALPHABET for c in tail):
        return None
    n = 0
    for letter in tail:
        n = n * 32 + ALPHABET.index(letter)
    return head, n


def new_secret() -> str:
    """256 random bits, safe in a URL and a header."""
    return secrets.token_urlsafe(32)
