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

Json = dict[str, Any]
_MOMENT = 0.1


def forked(child: Callable[[], None]) -> int:
    """Run `child` in a process of its own; its pid."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.alarm(int(LONGEST_LIFE_IN) + 5)  # one that hangs ends all the same
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

    @property
    def is_cut_short(self) -> bool:
        """Whether it was killed, or told to stop."""
        return self.killed or bool(self.told and self.told[-1]["told"] == "drained")

    def as_json(self) -> dict[str, Any]:
        return {"told": self.told, "killed": self.killed, "taken": self.taken}


def _teller(writer: int) -> Tell:
    """Says events as lines of JSON; each is out of the process before the next step."""

    def tell(what: str, **event: Any) -> None:
        rest = memoryview((json.dumps({"told": what, **event}) + "\n").encode())
        while rest:
            rest = rest[os.write(writer, rest) :]

    return tell


@dataclass(frozen=True)
class Nursery:
    """Forks lives at one site. What it is asked comes from, and goes to, the tests as JSON."""

    site: Site

    def furnish(self, url: str, recipients: int, severities: Sequence[str]) -> dict[str, Any]:
        """Fill a database; what the officers were told."""
        return _ended(*_begun(lambda tell: furnish(self.site, url, recipients, severities, tell))).as_json()

    def lives(self, told: Sequence[Json], points: Sequence[Json | None], **life: Any) -> list[Json]:
        """One life after the other on one database, each ended at its point, until one comes to rest: at the
        latest the one that has None for a point."""
        trial = self._trial(told, life)
        while not trial.records or trial.records[-1].is_cut_short:
            point = points[len(trial.records)]
            trial.live(Point(**point) if point else None)
        return [record.as_json() for record in trial.records]

    def asleep(
        self, told: Sequence[Json], falls: Json, other: Json | None, ends_in: float | None, **life: Any
    ) -> list[Json]:
        """A life that is stopped where it `falls` asleep, another one that takes over, and the first again, awake,
        and perhaps killed after some seconds; then one that comes to rest. The other may fall asleep as well: it
        is woken a moment after the first."""
        trial = self._trial(told, life)
        first = trial.fall_asleep(Point(**falls))
        if other and other["sleeps"]:
            second = trial.fall_asleep(Point(**other))
            trial.wake(first, ends_in)
            time.sleep(_MOMENT)
            trial.wake(second, None)
            trial.rest(0, first)
            trial.rest(1, second)
        else:
            trial.live(Point(**other) if other else None)
            trial.wake(first, ends_in)
            trial.rest(0, first)
        trial.live(None)
        return [record.as_json() for record in trial.records]

    def _trial(self, told: Sequence[Json], life: Json) -> "Trial":
        trial = Trial(self.site, life)
        trial.learn(told)
        trial.ask("forget", alerts=trial.alerts)
        return trial


@dataclass
class Trial:
    """Lives on one database, and what is known of them from outside. `life`: what they have in common, see Life."""

    site: Site
    life: Json
    known: Told = field(default_factory=Told)
    records: list[Record] = field(default_factory=list)

    @property
    def alerts(self) -> list[str]:
        """Those that the officers know of."""
        return [alert for alert, _ in self.known.alerts.values()]

    def learn(self, told: Sequence[Json]) -> None:
        """More was told."""
        for event in told:
            self.known.take(event)

    def ask(self, path: str, **asked: Any) -> Any:
        """Ask the gateway."""
        return gateway.ask(self.site.ports[self.life["deduplicates"]], path, **asked)

    def live(self, point: Point | None) -> None:
        """One life, from its start to its end."""
        pid, lines = self._begun(point)
        if point and point.step == "time":
            time.sleep(point.nth / 1000)
            os.kill(pid, signal.SIGKILL)
        record = _ended(pid, lines)
        self.records.append(record)
        self._note(record)

    def fall_asleep(self, point: Point) -> tuple[int, int]:
        """One that is stopped at a point, and stays so; or comes to rest before it gets there."""
        begun = self._begun(point)
        os.waitid(os.P_PID, begun[0], os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        self.records.append(Record())
        self._note(self.records[-1])
        return begun

    def wake(self, begun: tuple[int, int], ends_in: float | None) -> None:
        """It goes on, perhaps for some seconds only."""
        os.kill(begun[0], signal.SIGCONT)
        if ends_in is not None:
            time.sleep(ends_in)
            os.kill(begun[0], signal.SIGKILL)

    def rest(self, place: int, begun: tuple[int, int]) -> None:
        """The end of the one that began in this place."""
        awake, record = _ended(*begun), self.records[place]
        record.told, record.killed = awake.told, awake.killed
        self.learn(awake.told)

    def _note(self, record: Record) -> None:
        self.learn(record.told)
        record.taken = self.ask("taken", alerts=self.alerts)
        self.ask("signal", pid=None, number=0, after=0)

    def _warn_gateway(self, point: Point, pid: int) -> None:
        number = signal.SIGSTOP if point.sleeps else signal.SIGKILL
        self.ask("signal", pid=pid, number=number, after=point.nth)

    def _begun(self, point: Point | None) -> tuple[int, int]:
        def child(tell: Tell) -> None:
            deliveries.SLICE = EXPANSION  # of this process, which nobody else lives in
            if point and (point.step, point.phase) == ("sent", "taken"):
                self._warn_gateway(point, os.getpid())
            stops_in = point.nth / 1000 if point and point.step == "stop" else None
            trap = Trap(point)
            asyncio.run(Life(self.site, trap=trap, told=self.known, tell=tell, stops_in=stops_in, **self.life).run())

        return _begun(child)


def _passing_on(tell: Tell) -> structlog.typing.Processor:
    """Tells what the house logs as wrong, beside logging it."""

    def pass_on(_logger: Any, level: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        if level in ("error", "critical"):
            tell("error", error=f"logged: {event}")
        return event

    return pass_on


def _begun(child: Callable[[Tell], None]) -> tuple[int, int]:
    """A child that runs: its pid, and where to read what it tells."""
    reader, writer = os.pipe()

    def inside() -> None:
        os.close(reader)
        tell = _teller(writer)
        structlog.configure(processors=[_passing_on(tell), structlog.dev.ConsoleRenderer(colors=False)])
        try:
            child(tell)
        except BaseException:
            tell("error", error=traceback.format_exc())
            raise

    pid = forked(inside)
    os.close(writer)
    return pid, reader


def _ended(pid: int, reader: int) -> Record:
    """What it told, and how it ended. What it had not told to the end it has not told."""
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
        try:
            answer = getattr(nursery, asked.pop("do"))(**asked)
        except Exception:  # noqa: BLE001 - it belongs to who asked
            answer = {"failed": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
