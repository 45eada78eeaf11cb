"""Pages for people: HTML from the templates, under a policy that lets nothing run that we did not ship."""

from collections.abc import Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from broadcaster import data
from broadcaster.pages.assets import ASSETS
from broadcaster.render.languages import tag

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; frame-src 'self';"
    " media-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)
"""No script and no style in the page itself: a text that somebody managed to smuggle in does nothing (CSP level 3)."""


_NO_USE = "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), serial=()"
"""What no page of ours asks a browser for, so that nothing smuggled in can (W3C Permissions Policy)."""
HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": _NO_USE,
}
"""What stands on the answer that holds a page."""


def environment(*folders: str) -> Environment:
    """Templates from folders of `templates/`, the first that has one; everything escaped, a missing value an error."""
    found = Environment(
        loader=FileSystemLoader([data.find("templates") / folder for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["asset"] = ASSETS.url
    found.filters["tag"] = tag
    return found
