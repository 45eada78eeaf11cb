"""Who is asking, by bearer token (RFC 6750) or by the session of a browser, and whether they may."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from broadcaster.clock import Clock
from broadcaster.model.people import Caller, Role
from broadcaster.store import people, sessions
from broadcaster.store.database import AWAY, Database
from broadcaster.web.problems import Problem

KNOWN_IN = 3.0
"""Seconds an answer of the database is believed: a revoked token or an ended session is worthless within 5."""
COOKIE = "__Host-omroeper"
"""Browsers take a cookie of this name only from us, over TLS or loopback, for this host alone (RFC 6265bis, 4.1.3)."""
_MOST_KNOWN = 20_000
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,200}=*")
NOBODY = Caller("")


@dataclass(frozen=True, slots=True)
class Who:
    """Who may make a call: persons with one of `roles`, machines that may only draft, displays."""

    roles: frozenset[Role] = frozenset()
    machines: bool = False
    displays: bool = False

    def admits(self, caller: Caller) -> bool:
        """Whether the caller is among them."""
        if caller.point_id is not None:
            return self.displays
        if caller.person_id is None:
            return self.machines and bool(caller.roles & self.roles)
        return bool(caller.roles & self.roles)


def persons(roles: Iterable[Role], *, machines: bool = False, displays: bool = False) -> Who:
    """Persons with one of these roles, and whoever else."""
    return Who(frozenset(roles), machines, displays)


DEVICES = Who(displays=True)
"""What hangs at a point, and no person."""


class Callers:
    """Callers by token and by session, remembered for a moment: displays and consoles ask often."""

    def __init__(self, store: Database, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._known: dict[tuple[str, bytes], tuple[Caller, float]] = {}

    async def of(self, request: web.Request, *, by_itself: bool = False) -> Caller:
        """Whoever makes this request; a problem when nobody known does. A token goes before a session.

        by_itself: a page made it without its reader, so it is no sign that somebody is there.
        """
        if "Authorization" in request.headers:
            return await self.by_token(request)
        secret = session_secret(request)
        if secret is None:
            raise unauthenticated("Stuur een token mee: Authorization: Bearer …")
        return await self._by_session(secret, by_itself=by_itself)

    async def by_token(self, request: web.BaseRequest) -> Caller:
        """Whose bearer token this request has; a problem when it has none that is known."""
        secret = _secret(request)
        key = "token", people.token_hash(secret)
        known = self._remembered(key)
        found = known or await self._store.read(people.caller, secret)
        if found is None:
            raise unauthenticated("Dit token is niet (meer) geldig.", ', error="invalid_token"')
        return known or self._remember(key, found)

    async def _by_session(self, secret: str, *, by_itself: bool) -> Caller:
        key = "session", people.token_hash(secret)
        known = self._remembered(key)
        if known is not None:
            return known
        now = self._clock.now()
        found = await self._store.read(sessions.find, secret, now)
        if found is None:
            raise unauthenticated("U bent niet (meer) aangemeld.")
        if by_itself:
            return found.caller  # not remembered: the next request may be the reader's own
        if now - found.at >= sessions.NOTED_EVERY:
            with suppress(*AWAY):  # a full disk keeps nobody from reading
                await self._store.run(sessions.note, found.caller.token_id, now)
        return self._remember(key, found.caller)

    def _remembered(self, key: tuple[str, bytes]) -> Caller | None:
        known, until = self._known.get(key, (None, 0.0))
        if known is not None and self._clock.monotonic() < until:
            return known
        self._known.pop(key, None)
        return None

    def _remember(self, key: tuple[str, bytes], caller: Caller) -> Caller:
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = caller, self._clock.monotonic() + KNOWN_IN
        return caller

    def forget(self, request: web.Request) -> None:
        """The session of this request has ended: the next one finds it so at once."""
        if (secret := session_secret(request)) is not None:
            self._known.pop(("session", people.token_hash(secret)), None)


CALLERS = web.AppKey("callers", Callers)


def session_secret(request: web.Request) -> str | None:
    """What the browser holds of its session; None without one."""
    secret = request.cookies.get(COOKIE)
    return secret if secret is not None and _TOKEN.fullmatch(secret) else None


CALLERS = web.AppKey("callers", Callers)


def _secret(request: web.BaseRequest) -> str:
    given = request.headers.getall("Authorization", [])
    scheme, _, secret = (given[0] if len(given) == 1 else "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise unauthenticated("Stuur een token mee: Authorization: Bearer …")
    if not _TOKEN.fullmatch(secret):
        raise unauthenticated("Dit token is niet (meer) geldig.", ', error="invalid_token"')
    return secret


def unauthenticated(detail: str, more: str = "") -> Problem:
    """Nobody we know is asking."""
    return Problem("unauthenticated", detail, headers={"WWW-Authenticate": f'Bearer realm="omroeper"{more}'})
