"""Providers and the network in between, as the engine sees them: through the port.

A gateway remembers every copy that it took; that is what everything is compared with in the end.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from broadcaster.channel import Accepted, Fact, Failed, FailureKind, Inbound, Outcome, Parcel, Receipt
from tests.simulation.loop import Process, VirtualLoop, context_of

_TIMEOUT_IN = 10.0
"""How long an HTTP account waits for an answer."""
FATES = (
    "refused",
    "swallowed",
    "reset",
    "taken-reset",
    "taken-hang",
    "garbage",
    "late",
    "throttled",
    "busy",
    "revoked",
)
"""What may become of a call, besides that it works."""
_UNREACHABLE = Failed(FailureKind.UNREACHABLE, "refused")
_UNCERTAIN = Failed(FailureKind.UNCERTAIN, "no usable answer")
_REVOKED = Failed(FailureKind.BAD_CONFIG, "key revoked")

Arrives = Callable[[str, Inbound], None]
"""Takes a receipt of an account to the hub."""


@dataclass
class Gateway:
    """One provider, which outlives every process. `fates`: how often each fate befalls a call, of 1 in all.
    `is_down`: nothing gets through. `refuses`: addresses that it will never send to."""

    name: str
    loop: VirtualLoop
    random: Random
    arrives: Arrives
    deduplicates: bool = False
    refuses: frozenset[str] = frozenset()
    fates: dict[str, float] = field(default_factory=dict)
    is_down: bool = False
    copies: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    pending: int = 0

    def fate(self) -> str:
        """What becomes of the next call."""
        self.calls += 1
        if self.is_down:
            return "refused"
        chance = self.random.random()
        for fate, share in self.fates.items():
            chance -= share
            if chance < 0:
                return fate
        return "works"

    def later(self, seconds: float, step: Callable[..., None], *args: object) -> None:
        """Let something happen here, whoever is alive then; until then it is `pending`."""
        self.pending += 1

        def happens() -> None:
            self.pending -= 1
            step(*args)

        self.loop.call_later(seconds, happens, context=context_of(None))

    def take(self, parcels: Sequence[Parcel], answers: list[Outcome], *, busy: bool = False) -> None:
        """A request has arrived."""
        for parcel in parcels:
            if parcel.address in self.refuses:
                answers.append(Failed(FailureKind.BAD_ADDRESS, "unknown subscriber"))
            elif busy and self.random.random() < 0.5:
                answers.append(Failed(FailureKind.THROTTLED, "try later", retry_after=2.0, whole_account=False))
            else:
                if not self.deduplicates or not self.copies[parcel.reference]:
                    self.copies[parcel.reference] += 1
                    self._report(parcel)
                answers.append(Accepted(f"{self.name}/{self.calls}"))

    def _report(self, parcel: Parcel) -> None:
        """Reports of a copy: some twice, some never, in any order, perhaps before our answer is there."""
        draw = self.random
        delivered = draw.random() < 0.85
        for final in [False] * draw.choice((0, 0, 0, 1)) + [True] * draw.choice((0, 0, 1, 1, 2)):
            said = {"reference": parcel.reference, "address": parcel.address, "delivered": delivered, "final": final}
            self.later(
                min(10.0, draw.expovariate(0.3)), self.arrives, self.name, Inbound(json.dumps(said).encode(), {}, {})
            )


class Looking(Protocol):
    """Who looks on."""

    def leaving(self, process: Process, account: str, parcels: Sequence[Parcel]) -> None:
        """A call begins."""

    def went_in_vain(self, process: Process, account: str) -> None:
        """It found the gateway down."""


class Account:
    """A process's connection to a gateway: `broadcaster.channel.Channel`."""

    def __init__(self, gateway: Gateway, process: Process, looking: Looking) -> None:
        self._gateway, self._process, self._looking = gateway, process, looking

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        """One call, and what the network makes of it."""
        await self._alive()
        self._looking.leaving(self._process, self._gateway.name, parcels)
        gateway, draw = self._gateway, self._gateway.random
        if gateway.is_down:
            self._looking.went_in_vain(self._process, gateway.name)
        fate, out, back = gateway.fate(), draw.uniform(0.01, 0.2), draw.uniform(0.01, 0.2)
        if fate in ("refused", "throttled", "revoked"):
            await asyncio.sleep(out)
            return [self._refusal(fate)] * len(parcels)
        answers: list[Outcome] = []
        if fate == "late":
            out = draw.uniform(1.0, 2 * _TIMEOUT_IN)
        if fate not in ("swallowed", "reset") and not (fate == "garbage" and draw.random() < 0.5):
            arrived = answers if fate in ("works", "late", "busy") else []
            gateway.later(out, lambda: gateway.take(parcels, arrived, busy=fate == "busy"))
        hangs = fate in ("swallowed", "taken-hang") or out + back > _TIMEOUT_IN
        await asyncio.sleep(_TIMEOUT_IN if hangs else out + back)
        await self._alive()
        return answers if answers and not hangs else [_UNCERTAIN] * len(parcels)

    def _refusal(self, fate: str) -> Failed:
        if fate == "throttled":
            wait = self._gateway.random.choice((None, 0.4, 3.0, 15.0))
            return Failed(FailureKind.THROTTLED, "429", retry_after=wait)
        return _REVOKED if fate == "revoked" else _UNREACHABLE

    async def probe(self) -> Failed | None:
        """Whether the gateway can be reached; it is not asked for more."""
        await asyncio.sleep(self._gateway.random.uniform(0.02, 0.3))
        return _UNREACHABLE if self._gateway.is_down else None

    async def _alive(self) -> None:
        """The dead neither send nor hear."""
        if self._process.is_dead:
            await asyncio.Event().wait()

    def facts(self, inbound: Inbound) -> list[Fact]:
        """What a report says."""
        return [read_report(inbound)]

    async def aclose(self) -> None:
        """There is nothing to close."""


def read_report(inbound: Inbound) -> Receipt:
    """What a report says."""
    return Receipt(**json.loads(inbound.body))
