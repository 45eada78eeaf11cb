"""Waits that grow with each PIN that was wrong, and never so long that the only volunteer is locked out.

An address waits a minute at most. All together wait ten seconds at most, after thirty wrong ones: at that pace the
million PINs take a hundred days, and who knows the PIN is in after a few tries. Who sits at the box itself is counted
apart: no visitor with a telephone keeps them out.
"""

from dataclasses import dataclass
from ipaddress import ip_address

from broadcaster.clock import Clock

_MOST = 500
_EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class _Rule:
    free: int
    longest_in: float


_ONE, _ALL = _Rule(5, 60.0), _Rule(30, 10.0)


@dataclass(frozen=True, slots=True)
class _Tries:
    count: int
    open_at: float


class Waits:
    """Who has to wait before the next try. In memory: a restart forgets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: dict[str, _Tries] = {}

    def wait_in(self, peer: str) -> float:
        """Seconds until a PIN may be tried from this address; 0 for now."""
        now = self._clock.monotonic()
        return max(0.0, *(self._of(name).open_at - now for name in _names(peer)))

    def begin(self, peer: str) -> None:
        """Count a try as wrong before it is looked at, so that a hundred at once are no way round."""
        for name in _names(peer):
            count = self._of(name).count + 1
            self._tries.pop(name, None)
            while len(self._tries) >= _MOST:
                self._tries.pop(next(one for one in self._tries if one != _EVERYBODY))
            self._tries[name] = _Tries(count, self._clock.monotonic() + _wait_in(count, _rule(name)))

    def forgive(self, peer: str) -> None:
        """The PIN was right: the address begins anew, and the others have one wrong try less."""
        for name in _names(peer):
            tries = self._tries.pop(name, None)
            if name == _EVERYBODY and tries is not None:
                self._tries[name] = _Tries(tries.count - 1, self._clock.monotonic())

    def _of(self, name: str) -> _Tries:
        return self._tries.get(name, _Tries(0, 0.0))


def _rule(name: str) -> _Rule:
    return _ALL if name == _EVERYBODY else _ONE


def _wait_in(count: int, rule: _Rule) -> float:
    """1, 2, 4 … seconds beyond the tries that are free."""
    beyond = count - rule.free
    return min(2.0 ** min(beyond - 1, 20), rule.longest_in) if beyond > 0 else 0.0


def _names(peer: str) -> tuple[str, ...]:
    try:
        here = ip_address(peer).is_loopback
    except ValueError:
        here = False
    return ("here",) if here else (peer, _EVERYBODY)
