"""`/controle`: the page behind the code on a poster, and what it asks. It is for everybody, and is told nothing: the
notice to check stands after the number sign, which no browser sends."""

import asyncio
import json
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from broadcaster import data
from broadcaster.clock import Clock
from broadcaster.model.board import Mode
from broadcaster.render.languages import RIGHT_TO_LEFT
from broadcaster.seal import BoardSigner, fingerprint
from broadcaster.settings import Settings
from broadcaster.store.answers import Answer
from broadcaster.store.database import Database
from broadcaster.web.assets import ASSETS
from broadcaster.web.calls import Call
from broadcaster.web.pages import environment, page
from broadcaster.workflow import vouching

_BELIEVED_IN = 1.0
_CACHED = "public, max-age=15"
_PAGES = environment("public")


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((data.find("templates") / "public" / "check.toml").read_text("utf-8"))


async def show(call: Call) -> Answer:
    """`GET /controle`: the same page for everybody."""
    return page(_PAGES, "check.html", values(call.parts.house.settings, call.parts.signers), Cache_Control=_CACHED)


def values(settings: Settings, signers: Mapping[Mode, BoardSigner]) -> dict[str, Any]:
    """What the page is made of."""
    setting = {
        "roots": {mode.value: fingerprint(signer.root) for mode, signer in signers.items()},
        "zone": settings.hub.timezone,
        "right_to_left": sorted(RIGHT_TO_LEFT),
        "words": _words(),
    }
    return {"setting": setting, "words": _words(), "senders": [item.name for item in settings.organisations]}


async def worker(call: Call) -> web.StreamResponse:
    """`GET /controle/worker.js`: keeps the page for when there is no line."""
    found = ASSETS.answer("check/worker.js", None, call.request.headers.get("If-None-Match"), packed=False)
    assert found is not None  # we ship it
    found.headers["Service-Worker-Allowed"] = vouching.PAGE
    found.headers["Content-Security-Policy"] = (
        "default-src 'none'; connect-src 'self'"  # a worker has a policy of its own
    )
    return found


class Standing:
    """What holds of every notice that has not expired, read at most once a second. Belongs to one event loop."""

    def __init__(self, store: Database, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._turn = asyncio.Lock()
        self._said, self._until = "", 0.0

    async def now(self) -> str:
        """As the page reads it."""
        async with self._turn:
            if self._clock.monotonic() >= self._until:
                self._said = await self._store.read(told, self._clock.now())
                self._until = self._clock.monotonic() + _BELIEVED_IN
            return self._said


STANDING = web.AppKey("standing", Standing)


def told(conn: Connection, now: datetime) -> str:
    """What holds of every notice at an instant, as the page reads it."""
    found = [item.model_dump(mode="json", exclude_none=True) for item in vouching.standing(conn, now)]
    return json.dumps({"notices": found}, separators=(",", ":"))


async def standing(call: Call) -> Answer:
    """`GET /controle/stand.json`: number, state and digest of the notices that have not expired; no text."""
    said = await call.request.app[STANDING].now()
    return Answer(200, said, {"Content-Type": "application/json", "Cache-Control": _CACHED})
