"""Which call fails, and how: drawn from the seed and the call itself, so never from the order of arrival."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

REFUSED_SHARE = 0.2
"""Of the recipients, how many are refused for good, as a part of the rate."""


class Fault(StrEnum):
    """How a provider fails; each speaks it in its own protocol."""

    HOLD = "hold"  # taken, and then no answer
    RESET = "reset"  # taken, and the connection reset in the middle of the answer
    TRUNCATE = "truncate"  # taken, and half an answer
    GARBAGE = "garbage"  # taken, and an answer that is none
    ERROR_TAKEN = "error-taken"  # taken, and an error of the server's
    ERROR_LOST = "error-lost"  # the same error, and not taken
    THROTTLE = "throttle"  # not taken: come back later


@dataclass(frozen=True, slots=True)
class Faults:
    """seed: the same draws for the same calls. rate: the part of the calls that fail, 0 to 1, in one of `kinds`."""

    seed: int = 0
    rate: float = 0.0
    kinds: tuple[Fault, ...] = tuple(Fault)

    def draw(self, *call: object) -> Fault | None:
        """The fault of this call, if any. A call is named by what is in it and how often it came before."""
        chance = self.chance("call", *call)
        if chance >= self.rate or not self.kinds:
            return None
        return self.kinds[int(chance / self.rate * len(self.kinds))]

    def refuses(self, recipient: str) -> bool:
        """Whether this recipient is refused, every time again."""
        return self.chance("recipient", recipient) < self.rate * REFUSED_SHARE

    def chance(self, *what: object) -> float:
        """Between 0 and 1, evenly: the same for the same seed and the same `what`."""
        named = "/".join(str(part) for part in (self.seed, *what))
        return int.from_bytes(hashlib.sha256(named.encode()).digest()[:8], "big") / 2**64
