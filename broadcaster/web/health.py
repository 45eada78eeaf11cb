"""Calls of whoever watches over the process."""

import asyncio

from broadcaster.store.answers import Answer
from broadcaster.web.calls import Call, given

_ASKED_IN = 5.0  # a database that hangs is one that does not answer


async def live(_call: Call) -> Answer:
    """`GET /health/live`: the process answers."""
    return given({"live": True})


async def ready(call: Call) -> Answer:
    """`GET /health/ready`: it can do its work; else 503 with every reason."""
    try:
        async with asyncio.timeout(_ASKED_IN):
            reasons = await call.parts.ready()
    except TimeoutError:
        reasons = ["the parts do not answer in time"]
    return given({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)
