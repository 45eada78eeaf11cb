"""The other end of the line: the smallest server of each protocol that says yes, in a process of its own.

`python -m bench.sinks NAME [--delay S]` prints `{"port": …}`; for each line on its standard input it prints what it
took since the last: recipients, and the monotonic clock (one for all processes of a machine) at the first and the last.
It ends with its standard input. The simulators of the demo check what they get, and are too slow to be sinks.
"""

import argparse
import asyncio
import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, ClassVar, cast

import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_REFERENCE = re.compile(rb'"reference":"(\w+)"')
_CHAT = re.compile(rb'"chat_id":\s*"?(-?\d+)')


class Counts:
    """What was taken since the last look."""

    def __init__(self) -> None:
        self.taken = 0
        self.first_at = self.last_at = 0.0
        self.alerts: dict[str, float] = {}
        self.times: list[float] = []

    def took(self, recipients: int) -> None:
        self.last_at = time.monotonic()
        self.first_at = self.first_at or self.last_at
        self.taken += recipients


class Http(asyncio.Protocol):
    """Answers each request with what `answer` makes of its body, after `delay_in` seconds."""

    delay_in: ClassVar[float] = 0.0
    counts: ClassVar[Counts] = Counts()
    serial: ClassVar[int] = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._buffer, 0, end)
            until = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < until:
                return
            self._take(self._buffer[end + 4 : until])
            self._buffer = self._buffer[until:]

    def _take(self, body: bytes) -> None:
        answer = self.answer(body)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
        if self.delay_in:
            asyncio.get_running_loop().call_later(self.delay_in, self._write, head + answer)
        else:
            self._transport.write(head + answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():  # nobody waits that long
            self._transport.write(answer)

    def answer(self, body: bytes) -> bytes:
        raise NotImplementedError


class Sms(Http):
    """Spryng: one recipient to a request."""

    def answer(self, body: bytes) -> bytes:
        self.counts.took(1)
        Http.serial += 1
        return b'{"id":"%032d"}' % Http.serial


class Batches(Http):
    """CM.com: a list of messages, each answered with its reference."""

    def answer(self, body: bytes) -> bytes:
        references = _REFERENCE.findall(body)
        self.counts.took(len(references))
        entry = b'{"to":"0031612345678","status":"Accepted","reference":"%b","parts":1,"messageDetails":null,"messageErrorCode":0}'
        return b'{"details":"Created","errorCode":0,"messages":[%b]}' % b",".join([entry % one for one in references])


class Known(Batches):
    """CM.com, and when the first message of each alert came."""

    def answer(self, body: bytes) -> bytes:
        for alert_id in {reference[:26] for reference in _REFERENCE.findall(body)}:
            self.counts.alerts.setdefault(alert_id.decode(), time.monotonic())
        return super().answer(body)


class Timed(Sms):
    """Spryng, and when each message came."""

    def answer(self, body: bytes) -> bytes:
        self.counts.times.append(time.monotonic())
        return super().answer(body)


class Telegram(Http):
    """A Bot API that sets no limits."""

    def answer(self, body: bytes) -> bytes:
        self.counts.took(1)
        Http.serial += 1
        chat = _CHAT.search(body)
        return (
            b'{"ok":true,"result":{"message_id":%d,"date":1790000000,"chat":{"id":%b,"type":"private","first_name":"L"},'
            b'"from":{"id":4200,"is_bot":true,"first_name":"Omroeper","username":"VoorbeeldBot"},"text":"Geen stroom in Noord."}}'
        ) % (Http.serial, chat[1] if chat else b"1")


class Silent(Http):
    """Takes every byte and never answers: half of a black hole."""

    def data_received(self, data: bytes) -> None:
        return


class Smtp(asyncio.Protocol):
    """A mail server that takes everything."""

    counts: ClassVar[Counts] = Counts()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._buffer, self._in_letter = b"", False
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n.\r\n" if self._in_letter else b"\r\n")) >= 0:
            line, self._buffer = self._buffer[:end], self._buffer[end + (5 if self._in_letter else 2) :]
            self._transport.write(self._reply(line))

    def _reply(self, line: bytes) -> bytes:
        if self._in_letter:
            self._in_letter = False
            self.counts.took(1)
            return b"250 2.0.0 Ok: queued as 4F1A2B3C4D\r\n"
        verb = line[:4].upper()
        self._in_letter = verb == b"DATA"
        replies = {b"DATA": b"354 go on\r\n", b"EHLO": b"250-sink\r\n250 8BITMIME\r\n", b"QUIT": b"221 bye\r\n"}
        return replies.get(verb, b"250 2.1.0 Ok\r\n")


SINKS: dict[str, type[Http] | type[Smtp]] = {
    "sms": Sms, "batches": Batches, "known": Known, "timed": Timed, "telegram": Telegram, "silent": Silent, "smtp": Smtp,
}  # fmt: skip
DROPPING = "dropping"


def _heard(counts: Counts, stop: Callable[[], None]) -> None:
    if not os.read(0, 4096):
        stop()
        return
    _say(vars(counts))
    counts.__init__()  # type: ignore[misc]


def _say(what: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def _run(sink: type[Http] | type[Smtp]) -> None:
    server = await asyncio.get_running_loop().create_server(sink, "127.0.0.1", 0)
    await _until_told(sink.counts, server.sockets[0].getsockname()[1])


async def _drop() -> None:
    """The other half of a black hole: a port whose queue is full, so the kernel drops whoever knocks (tcp(7))."""
    with ExitStack() as stack:
        door = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        inside = stack.enter_context(socket.socket())
        inside.connect(door.getsockname())  # the only one that fits, and nobody lets it in
        await _until_told(Counts(), door.getsockname()[1])


async def _until_told(counts: Counts, port: int) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(0, _heard, counts, stop.set)
    _say({"port": port})
    await stop.wait()


def main() -> None:
    """Be a sink."""
    parser = argparse.ArgumentParser(prog="python -m bench.sinks", description=__doc__)
    parser.add_argument("name", choices=[*SINKS, DROPPING])
    parser.add_argument("--delay", type=float, default=0.0, help="seconds until each answer")
    arguments = parser.parse_args()
    Http.delay_in = arguments.delay
    uvloop.run(_drop() if arguments.name == DROPPING else _run(SINKS[arguments.name]))


if __name__ == "__main__":
    main()
