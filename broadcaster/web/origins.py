"""Where a request comes from: the site of the page that made it, and the address of who made it.

A browser sends a session's cookie along whoever wrote the form, so an unsafe request must say that a page of ours made
it: `Sec-Fetch-Site: same-origin` (W3C Fetch Metadata), or from a browser without it, an `Origin` that is ours (RFC
6454). `none`, a request that no page made, is refused too: no address bar and no bookmark makes one that changes
something. A bearer token is no cookie: nothing sends it unasked.
"""

from ipaddress import ip_address

from aiohttp import web

from broadcaster.settings.sections import Hub
from broadcaster.web.callers import COOKIE
from broadcaster.web.problems import Problem

_PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def refuse_foreign(request: web.Request, hub: Hub, *, page: bool) -> None:
    """A problem for an unsafe request that another site's page may have made.

    Without a session there is nothing to abuse but a page's own form, for signing in: there a client that says nothing
    passes, since it is no browser.
    """
    if request.method in _SAFE:
        return
    with_session = COOKIE in request.cookies
    if not (with_session or page):
        return
    sites, origins = request.headers.getall("Sec-Fetch-Site", []), request.headers.getall("Origin", [])
    if sites:
        ours = sites == ["same-origin"]
    elif origins:
        ours = len(origins) == 1 and _is_ours(origins[0], request, hub)
    else:
        ours = not with_session
    if not ours:
        raise Problem("foreign", "Dit verzoek kwam niet van een pagina van deze centrale. Open de pagina opnieuw.")


def _is_ours(origin: str, request: web.Request, hub: Hub) -> bool:
    """Whether an origin is the host that was asked, or the public one."""
    scheme, _, host = origin.lower().partition("://")
    if scheme not in ("http", "https") or not host:
        return False
    return host == request.headers.get("Host", "").lower() or origin.lower() == hub.origin


def is_local(request: web.Request) -> bool:
    """Whether somebody on this machine asks for themselves. What a proxy passes on says so in a header."""
    passed_on = any(name in request.headers for name in _PASSED_ON)
    try:
        return not passed_on and ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


def peer(request: web.Request, hub: Hub) -> str:
    """The address a request came from: the last in X-Forwarded-For that is no proxy of ours, where a proxy of ours
    says so; else who connected."""
    address = request.remote or ""
    passed_on = ",".join(request.headers.getall("X-Forwarded-For", []))
    for hop in reversed([hop.strip() for hop in passed_on.split(",") if hop.strip()]):
        if not hub.is_proxy(address):
            break
        address = hop
    return address
