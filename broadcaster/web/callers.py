"""Who is asking, by bearer token (RFC 6750), and whether they may."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from broadcaster.clock import Clock
from broadcaster.model.people import Caller, Role
from broadcaster.store import people
from broadcaster.store.database import Database
from broadcaster.web.problems import Problem

KNOWN_IN = 3.0
"""Seconds an answer of the database is believed: a revoked token is worthless within 5."""
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


class Callers:
    """Callers by token, remembered for a moment: displays and consoles ask often."""

    def __init__(self, store: Database, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._known: dict[bytes, tuple[Caller, float]] = {}

    async def of(self, request: web.Request) -> Caller:
        """Whoever makes this request; a problem when nobody known does."""
        secret = _secret(request)
        mark, now = people.token_hash(secret), self._clock.monotonic()
        known, until = self._known.get(mark, (None, 0.0))
        if known is not None and now < until:
            return known
        found = await self._store.read(people.caller, secret)
        if found is None:
            self._known.pop(mark, None)
            raise unauthenticated("Dit token is niet (meer) geldig.", ', error="invalid_token"')
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[mark] = found, now + KNOWN_IN
        return found


CALLERS = web.AppKey("callers", Callers)


def _secret(request: web.Request) -> str:
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
