"""One request on its way through: what its handler has, and what its answers look like."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from broadcaster.model.people import Caller
from broadcaster.store.answers import Answer
from broadcaster.web.parts import Parts


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose caller is known, admitted, and asks nothing unknown."""

    request: web.Request
    parts: Parts
    caller: Caller

    @property
    def id(self) -> str:
        """The id in the path."""
        return self.request.match_info["id"]


Handler = Callable[[Call], Awaitable[Answer | web.StreamResponse]]
"""Gives an answer; or the response itself, for what is no text or has no end."""


def given(content: Any, status_code: int = 200, **headers: str) -> Answer:
    """An answer with JSON in it. Headers are named with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Answer(status_code, body, {"Content-Type": "application/json", **named})


def listed(items: list[dict[str, Any]], cursor: str | None = None, **more: Any) -> Answer:
    """A page of a list."""
    return given({"items": items, "cursor": cursor, **more})
