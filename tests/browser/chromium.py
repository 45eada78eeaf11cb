"""The system's own Chromium, kept on this machine: it resolves no name but the ones below."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Playwright

PROGRAM = Path("/usr/bin/chromium")
LAN_NAME = "scherm.lan"
"""A name on a local network that a browser does not trust over plain http: no WebCrypto, no service worker."""
_NAMES = f"MAP {LAN_NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
_ARGUMENTS = (
    "--no-sandbox",  # tests run as root in containers, where Chromium's own sandbox cannot
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules={_NAMES}",
)


def require() -> None:
    """Leave the test out, with the reason, where there is no Chromium; in continuous integration it fails."""
    if PROGRAM.exists():
        return
    reason = f"{PROGRAM} is missing: run 'sudo apt-get install chromium'"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


async def launch(playwright: Playwright) -> Browser:
    """A browser without a window."""
    return await playwright.chromium.launch(executable_path=PROGRAM, args=list(_ARGUMENTS))


async def launch_on_disk(playwright: Playwright, folder: Path, **options: Any) -> BrowserContext:
    """A browser that keeps what it knows in a folder, and finds it there again."""
    return await playwright.chromium.launch_persistent_context(
        folder, executable_path=PROGRAM, args=list(_ARGUMENTS), locale="nl-NL", **options
    )
