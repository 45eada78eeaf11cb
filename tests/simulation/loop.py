"""An event loop whose time is a number: it stands still while something runs, and jumps to the next timer.

No thread, no socket, no selector. What runs, runs in the order in which it was asked for, so a run is its seed.
Everything belongs to the process in whose context it was begun, which can be paused as SIGSTOP does it.
"""

import asyncio
import heapq
from collections.abc import Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any, Self, TypeVar

T = TypeVar("T")
MOST_AT_ONCE = 20_000
"""Callbacks in one instant, after which something turns round and round without waiting for anything."""


class Stuck(AssertionError):
    """Nothing will ever happen again, or the same instant never ends."""


class Process:
    """Whose code runs. A paused one runs nothing: what it would have run waits, in order. A dead one says nothing
    to the world any more."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_paused = self.is_dead = False
        self.parked: list[asyncio.Handle] = []
        self.tasks: list[asyncio.Task[Any]] = []


PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class _Task(asyncio.Task[Any]):
    """Counted, so that a set of tasks has the same order in every run."""

    made = 0

    def __new__(cls, *_args: Any, **_more: Any) -> Self:
        task = super().__new__(cls)
        _Task.made += 1
        task.number = _Task.made  # type: ignore[attr-defined]
        return task

    def __hash__(self) -> int:
        return self.number  # type: ignore[attr-defined]


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks one by one; `heard` are errors that nobody waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._reading = 0.0
        self._at_once = 0
        self.heard: list[str] = []
        _Task.made = 0
        self.set_task_factory(self._numbered)
        self.set_exception_handler(lambda _loop, context: self.heard.append(str(context)))

    def _numbered(self, loop: asyncio.AbstractEventLoop, coro: Any, **more: Any) -> "asyncio.Task[Any]":
        task = _Task(coro, loop=loop, **more)
        process = (more.get("context") or copy_context()).get(PROCESS)
        if process is not None:
            process.tasks.append(task)
        return task

    def time(self) -> float:
        """Seconds since the start."""
        return self._reading

    def run_in(self, process: Process | None, coro: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Begin something in a process; None is the world around all of them."""
        return self.create_task(coro, context=context_of(process))

    def resume(self, process: Process) -> None:
        """Let a paused process go on where it was."""
        process.is_paused = False
        self._ready.extend(process.parked)  # type: ignore[attr-defined]
        process.parked.clear()

    # --- what the base class calls -----------------------------------------------------------------

    def _run_once(self) -> None:
        if not self._ready:  # type: ignore[attr-defined]
            self._jump()
        self._at_once += 1
        if self._at_once > MOST_AT_ONCE:
            self._at_once = 0
            raise Stuck(f"the instant {self._reading} never ends")
        handle = self._ready.popleft()  # type: ignore[attr-defined]
        if handle._cancelled:
            return
        process = handle._context.get(PROCESS)
        if process is not None and process.is_paused:
            process.parked.append(handle)
        else:
            handle._run()

    def _jump(self) -> None:
        """To the next timer, and whatever is due then."""
        timers = self._scheduled  # type: ignore[attr-defined]
        while timers and timers[0]._cancelled:
            heapq.heappop(timers)._scheduled = False
        if not timers:
            raise Stuck("nothing will ever happen again")
        self._reading, self._at_once = max(self._reading, timers[0]._when), 0
        while timers and timers[0]._when <= self._reading:
            handle = heapq.heappop(timers)
            handle._scheduled = False
            self._ready.append(handle)  # type: ignore[attr-defined]

    def _write_to_self(self) -> None:
        """Nobody is asleep."""


def context_of(process: Process | None) -> Context:
    """A fresh context in which everything belongs to a process."""
    context = copy_context()
    context.run(PROCESS.set, process)
    return context
