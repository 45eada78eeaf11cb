"""CM.com in a process of its own, so that it still counts when the one that sends is killed.

Beside the provider's own API it is told what the tests want: what it took of an alert, to forget that, and
whom to kill or stop, and when: it knows better than the sender when a message has been taken.
"""

import asyncio
import http.client
import json
import os
from collections import defaultdict
from contextlib import suppress
from typing import Any

from broadcaster.demo.simulators.counts import Counts
from broadcaster.demo.simulators.faults import Fault
from broadcaster.demo.simulators.http import Reply, Request
from broadcaster.demo.simulators.sms_cm import CmGateway


class KnowsReferences(Counts):
    """Counts as a provider that drops a second message with the same reference."""

    def took(self, reference: str, recipient: str) -> None:
        if (reference, recipient) not in self.copies:
            super().took(reference, recipient)


class Gateway(CmGateway):
    """deduplicates: as Spec says."""

    def __init__(self, *, deduplicates: bool) -> None:
        super().__init__()
        if deduplicates:
            self.counts = KnowsReferences()
        self._texts: defaultdict[str, set[str]] = defaultdict(set)
        self._signals: tuple[int, int] | None = None  # whom, and what
        self._after = 0

    def reply(self, request: Request, fault: Fault | None) -> Reply:
        if request.path.startswith("/tests/"):
            return Reply(body=json.dumps(self._control(request.path, json.loads(request.body or b"{}"))).encode())
        reply = super().reply(request, fault)
        for message in json.loads(request.body)["messages"]["msg"]:
            self._texts[message["reference"]].add(message["body"]["content"])
        self._after -= 1
        if self._signals is not None and self._after <= 0:
            with suppress(ProcessLookupError):
                os.kill(*self._signals)
            self._signals = None
        return reply

    def _control(self, path: str, asked: dict[str, Any]) -> Any:
        if path == "/tests/signal":
            self._signals = (asked["pid"], asked["number"]) if asked["pid"] else None
            self._after = asked["after"]
            return None
        found = [(*key, copies) for key, copies in self.counts.copies.items() if key[0][:26] in asked["alerts"]]
        if path == "/tests/forget":
            for reference, number, _ in found:
                del self.counts.copies[reference, number]
        return [[reference, number, copies, sorted(self._texts[reference])] for reference, number, copies in found]


def ask(port: int, path: str, **asked: Any) -> Any:
    """One question to a gateway, from a process without an event loop."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", f"/tests/{path}", json.dumps(asked).encode())
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def serve(deduplicates: bool, tell_port: int, lives: int) -> None:
    """Run one; writes its port to the file descriptor `tell_port`, and ends when `lives` has no writer left."""
    asyncio.run(_serve(deduplicates, tell_port, lives))


async def _serve(deduplicates: bool, tell_port: int, lives: int) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(lives, ended.set)
    async with Gateway(deduplicates=deduplicates) as gateway:
        os.write(tell_port, f"{gateway.port}\n".encode())
        os.close(tell_port)
        await ended.wait()
