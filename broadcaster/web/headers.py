"""Headers that stand on every answer."""

from aiohttp import web

SOFTWARE = "omroeper"
"""Who answers; no version, which would only help who looks for a hole."""
API_VERSION = "1.0.0"
"""NL GOV REST API Design Rules, /core/version-header: the full version of the API."""
_EVERYWHERE = {
    "Server": SOFTWARE,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


_NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The policy of an answer that is no page."""


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add them to a response that is about to go out; what it says itself about caching and scripts stands."""
    response.headers.update(_EVERYWHERE)
    response.headers.setdefault("Content-Security-Policy", _NOTHING)
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cache-Control", "no-store")
    if request.path.startswith("/v1/"):
        response.headers["API-Version"] = API_VERSION
