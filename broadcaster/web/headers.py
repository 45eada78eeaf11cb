"""Headers that stand on every answer."""

from collections.abc import MutableMapping

from aiohttp import web

from broadcaster.web.parts import PARTS

SOFTWARE = "omroeper"
"""Who answers; no version, which would only help who looks for a hole."""
API_VERSION = "1.0.0"
"""NL GOV REST API Design Rules, /core/version-header: the full version of the API."""
_EVERYWHERE = {
    "Server": SOFTWARE,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


_TLS_ONLY = "max-age=31536000"
"""A year (RFC 6797). A browser that came over plain http pays no heed to it."""
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The policy of an answer that is no page."""


_NOT_EXPECTED = b"Aan deze verwachting voldoen wij niet.\n"


def _unquoted(response: web.HTTPExpectationFailed) -> None:
    """aiohttp answers a foreign `Expect` before anything of ours is asked, and repeats it."""
    response.body = _NOT_EXPECTED
    response.headers["Content-Length"] = str(len(_NOT_EXPECTED))


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add them to a response that is about to go out; what it says itself about caching and scripts stands."""
    if isinstance(response, web.HTTPExpectationFailed):
        _unquoted(response)
    add(response.headers, request.path, request.app[PARTS].house.settings.hub.url)


def add(headers: MutableMapping[str, str], path: str, hub_url: str) -> None:
    """Add them to those of an answer to `path`."""
    headers.update(_EVERYWHERE)
    if hub_url.startswith("https://"):
        headers["Strict-Transport-Security"] = _TLS_ONLY
    headers.setdefault("Content-Security-Policy", _NOTHING)
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cache-Control", "no-store")
    if path.startswith("/v1/"):
        headers["API-Version"] = API_VERSION
