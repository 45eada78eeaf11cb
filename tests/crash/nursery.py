"""A warmed, single-threaded process that forks lives and sees them die: `python -m tests.crash.nursery FOLDER`.

All is imported before the first fork, so a life costs no start. Nothing here runs a thread or an event
loop: both would be left broken in a child (fork(2)), and the test process has threads of its own.
Asks come as lines of JSON on standard input, and are answered on standard output.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from broadcaster.store import deliveries
from tests.crash import gateway
from tests.crash.living import EXPANSION, LONGEST_LIFE_IN, Life, Site, Tell, Told, furnish, site
from tests.crash.traps import Point, Trap


def forked(child: Callable[[], None]) -> int:
    """Run `child` in a process of its own; its pid."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.alarm(int(2 * LONGEST_LIFE_IN))  # one that hangs ends all the same
            child()
            code = 0
        except BaseException:  # noqa: BLE001 - nothing of the parent's may run on in the child
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


@dataclass
class Record:
    """What is known of one life from outside: how it ended, and all it told, in order."""

    told: list[dict[str, Any]] = field(default_factory=list)
    killed: bool = False
    taken: list[Any] = field(default_factory=list)  # by the gateway, when it had ended

    def as_json(self) -> dict[str, Any]:
        return {"told": self.told, "killed": self.killed, "taken": self.taken}


def _teller(writer: int) -> Tell:
    """Says events as lines of JSON; each is out of the process before the next step."""

    def tell(what: str, **event: Any) -> None:
        rest = memoryview((json.dumps({"told": what, **event}) + "\n").encode())
        while rest:
            rest = rest[os.write(writer, rest) :]

    return tell


@dataclass
class Nursery:
    """Forks lives at one site."""

    site: Site

    def furnish(self, url: str, recipients: int, severities: Sequence[str]) -> dict[str, Any]:
        """Fill a database; what the officers were told."""
        return self._forked(lambda tell: furnish(self.site, url, recipients, severities, tell)).as_json()

    def lives(
        self, told: Sequence[dict[str, Any]], points: Sequence[dict[str, Any] | None], **life: Any
    ) -> list[dict[str, Any]]:
        """One life after the other on one database, each ended at its point, until one comes to rest: at the
        latest the one that has None for a point."""
        known, records = Told(), []
        for event in told:
            known.take(event)
        self._ask(life, "forget", alerts=[alert for alert, _ in known.alerts.values()])
        for point in points:
            record = self._life(Point(**point) if point else None, known, life)
            for event in record.told:
                known.take(event)
            record.taken = self._ask(life, "taken", alerts=[alert for alert, _ in known.alerts.values()])
            records.append(record.as_json())
            if not record.killed:
                break
        return records

    def _ask(self, life: dict[str, Any], path: str, **asked: Any) -> Any:
        return gateway.ask(self.site.ports[life["deduplicates"]], path, **asked)

    def _life(self, point: Point | None, known: Told, life: dict[str, Any]) -> Record:
        in_channel = point is not None and (point.step, point.phase) == ("sent", "taken")

        def child(tell: Tell) -> None:
            deliveries.SLICE = EXPANSION  # of this process, which nobody else lives in
            if in_channel and point is not None:
                self._ask(life, "kill", victim=os.getpid(), requests=point.nth)
            asyncio.run(Life(self.site, trap=Trap(point), told=known, tell=tell, **life).run())

        record = self._forked(child, point.nth / 1000 if point and point.step == "time" else None)
        if in_channel:
            self._ask(life, "kill", victim=None, requests=0)
        return record

    def _forked(self, child: Callable[[Tell], None], ends_in: float | None = None) -> Record:
        """Run `child` to its end, or kill it after `ends_in` seconds."""
        reader, writer = os.pipe()

        def inside() -> None:
            os.close(reader)
            tell = _teller(writer)
            try:
                child(tell)
            except BaseException:
                tell("error", error=traceback.format_exc())
                raise

        pid = forked(inside)
        os.close(writer)
        if ends_in is not None:
            time.sleep(ends_in)
            os.kill(pid, signal.SIGKILL)
        with os.fdopen(reader, encoding="utf-8") as lines:
            told = [json.loads(line) for line in lines if line.endswith("\n")]
        _, status = os.waitpid(pid, 0)
        return Record(told, os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)


def _gateway(deduplicates: bool, lives: tuple[int, int]) -> int:
    """A gateway's port. It ends with this process: then nobody can write to `lives` any more."""
    reader, writer = os.pipe()

    def child() -> None:
        signal.alarm(0)
        os.close(reader)
        os.close(lives[1])
        gateway.serve(deduplicates, writer, lives[0])

    forked(child)
    os.close(writer)
    with os.fdopen(reader, encoding="ascii") as lines:
        return int(lines.readline())


def main() -> None:
    """Answer until standard input ends."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    lives = os.pipe()
    nursery = Nursery(site(Path(sys.argv[1]), {known: _gateway(known, lives) for known in (False, True)}))
    gc.freeze()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        answer = getattr(nursery, asked.pop("do"))(**asked)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
