"""Who is let in to the host's page: the PIN once per device, then a session. Over plain http too: a local network has
no other.

A browser sends a cookie along whoever wrote the form, so what changes something must come from a page of ours: its
`Origin` is the host that was asked (RFC 6454). `Sec-Fetch-Site` is no help: browsers leave it out over plain http.
"""

import asyncio
import math

from aiohttp import web

from broadcaster.clock import Clock
from broadcaster.relay.host.pin import Pin
from broadcaster.relay.host.waits import Waits

COOKIE = "omroeper_host"
_ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict; Max-Age=1209600"


class Door:
    """Lets in who knows the PIN."""

    def __init__(self, pin: Pin, clock: Clock) -> None:
        self.pin = pin
        self._clock = clock
        self._waits = Waits(clock)
        self._turn = asyncio.Lock()  # one comparison at a time: the box is small

    def admits(self, request: web.Request) -> bool:
        """Whether this browser gave the PIN before."""
        return self.pin.admits(request.cookies.get(COOKIE, ""), self._clock.now())

    def wait_in(self, request: web.Request) -> int:
        """Whole seconds until a PIN may be tried again from where this came; 0 for now."""
        return math.ceil(self._waits.wait_in(_peer(request)))

    async def knows(self, request: web.Request, pin: str) -> bool:
        """Whether this is the PIN; a wrong one makes the next wait longer."""
        peer = _peer(request)
        self._waits.begin(peer)
        async with self._turn:
            right = await asyncio.to_thread(self.pin.matches, pin)
        if right:
            self._waits.forgive(peer)
        return right

    async def change(self, pin: str) -> None:
        """Another PIN; who came in with the old one has to come in again."""
        await asyncio.to_thread(self.pin.set, pin)

    def let_in(self) -> str:
        """The cookie of a new session."""
        return f"{COOKIE}={self.pin.new_session(self._clock.now())}; {_ATTRIBUTES}"

    @staticmethod
    def let_out() -> str:
        """The cookie that ends one."""
        return f"{COOKIE}=; Path=/; Max-Age=0"


def _peer(request: web.Request) -> str:
    """The address a request came from. What a proxy on the box passes on comes from anybody, and not from the box."""
    passed_on = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return "passed on" if passed_on else request.remote or ""


def is_own(request: web.Request) -> bool:
    """Whether a form was sent from a page of this relay."""
    origins = request.headers.getall("Origin", [])
    _, _, host = origins[0].lower().partition("://") if len(origins) == 1 else ("", "", "")
    return host != "" and host == request.headers.get("Host", "").lower()
