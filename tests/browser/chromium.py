"""The system's own Chromium, kept on this machine: it resolves no name but the ones below."""

import os
import shlex
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Playwright

PROGRAM = Path("/usr/bin/chromium")
LAN_NAME = "scherm.lan"
"""A name on a local network that a browser does not trust over plain http: no WebCrypto, no service worker."""
_NAMES = f"MAP {LAN_NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
_PORT = "DevToolsActivePort"
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


async def launch_at(playwright: Playwright, at: Sequence[str], disk: Path, **options: Any) -> BrowserContext:
    """A browser that keeps what it knows on a disk of its own, started elsewhere by the command `at`."""
    program = disk.with_name(f"{disk.name}.sh")
    program.write_text(f'#!/bin/sh\nexec {shlex.join(at)} {PROGRAM} "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    return await playwright.chromium.launch_persistent_context(
        disk, executable_path=program, args=list(_ARGUMENTS), locale="nl-NL", **options
    )


def start_on_disk(folder: Path) -> "subprocess.Popen[bytes]":
    """A browser that keeps what it knows in a folder and finds it there again, in a group of processes of its own."""
    (folder / _PORT).unlink(missing_ok=True)
    own = ("--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", "--lang=nl-NL", "about:blank")
    return subprocess.Popen(
        [str(PROGRAM), *_ARGUMENTS, *own],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def port_of(folder: Path, process: "subprocess.Popen[bytes]", patience_in: float = 30.0) -> int:
    """Where such a browser listens, once it does."""
    until = time.monotonic() + patience_in
    while time.monotonic() < until and process.poll() is None:
        with suppress(FileNotFoundError, ValueError, IndexError):
            return int((folder / _PORT).read_text().splitlines()[0])
        time.sleep(0.05)
    raise TimeoutError("the browser does not listen")
