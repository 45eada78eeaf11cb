"""What providers send us: `POST` or `GET /hooks/{account}/{key}`. Kept before it is answered, and read later."""

from broadcaster.channel import Inbound
from broadcaster.store.answers import Answer
from broadcaster.web import bodies
from broadcaster.web.calls import Call
from broadcaster.workflow.refusals import not_found

# Said by whom and over which line is of no use to an adapter, and the rest may be about people.
_LEFT_OUT = {"authorization", "cookie", "forwarded", "x-forwarded-for", "x-real-ip"}


async def receive(call: Call) -> Answer:
    """Keep a provider's request. A wrong account or key does not show which of the two it was."""
    request = call.request
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() not in _LEFT_OUT}
    inbound = Inbound(await bodies.read(request), headers, dict(request.query))
    place = request.match_info
    if not await call.parts.hook(place["account"], place["key"], inbound):
        raise not_found("Dit adres")
    return Answer(204)
