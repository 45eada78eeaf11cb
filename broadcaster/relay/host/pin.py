"""The PIN on the card of a support point: six digits, kept as a hash, with the key that its sessions are signed with.

Six digits are few: whoever has the file has the PIN. They keep visitors on the same network away, with `waits`, and
nobody who can open the box. A new PIN makes a new key, and so ends every session.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import argon2

from broadcaster.boards.ratchet import write_durably
from broadcaster.seal.passwords import Passwords

FILE = "pin.json"
DIGITS = 6
SESSION_IN = timedelta(days=14)
"""A crisis in which nobody has to find the card twice."""
_SMALL = replace(argon2.profiles.RFC_9106_LOW_MEMORY, memory_cost=4 * 1024, parallelism=1)
"""A relay has 80 MB in all; against so few digits more memory is no help."""
_STEPS = frozenset({-1, 0, 1})


def is_pin(text: str) -> bool:
    """Whether it is six digits that nobody tries first: no 111111, 123456 or 654321."""
    if len(text) != DIGITS or not (text.isascii() and text.isdigit()):
        return False
    steps = {int(after) - int(before) for before, after in pairwise(text)}
    return not (len(steps) == 1 and steps <= _STEPS)


def new_pin() -> str:
    """Six random digits."""
    while not is_pin(pin := f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"):
        pass
    return pin


@dataclass(frozen=True, slots=True)
class _Kept:
    hashed: str
    key: bytes


class Pin:
    """The PIN of one relay, in a file that `omroeper relay pin` may write anew while the relay runs."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._passwords = Passwords(_SMALL)

    def is_set(self) -> bool:
        """Whether there is one."""
        return self._kept() is not None

    def set(self, pin: str) -> None:
        """Keep a PIN; every session ends. ValueError when it is none."""
        if not is_pin(pin):
            raise ValueError("a PIN is six digits that are not easy to guess")
        content = {"pin": self._passwords.hashed(pin), "key": secrets.token_hex(32)}
        write_durably(self._file, json.dumps(content))

    def matches(self, pin: str) -> bool:
        """Whether this is the PIN. Takes some hundredths of a second of work."""
        kept = self._kept()
        return self._passwords.matches(kept.hashed if kept else None, pin)

    def new_session(self, now: datetime) -> str:
        """What a browser keeps to be let in without the PIN."""
        kept = self._kept()
        assert kept is not None  # its PIN was right
        claim = f"{int(now.timestamp())}.{secrets.token_hex(8)}"
        return f"{claim}.{_mac(kept.key, claim)}"

    def admits(self, session: str, now: datetime) -> bool:
        """Whether a session was made with the PIN of now, and not too long ago. A clock that stands before its
        beginning, as after a power cut, ends none."""
        claim, _, mac = session.rpartition(".")
        kept = self._kept()
        if kept is None or not hmac.compare_digest(mac.encode(), _mac(kept.key, claim).encode()):
            return False
        return now.timestamp() - int(claim.partition(".")[0]) < SESSION_IN.total_seconds()

    def _kept(self) -> _Kept | None:
        try:
            content = json.loads(self._file.read_text("utf-8"))
            return _Kept(str(content["pin"]), bytes.fromhex(content["key"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            return None  # a damaged file lets nobody in; `omroeper relay pin` makes another


def _mac(key: bytes, claim: str) -> str:
    return hmac.new(key, claim.encode(), hashlib.sha256).hexdigest()
