"""One rendering in a process of its own, with bounded time and memory.

Jinja's sandbox bounds what a template may touch, not what it may cost: a loop in a loop, or a string
padded to 300 MB, passes it. So each request is rendered by a fork that dies of its own excess, and
whoever forked it tells what it was doing. Linux only (`/proc`).
"""

import os
import resource
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from broadcaster.render import library
from broadcaster.render.engine import failed, render
from broadcaster.render.request import Rendered, RenderRequest

_MARK, _ANSWER = b"@", b"="
_MOST_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """cpu_in, wall_in: seconds. memory: bytes beyond what the process already maps."""

    cpu_in: int = 2
    wall_in: float = 20.0
    memory: int = 256 * 2**20


def render_jailed(line: str, folder: Path, own: Path | None, limits: Limits) -> str:
    """The answer to one request, as a line; a death on the way is a `template-failed` finding.

    To be called from a process with one thread: it forks.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _in_the_fork(writing, lambda tell: _work(line, folder, own, tell), limits)
    os.close(writing)
    try:
        said, in_time = _heard(reading, time.monotonic() + limits.wall_in)
    finally:
        os.close(reading)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    return _answer(said) or _epitaph(said, status, in_time, limits)


def _in_the_fork(writing: int, work: Callable[[Callable[[bytes], None]], None], limits: Limits) -> None:
    """Work within the limits, and never return to the code of the parent."""
    try:
        _confine(limits)
        work(lambda said: _write(writing, said))
    finally:
        os._exit(0)


def _confine(limits: Limits) -> None:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    mapped = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + limits.memory, mapped + limits.memory))
    # One second apart: at the hard limit the kernel sends SIGKILL, which would not tell the cause (setrlimit(2)).
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_in, limits.cpu_in + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _work(line: str, folder: Path, own: Path | None, tell: Callable[[bytes], None]) -> None:
    tell(_MARK + b"de sjablonen\n")
    try:
        rendered = render(
            RenderRequest.from_line(line), library.read(folder, own), lambda at: tell(_MARK + at.encode() + b"\n")
        )
    except Exception as error:  # noqa: BLE001 (MemoryError, a broken words.toml: whatever it is, it is told)
        rendered = _nothing("de sjablonen", f"{type(error).__name__}: {error}")
    tell(_ANSWER + rendered.as_line().encode() + b"\n")


def _write(descriptor: int, said: bytes) -> None:
    view = memoryview(said)
    while view:
        view = view[os.write(descriptor, view) :]


def _heard(reading: int, deadline: float) -> tuple[bytes, bool]:
    """What the fork said until it ended, fell silent past the deadline, or said far too much."""
    said = bytearray()
    while len(said) <= _MOST_BYTES:
        ready, _, _ = select.select([reading], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return bytes(said), False
        chunk = os.read(reading, 65536)
        if not chunk:
            break
        said += chunk
    return bytes(said), True


def _answer(said: bytes) -> str | None:
    lines = said.split(b"\n")
    found = [line for line in lines[:-1] if line.startswith(_ANSWER)]
    return found[0][1:].decode() if found else None


def _epitaph(said: bytes, status: int, in_time: bool, limits: Limits) -> str:
    marks = [line[1:].decode() for line in said.split(b"\n")[:-1] if line.startswith(_MARK)]
    return _nothing(marks[-1] if marks else "de sjablonen", _cause(said, status, in_time, limits)).as_line()


def _cause(said: bytes, status: int, in_time: bool, limits: Limits) -> str:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return f"meer dan {limits.cpu_in} seconden rekentijd"
    if not in_time:
        return f"geen antwoord binnen {limits.wall_in:g} seconden"
    if len(said) > _MOST_BYTES:
        return "veel te lange tekst"
    return "het maken van de tekst brak af, waarschijnlijk te veel geheugen"


def _nothing(where: str, why: str) -> Rendered:
    return Rendered({}, {}, {}, (failed(where, why, "scenario" if where.startswith("scenarios/") else "channels"),))
