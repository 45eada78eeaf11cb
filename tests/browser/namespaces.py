"""Places of the story, each in a network namespace of its own, joined by bridges whose ports can be taken down: what is
cut answers nothing at all, as a line does that is gone. Linux, as root, with iproute2."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Self

import pytest

from broadcaster.demo.blackout.lines import INTERNET, RADIO

LOOK = "look"
"""A third bridge, which nobody cuts: over it the test itself looks at every place."""
_WAYS = (INTERNET, RADIO, LOOK)


def require() -> None:
    """Leave the test out, with the reason, where there can be none."""
    if (reason := _missing()) is not None:
        pytest.skip(reason)


def _missing() -> str | None:
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "iproute2 is missing: run 'apt-get install iproute2'"
    with suppress(subprocess.CalledProcessError), _namespace("omroeper-try"):
        return None
    return "this kernel makes no network namespaces for us"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


@contextmanager
def _namespace(name: str) -> Iterator[None]:
    _ip("netns", "add", name)
    try:
        yield
    finally:
        _ip("netns", "delete", name)


@dataclass(slots=True)
class Wire:
    """A line between two places: cut at the near one."""

    address: str
    port: int
    near: str

    @property
    def url(self) -> str:
        """How the server is reached over it."""
        return f"http://{self.address}:{self.port}"

    def cut(self) -> None:
        """Take it down."""
        _ip("link", "set", self.near, "down")

    def heal(self) -> None:
        """Take it up again."""
        _ip("link", "set", self.near, "up")

    def lead_to(self, port: int) -> None:
        """Ports are fixed here."""
        assert port == self.port


class Namespaces:
    """The network of a story over these places. `with` makes it and takes it away."""

    def __init__(self, places: Sequence[str], number: int) -> None:
        self._places, self._name = places, f"om{number % 10_000}"
        self._subnet = f"10.{64 + number % 128}"
        self._made: list[tuple[str, ...]] = []

    def __enter__(self) -> Self:
        try:
            for way, _ in enumerate(_WAYS):
                self._bridge(way)
            for number, _ in enumerate(self._places):
                self._settle(number)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for undo in reversed(self._made):
            with suppress(subprocess.CalledProcessError):
                _ip(*undo)

    def _bridge(self, way: int) -> None:
        name = f"{self._name}b{way}"
        _ip("link", "add", name, "type", "bridge")
        self._made.append(("link", "delete", name))
        _ip("address", "add", f"{self._address(way, 253)}/24", "dev", name)
        _ip("link", "set", name, "up")

    def _settle(self, number: int) -> None:
        space = f"{self._name}-{number}"
        _ip("netns", "add", space)
        self._made.append(("netns", "delete", space))
        _ip("-n", space, "link", "set", "lo", "up")
        for way, _ in enumerate(_WAYS):
            outer, inner = self._port(way, number), f"eth{way}"
            _ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", space)
            _ip("link", "set", outer, "master", f"{self._name}b{way}", "up")
            _ip("-n", space, "address", "add", f"{self._address(way, number)}/24", "dev", inner)
            _ip("-n", space, "link", "set", inner, "up")

    def _port(self, way: int, number: int) -> str:
        return f"{self._name}v{way}{number}"

    def _address(self, way: int, number: int) -> str:
        return f"{self._subnet}.{way}.{number + 1}"

    def at(self, place: str) -> Sequence[str]:
        """The command that starts another there."""
        return ("ip", "netns", "exec", f"{self._name}-{self._places.index(place)}")

    def listen(self, place: str) -> str:
        """On every line, and for its own screen."""
        return "0.0.0.0:8080"

    def host(self, place: str) -> str:
        """Over the bridge that nobody cuts."""
        return self._address(_WAYS.index(LOOK), self._places.index(place))

    @asynccontextmanager
    async def line(self, way: str, place: str, to: str, port: int) -> AsyncIterator[Wire]:
        """The place's own port of that bridge."""
        number = _WAYS.index(way)
        yield Wire(self._address(number, self._places.index(to)), port, self._port(number, self._places.index(place)))
