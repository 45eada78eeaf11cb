"""The lines to the sources: who is asked, over which kind of TLS, and whether the hub itself is heard."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self

import aiohttp

from broadcaster.relay.clock import RelayClock
from broadcaster.relay.device import Device

UP_IN = 150.0
"""The hub speaks every minute; two missed and a half, and the line is gone."""
_ANSWER_IN = 15.0
_CONNECT_IN = 5.0
_MAX_BYTES = 512 * 1024
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME (OpenSSL, X509_VERIFY_PARAM_set_flags(3))
_LIVE_IN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a source answered. date: its clock, when it says that it has one."""

    status_code: int
    body: bytes
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """Whether the hub is heard, by whatever way. since: from when on it is as it is; None when it never was heard."""

    up: bool
    since: datetime | None = None


class Lines:
    """The sources of a relay, in order. trust: certificates of relays above it, beside those that everybody trusts."""

    def __init__(self, sources: Sequence[str], device: Device, clock: RelayClock, trust: Path | None = None) -> None:
        self.urls = tuple(sources)
        self._device, self._clock = device, clock
        self._tls = ssl.create_default_context()
        if trust is not None:
            self._tls.load_verify_locations(trust)
        self.session: aiohttp.ClientSession
        self._heard_at: float | None = None
        self._since: datetime | None = None
        self._was_up = False

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=0)
        self.session = aiohttp.ClientSession(connector=connector)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    def token_for(self, url: str) -> str | None:
        """The device's token, for the hub that gave it: it is nobody else's business."""
        return self._device.token if self.is_hub(url) else None

    def is_hub(self, url: str) -> bool:
        """Whether this source is the hub itself."""
        return url == self._device.hub

    def look(self) -> None:
        """A certificate has dates too: while the time is not proven they say nothing, but its chain and its name do."""
        if self._clock.is_known:
            self._tls.verify_flags &= ~ssl.VerifyFlags(_NO_CHECK_TIME)
        else:
            self._tls.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
        self.standing()

    async def ask(self, url: str, path: str, content: Any = None) -> Reply | None:
        """GET, or POST of JSON when there is content; None when there is no answer."""
        token = self.token_for(url)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        timeout = aiohttp.ClientTimeout(total=_ANSWER_IN, sock_connect=_CONNECT_IN)
        method = "GET" if content is None else "POST"
        options = {"headers": headers, "timeout": timeout, "allow_redirects": False, "json": content}
        try:
            async with self.session.request(method, url + path, **options) as response:
                body = await response.content.read(_MAX_BYTES)
                return Reply(response.status, body, _date(response.headers.get("Date")))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return None

    def heard(self, url: str, at: datetime, date: datetime | None) -> None:
        """The hub's word of `at` came in for the first time, by the source `url`, which said that it was `date`.

        Over TLS the source's clock is no stranger's; and when its word is of this minute it hangs on the hub."""
        self._heard_at = self._clock.monotonic()
        if url.startswith("https://") and date is not None and timedelta() <= date - at + _LIVE_IN <= 2 * _LIVE_IN:
            self._clock.told(max(date, at))
        self.standing()

    def standing(self) -> Line:
        """How it stands."""
        up = self._heard_at is not None and self._clock.monotonic() - self._heard_at < UP_IN
        if up != self._was_up:
            self._was_up, self._since = up, self._clock.now()
        return Line(up, self._since)


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
