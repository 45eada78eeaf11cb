"""What pages ship, over HTTP."""

from aiohttp import web

from broadcaster.pages.assets import ASSETS
from broadcaster.web.calls import Call
from broadcaster.workflow.refusals import not_found

__all__ = ["ASSETS", "show"]


async def show(call: Call) -> web.StreamResponse:
    """`GET /assets/{name}`."""
    found = ASSETS.asked(call.request, call.request.match_info["name"])
    if found is None:
        raise not_found("Dit bestand")
    return found
