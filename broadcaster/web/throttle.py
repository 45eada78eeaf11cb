"""Waits that grow with each password that was wrong, per name and per address it came from.

They live in the memory of one process, and hold names as hashes only. Whoever signed in here before, from the same
address, is counted apart: a stranger who guesses at an officer's name does not lock that officer out.
"""

import hashlib
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TypeVar

from broadcaster.clock import Clock

LONGEST_IN = 300.0
"""Seconds: the longest wait, so that an officer is never away for longer."""
_FORGOTTEN_IN = 3600.0
_MOST = 10_000
_FREE = {"name": 5, "pair": 5, "peer": 20}
"""Tries before the first wait. Many officers may share one address of their office."""
Key = tuple[str, bytes]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong passwords in a row, and from when on (monotonic) another may be tried."""

    count: int
    open_at: float
    at: float


class Throttle:
    """Who has to wait before the next try."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: dict[Key, Tries] = {}
        self._signed_in: dict[Key, None] = {}

    def wait_in(self, name: str, peer: str) -> float:
        """Seconds until this name may be tried from this address; 0 for now."""
        now = self._clock.monotonic()
        return max(0.0, *(self._of(key, now).open_at - now for key in self._keys(name, peer)))

    def begin(self, name: str, peer: str) -> None:
        """Count a try as wrong before it is looked at, so that a hundred at once are no way round."""
        now = self._clock.monotonic()
        for key in self._keys(name, peer):
            count = self._of(key, now).count + 1
            _remember(self._tries, key, Tries(count, now + _wait_in(count - _FREE[key[0]]), now))

    def forgive(self, name: str, peer: str) -> None:
        """The password was right: its name begins anew, and the address loses the one try."""
        named, peers = self._keys(name, peer)
        self._tries.pop(named, None)
        tries = self._tries.get(peers)
        if tries is not None:
            left = tries.count - 1
            self._tries[peers] = Tries(left, tries.at + _wait_in(left - _FREE["peer"]), tries.at)
        _remember(self._signed_in, _pair(name, peer), None)

    def _of(self, key: Key, now: float) -> Tries:
        tries = self._tries.get(key)
        return tries if tries is not None and now - tries.at < _FORGOTTEN_IN else Tries(0, 0.0, now)

    def _keys(self, name: str, peer: str) -> tuple[Key, Key]:
        pair = _pair(name, peer)
        return pair if pair in self._signed_in else ("name", _mark(name)), ("peer", _mark(_network(peer)))


def _remember(known: dict[Key, T], key: Key, value: T) -> None:
    """Put it last; the one that was touched longest ago goes first when there are too many."""
    known.pop(key, None)
    while len(known) >= _MOST:
        known.pop(next(iter(known)))
    known[key] = value


def _wait_in(beyond: int) -> float:
    """1, 2, 4 … seconds beyond the tries that are free."""
    return min(2.0 ** min(beyond - 1, 20), LONGEST_IN) if beyond > 0 else 0.0


def _mark(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def _pair(name: str, peer: str) -> Key:
    return "pair", _mark(f"{name}\n{_network(peer)}")


def _network(peer: str) -> str:
    """An address as one party uses it: of IPv6 that is the first half (RFC 6177)."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else peer
