"""Pages of the console that are about something: in its dress, for who is signed in."""

from collections.abc import Mapping
from typing import Any

from broadcaster.model.cap import Status
from broadcaster.store.answers import Answer
from broadcaster.web import frames
from broadcaster.web.calls import Call
from broadcaster.web.console.dress import words_for
from broadcaster.web.console.times import Times


def times_for(call: Call) -> Times:
    """Times on the hub's clock, as of this request."""
    return Times(words_for(call.request), call.parts.house.settings.hub.zone, call.parts.clock.now())


def shown(call: Call, name: str, values: Mapping[str, Any], status: Status, status_code: int = 200) -> Answer:
    """A page about something of `status`."""
    return frames.dressed(call.request, call.caller, status, name, values, status_code)


def is_htmx(call: Call) -> bool:
    """Whether a script asks, for a piece of the page."""
    return "HX-Request" in call.request.headers
