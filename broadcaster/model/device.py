"""A device that hangs on the hub or on a relay, and the code that a volunteer types to let it in.

A code is eleven letters and one that checks them, in an alphabet without letters that look like another one. Its size
is a prime, so the weights below find every letter that was typed wrong and every two that changed places.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ALPHABET = "23456789ACDEFHJKMPRTUXY"
"""Without 0/O/Q, 1/I/L, 2/Z, 5/S, 6/G, 8/B, U/V/W and M/N: of each group at most one."""
CODE_IN = timedelta(hours=24)
"""How long a code may be used, once."""
_LETTERS = 12
_GROUP = 4


class DeviceKind(StrEnum):
    """What it does there: it shows a board, or passes boards and reports on for others."""

    DISPLAY = "display"
    RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Device:
    """A device that was let in. kid, x: of its own public key, when it has one (RFC 7638, RFC 8037)."""

    id: str
    token_id: str
    point_id: str
    kind: DeviceKind
    name: str
    kid: str | None
    x: str | None
    enrolled_at: datetime
    revoked_at: datetime | None


def new_code() -> str:
    """A code, in groups as people read it out: `7KDM-3RXA-9TPC`; 49 random bits."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(_LETTERS - 1))
    letters += next(letter for letter in ALPHABET if _sum(letters + letter) == 0)
    return "-".join(letters[i : i + _GROUP] for i in range(0, _LETTERS, _GROUP))


def read_code(text: str) -> str | None:
    """The letters of a code, however it was typed; None when a letter must be wrong."""
    letters = "".join(text.upper().split()).replace("-", "")
    if len(letters) != _LETTERS or any(letter not in ALPHABET for letter in letters):
        return None
    return letters if _sum(letters) == 0 else None


def _sum(letters: str) -> int:
    return sum(n * ALPHABET.index(letter) for n, letter in enumerate(letters, 1)) % len(ALPHABET)
