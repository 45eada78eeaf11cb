"""The demo's processes. Each ends when the pipe to its standard input closes, so none outlives the demo."""

import asyncio
import json
import os
import sys
from asyncio import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Self

from broadcaster.demo.failure import DemoFailure

_ANSWER_IN = 60.0
"""Seconds a process may take to start, on a machine that is busy."""
_END_IN = 40.0
_LONGEST_LINE = 1 << 28


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """Ours, without what was set for a real installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OMROEPER_")} | dict(more)


async def _started(
    arguments: Sequence[str], stdout: int, stderr: IO[bytes] | None, at: Sequence[str] = (), **more: str
) -> subprocess.Process:
    # A process group of its own: Ctrl-C in the terminal reaches the demo alone, and it ends the others in order.
    return await subprocess.create_subprocess_exec(
        *at, sys.executable, "-m", *arguments, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr, limit=_LONGEST_LINE,
        env=_environment(more), process_group=0,
    )  # fmt: skip


async def _end(process: subprocess.Process) -> None:
    """Ask it to stop, wait, and then no longer."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
    try:
        async with asyncio.timeout(_END_IN):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
    if process.stdin is not None:
        process.stdin.close()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a provider counted. `copies`: how often each message was taken, by our reference and the
    recipient as the provider spells it. `reports`: how many it sent, and how many are still to come; `ends`: whether
    each message arrived by its reports, by our reference."""

    connections: int
    messages: int
    unique: int
    duplicates: int
    copies_max: int
    copies: Mapping[tuple[str, str], int]
    reports: tuple[int, int] = (0, 0)
    ends: Mapping[str, bool] = field(default_factory=dict)

    def without_references(self) -> Self:
        """The same for a provider that counts without our reference: one alert is one message to a recipient."""
        copies: Counter[tuple[str, str]] = Counter()
        for (_, recipient), count in self.copies.items():
            copies["", recipient] += count
        return replace(self, copies=copies)

    def as_json(self) -> dict[str, int]:
        """The counts that the demo prints."""
        names = ("connections", "messages", "unique", "duplicates")
        return {name: getattr(self, name) for name in names}


class Simulator:
    """One provider."""

    def __init__(self, name: str, process: subprocess.Process, port: int) -> None:
        self.name, self.port, self._process = name, port, process

    @classmethod
    async def start(
        cls, name: str, seed: int, fault_rate: float, down: tuple[int, float] | None = None, at: Sequence[str] = ()
    ) -> Self:
        """Start one on any free port. down: out of service after so many messages, for so many seconds. at: a command
        that starts it elsewhere."""
        options = ["--port", "0", "--seed", str(seed), "--fault-rate", str(fault_rate)]
        options += ["--down", *map(str, down)] if down else []
        module = "broadcaster.demo.simulators"
        process = await _started([module, name, *options], subprocess.PIPE, None, at)
        return cls(name, process, int((await _line(process, name))["port"]))

    def report_to(self, hook: str) -> None:
        """Have it report what becomes of each message to an address of the hub."""
        self._write(hook)

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def counted(self) -> Seen:
        """What it has counted until now."""
        self._write("")
        said = await _line(self._process, self.name)
        reports = said.pop("reports", {"sent": 0, "waiting": 0, "ends": {}})
        copies = {(reference, recipient): count for reference, recipient, count in said["copies"]}
        told = {"copies": copies, "reports": (reports["sent"], reports["waiting"]), "ends": reports["ends"]}
        return Seen(**(said | told))

    async def end(self) -> None:
        """Stop it."""
        await _end(self._process)


async def _line(process: subprocess.Process, name: str) -> dict[str, Any]:
    assert process.stdout is not None
    async with asyncio.timeout(_ANSWER_IN):
        said = await process.stdout.readline()
    if not said:
        raise DemoFailure(f"The simulator '{name}' ended: see what it said above.")
    return dict(json.loads(said))


class Server:
    """A process of ours that answers over HTTP."""

    def __init__(self, process: subprocess.Process, host: str, port: int) -> None:
        self.process, self.host, self.port = process, host, port

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self.host}:{self.port}"

    @classmethod
    async def start(
        cls,
        what: str,
        arguments: Sequence[str],
        folder: Path,
        at: Sequence[str] = (),
        host: str = "127.0.0.1",
        **environment: str,
    ) -> Self:
        """Start `python -m` with these arguments and the file that it is to write its port to, and wait until it
        answers. what: its name in errors, and in `folder` of its log `WHAT.log`. at: a command that starts it
        elsewhere, and host: by which address it is reached there."""
        port_file, log_file = folder / "port", folder / f"{what}.log"
        port_file.unlink(missing_ok=True)
        with log_file.open("ab") as log:
            process = await _started([*arguments, str(port_file)], subprocess.DEVNULL, log, at, **environment)
        server = cls(process, host, 0)
        try:
            async with asyncio.timeout(_ANSWER_IN):
                server.port = int(await server._written(what, port_file, log_file))
        except TimeoutError:
            raise DemoFailure(f"The {what} does not start within {_ANSWER_IN:g} s.") from None
        finally:
            if not server.port:
                await server.end()
        return server

    async def _written(self, what: str, port_file: Path, log_file: Path) -> str:
        """The port, once it stands in the file."""
        while not (port := _whole_line(port_file)):
            if self.process.returncode is not None:
                raise DemoFailure(f"The {what} did not start. {_last_line(log_file)}")
            await asyncio.sleep(0.02)
        return port

    async def end(self) -> None:
        """SIGTERM, and wait until it has drained."""
        await _end(self.process)

    async def kill(self) -> None:
        """SIGKILL: the power is gone."""
        self.process.kill()
        await _end(self.process)


async def start_hub(configuration: Path, **environment: str) -> Server:
    """`omroeper serve` on the demo's premises."""
    arguments = ["broadcaster", "serve", "--child", "--config", str(configuration), "--port-file"]
    return await Server.start("hub", arguments, configuration.parent, **environment)


def _whole_line(file: Path) -> str:
    """The line in a file; empty while it is not written to its end."""
    try:
        line = file.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""
    return line.strip() if line.endswith("\n") else ""


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else "it says nothing"
