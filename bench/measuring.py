"""What every measurement needs: CPU of this process, a sink in another, two ways by turns, and a figure at the end."""

import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: `value` is the median of `runs`, and holds when it is at most `bar` (or at least, where
    `at_least`). ours, floor: what was compared, in words. A figure without a bar only tells. why: what stands beside it
    when it does not hold."""

    number: str
    what: str
    value: float
    unit: str
    runs: Sequence[float]
    bar: float | None = None
    at_least: bool = False
    ours: str = ""
    floor: str = ""
    why: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether it reaches its bar; None without one."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.at_least else self.value <= self.bar


@dataclass(frozen=True, slots=True)
class Run:
    """One way of sending, once: microseconds of CPU and of waiting per recipient."""

    cpu: float
    wall: float


def figure(number: str, what: str, unit: str, runs: Sequence[float], **more: Any) -> Figure:
    """A figure of several runs."""
    return Figure(number, what, statistics.median(runs), unit, [*runs], **more)


def compared(number: str, what: str, pairs: Sequence[tuple[float, float]], unit: str, **more: Any) -> Figure:
    """A figure of pairs (ours, floor) that were made by turns: the median of their ratios."""
    ours, floor = (statistics.median(side) for side in zip(*pairs, strict=True))
    said = {"ours": f"{ours:.1f} {unit}", "floor": f"{floor:.1f} {unit}"}
    return figure(number, what, "x", [one / other for one, other in pairs], **said, **more)


def cpu() -> float:
    """Seconds of CPU this process has used, in user and system, in all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


_CORES = frozenset(os.sched_getaffinity(0))


def on_first_core() -> None:
    """Stay on one processor, so that the other side has one of its own."""
    os.sched_setaffinity(0, {min(_CORES)})


class Process:
    """A process of ours that prints a line of JSON when it is ready, and one for each line it is sent."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        os.sched_setaffinity(self._process.pid, {max(_CORES)})  # it starts where this one is
        self.ready: dict[str, Any] = self.heard()

    def heard(self) -> dict[str, Any]:
        """What it says next."""
        assert self._process.stdout
        if not (line := self._process.stdout.readline()):
            raise RuntimeError(f"{self._process.args!r} ended")
        return dict(json.loads(line))

    def ask(self, line: str = "") -> dict[str, Any]:
        """Its answer to a line."""
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.heard()

    def end(self) -> None:
        """Close its standard input, with which it ends."""
        self._process.communicate()


@contextmanager
def process(*arguments: str) -> Iterator[Process]:
    """A process for as long as it is needed."""
    running = Process(*arguments)
    try:
        yield running
    finally:
        running.end()
