"""Where a life ends: a place in the code, and at which call of it the process kills itself (or is killed)."""

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine, event

from broadcaster.channel import Channel, Outcome, Parcel
from broadcaster.clock import Clock

STORE_FUNCTIONS = {
    "submit": "freeze",
    "approve": "approve",
    "expand": "expand",
    "claim": "claim",
    "started": "start",
    "result": "record_outcomes",
    "receipt": "receive",
    "applied": "apply_waiting",
}
"""The store function of each step; the step `sent` lies in the channel."""
WRITING = {*STORE_FUNCTIONS.values(), "free_all", "_leave", "enter", "beat"}
STORE_PHASES = ("within", "commit", "done")
"""At the n-th statement of the transaction; all written, nothing committed; committed, nobody told."""
CHANNEL_PHASES = ("before", "taken", "answered")
"""Nothing written; the gateway took it and has not answered; the outcomes are known, nobody was told."""


@dataclass(frozen=True, slots=True)
class Point:
    """step: a name above, `sent`, or one of two for kills at random: `any` function that writes, wherever it
    stands, and `time`; or `stop`: then it is told to stop, and may end in order. nth: at which call, or after how
    many milliseconds. statement: for the phase `within`.
    sleeps: it is stopped there and not killed, so it may be woken."""

    step: str
    phase: str
    nth: int
    statement: int = 1
    sleeps: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Trap:
    """Springs at its point; without one, never."""

    def __init__(self, point: Point | None = None) -> None:
        self._point = point
        self._calls = 0
        self._statements = 0
        self._inside: int | None = None  # the thread whose statements count

    def tracer(self, name: str, phase: str) -> None:
        """What the database tells."""
        point = self._point
        if point is None or name not in (WRITING if point.step == "any" else {STORE_FUNCTIONS.get(point.step)}):
            return
        if point.step == "any" or phase == "begin":
            self._calls += 1
        if self._calls == point.nth:
            self._reached(point, phase)

    def _reached(self, point: Point, phase: str) -> None:
        if phase == "begin" and point.phase == "within":
            self._inside = threading.get_ident()
        elif point.step == "any" or phase == point.phase or (phase == "commit" and point.phase == "within"):
            self._spring(point)

    def _spring(self, point: Point) -> None:
        """As the kernel does it to a process that takes too much memory: nothing is said, nothing finished."""
        self._point = None
        os.kill(os.getpid(), signal.SIGSTOP if point.sleeps else signal.SIGKILL)

    def watch(self, engine: Engine) -> None:
        """Count the statements of a database."""

        @event.listens_for(engine, "before_cursor_execute")
        def _execute(*_: object) -> None:
            point = self._point
            if point is not None and self._inside == threading.get_ident():
                self._statements += 1
                if self._statements >= point.statement:
                    self._spring(point)

    def sending(self, phase: str) -> None:
        """What a channel tells: `before` it sends, and when it has `answered`."""
        point = self._point
        if point is None or point.step != "sent":
            return
        self._calls += phase == "before"
        if self._calls >= point.nth and phase == point.phase:
            self._spring(point)


@dataclass(frozen=True, slots=True)
class TrappedModule:
    """A channel module whose accounts tell a trap what they do."""

    module: Any
    trap: Trap

    def connect(self, name: str, settings: Any, secrets: Mapping[str, str], clock: Clock) -> "TrappedAccount":
        return TrappedAccount(self.module.connect(name, settings, secrets, clock), self.trap)


class TrappedAccount:
    """A live account."""

    def __init__(self, account: Channel, trap: Trap) -> None:
        self._account, self._trap = account, trap
        self.facts, self.aclose = account.facts, account.aclose

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        self._trap.sending("before")
        outcomes = await self._account.send(parcels)
        self._trap.sending("answered")
        return outcomes
