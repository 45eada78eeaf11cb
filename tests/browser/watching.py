"""What a browser complains about while a test runs: nothing may pass unseen."""

from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Request, WebError

from tests.browser.chromium import LAN_NAME

_NOT_OVER_HTTP = "The Cross-Origin-Opener-Policy header has been ignored"
"""Said of every page that comes over plain http under a name on the network: true, and no fault."""
_OURS = {"127.0.0.1", "localhost", LAN_NAME}


class Watch:
    """Gathers console errors, script errors and requests to other hosts; those that a test expects are let pass."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._expected: list[str] = [_NOT_OVER_HTTP]

    def expect(self, part: str) -> None:
        """A complaint that holds this text is part of the test: "ERR_CONNECTION_REFUSED" when it stops the server."""
        self._expected.append(part)

    def over(self, context: BrowserContext) -> None:
        """Watch every page of a context."""
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)

    @property
    def faults(self) -> list[str]:
        """What was seen and not expected."""
        return [seen for seen in self._seen if not any(part in seen for part in self._expected)]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._seen.append(f"console: {message.text} ({message.location.get('url')})")

    def _on_error(self, error: WebError) -> None:
        self._seen.append(f"script: {error.error}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and parts.hostname not in _OURS:
            self._seen.append(f"another host: {request.url}")
