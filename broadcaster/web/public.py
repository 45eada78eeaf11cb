"""What anybody may see: the public page, and what browsers and search engines ask for of their own accord."""

from aiohttp import web

from broadcaster.store.answers import Answer
from broadcaster.web.assets import ASSETS
from broadcaster.web.calls import Call
from broadcaster.web.pages import POLICY

_CACHED = "public, max-age=15, stale-while-revalidate=60"
"""A cache in front answers a whole town with one request in fifteen seconds (RFC 5861, section 3)."""
ROBOTS = "User-agent: *\nAllow: /$\nDisallow: /\n"


async def show(call: Call) -> Answer:
    """`GET /`: what is valid now."""
    page = call.parts.page()
    headers = {"ETag": page.etag, "Cache-Control": _CACHED, "Content-Security-Policy": POLICY}
    if call.request.headers.get("If-None-Match") == page.etag:
        return Answer(304, "", headers)
    return Answer(200, page.html, {**headers, "Content-Type": "text/html; charset=utf-8"})


async def robots(_call: Call) -> Answer:
    """`GET /robots.txt`: only the public page is worth finding."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "public, max-age=86400"}
    return Answer(200, ROBOTS, headers)


async def icon(call: Call) -> web.StreamResponse:
    """`GET /favicon.ico`, asked for by browsers whatever a page says."""
    found = ASSETS.answer("icons/live.svg", None, call.request.headers.get("If-None-Match"), packed=False)
    assert found is not None  # we ship it
    return found
