"""A reader of boards over HTTP: the display's, the relay's and the command line's way in.

Nothing that comes over the wire is believed: a board passes `verifying`, is kept by the ratchet, and
only then given to the caller. "Not modified" is unsigned, and so changes nothing but the line's state.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp
from yarl import URL

from broadcaster.boards.ratchet import Ratchet, StateRefused
from broadcaster.boards.refusals import Refusal, Refused
from broadcaster.boards.serving import etag_of
from broadcaster.boards.verifying import Board, Display, KeySet, Unchanged, offered_root, root_of, verify
from broadcaster.clock import Clock
from broadcaster.model.board import Mode
from broadcaster.seal import fingerprint

WAIT_IN = 30.0
"""How long the hub may hold a long poll, in seconds (the contract's `wait`)."""
POLL_IN = 5.0
"""Seconds between polls of a source that does not hold them."""
BACKOFF_IN = 0.5
BACKOFF_CAP_IN = 10.0
"""Thousands of displays find a hub again within 30 s, and never all in one second: the wait is anything
up to a bound that doubles from the first to the second of these, in seconds."""
_ANSWER_IN = 15.0
_MAX_BYTES = 128 * 1024
_BOARDS = "/v1/boards/"
_KEY_REFUSALS = {Refusal.UNKNOWN_KEY, Refusal.UNCERTIFIED_KEY, Refusal.KEY_EXPIRED}  # the hub may have new ones


@dataclass(frozen=True, slots=True)
class Source:
    """Where to read which board. `token` is a display's or a person's."""

    hub: URL
    point: str
    mode: Mode = Mode.LIVE
    token: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, point: str | None, mode: Mode, token: str | None) -> "Source":
        """From the address of a hub with a point, or of a board; ValueError says what is wrong."""
        given = URL(url)
        if given.scheme not in ("http", "https") or not given.host:
            raise ValueError("Give the address of a hub or a board, beginning with http:// or https://.")
        path, _, named = given.path.partition(_BOARDS)
        if point and named and point != named:
            raise ValueError("The URL and --point name different points: leave one out.")
        if not (point or named):
            raise ValueError("Say which point: --point POINT, or the address of its board.")
        hub = given.with_path(path.rstrip("/") or "/").with_query(None).with_fragment(None)
        return cls(hub, point or named, mode, token)

    @property
    def board_url(self) -> URL:
        """The board's address; exercise boards are asked for by name."""
        url = self.hub / "v1" / "boards" / self.point
        return url if self.mode is Mode.LIVE else url.with_query(mode=self.mode.value)

    @property
    def keys_url(self) -> URL:
        """The key set's address."""
        return self.hub / "v1" / "keys"


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No usable answer; what is held stays. The sentence says what to do."""

    sentence: str


Answer = Board | Unchanged | Refused | Unavailable


class Reader:
    """Reads one board. `root` is the pinned fingerprint; `trust_first` takes the first root a hub
    shows, once, when nothing is pinned: only for who said so."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        source: Source,
        ratchet: Ratchet,
        clock: Clock,
        *,
        root: str | None = None,
        trust_first: bool = False,
    ) -> None:
        self._session = session
        self._source = source
        self._ratchet = ratchet
        self._clock = clock
        self._root = root
        self._trust_first = trust_first
        self._keys: KeySet | None = None

    @property
    def held(self) -> Board | None:
        """What was accepted last, also without a line."""
        return self._ratchet.held

    async def fetch(self, wait_in: float = 0.0) -> Answer:
        """Read once; the hub may hold the answer for `wait_in` seconds while nothing changes."""
        if self._root_differs():
            return Refused(Refusal.STATE_FOREIGN)
        try:
            return await self._fetch(wait_in)
        except _NoAnswer as error:
            return Unavailable(str(error))
        except StateRefused as error:
            return Refused(error.reason)

    async def follow(self, rng: Random, wait_in: float = WAIT_IN) -> AsyncIterator[Answer]:
        """Read for ever, one answer a round; failures and refusals are answers too, at growing distance."""
        failures = 0
        while True:
            began = self._clock.monotonic()
            answer = await self.fetch(wait_in if self.held else 0.0)
            yield answer
            failures = failures + 1 if isinstance(answer, Refused | Unavailable) else 0
            if failures:
                await self._clock.sleep(backoff(failures, rng))
            elif isinstance(answer, Unchanged) and self._clock.monotonic() - began < wait_in / 2:
                await self._clock.sleep(POLL_IN * rng.uniform(0.5, 1.0))

    def _root_differs(self) -> bool:
        return self.held is not None and self._root not in (None, fingerprint(self.held.root))

    async def _fetch(self, wait_in: float) -> Answer:
        token = await self._get_board(wait_in)
        if token is None:
            return Unchanged(self.held) if self.held else Refused(Refusal.MALFORMED)
        verdict = await self._verdict(token)
        if isinstance(verdict, Board):
            self._ratchet.take(verdict)
        return verdict

    async def _verdict(self, token: str) -> Board | Unchanged | Refused:
        known = self._keys
        keys = known or await self._get_keys()
        verdict = self._judge(token, keys)
        if known and isinstance(verdict, Refused) and verdict.reason in _KEY_REFUSALS:
            return self._judge(token, await self._get_keys())
        return verdict

    def _judge(self, token: str, keys: KeySet | Refused) -> Board | Unchanged | Refused:
        if isinstance(keys, Refused):
            return keys
        display = Display(self._source.point, self._source.mode, fingerprint(keys.root))
        return verify(token, keys, display, self.held, self._clock.now())

    async def _get_board(self, wait_in: float) -> str | None:
        """The board's bytes as text; None when the hub says it is the one we hold."""
        params: dict[str, str] = {}
        headers = self._authorised({"Accept": "application/jose"})
        if self.held:
            headers["If-None-Match"] = etag_of(self.held.token)
            if wait_in:
                params = {"after": str(self.held.payload.seq), "wait": f"{wait_in:g}"}
        status_code, body = await self._get(self._source.board_url.update_query(params), headers, wait_in)
        return None if status_code == 304 else body.decode("ascii", "replace")

    async def _get_keys(self) -> KeySet | Refused:
        _, body = await self._get(self._source.keys_url, self._authorised({"Accept": "application/json"}), 0.0)
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            return Refused(Refusal.MALFORMED)
        keys = self._pinned(content)
        self._keys = keys if isinstance(keys, KeySet) else None
        return keys

    def _pinned(self, content: Any) -> KeySet | Refused:
        pin = fingerprint(self.held.root) if self.held else self._root
        if pin is None and self._trust_first:
            pin = offered_root(content, self._source.mode)
        return Refused(Refusal.NO_ROOT) if pin is None else root_of(content, pin)

    def _authorised(self, headers: dict[str, str]) -> dict[str, str]:
        return headers | ({"Authorization": f"Bearer {self._source.token}"} if self._source.token else {})

    async def _get(self, url: URL, headers: dict[str, str], wait_in: float) -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(total=wait_in + _ANSWER_IN)
        try:
            # A redirect would carry the token to a place nobody named.
            async with self._session.get(url, headers=headers, timeout=timeout, allow_redirects=False) as response:
                if response.status not in (200, 304):
                    raise _NoAnswer(_explained(response.status))
                return response.status, await _body(response)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise _NoAnswer(f"No answer from {url.host}: check the address and the line.") from error


class _NoAnswer(Exception):
    pass


async def _body(response: aiohttp.ClientResponse) -> bytes:
    whole = b""
    async for chunk in response.content.iter_chunked(16 * 1024):
        whole += chunk
        if len(whole) > _MAX_BYTES:
            raise _NoAnswer(f"The answer is larger than {_MAX_BYTES} bytes: check that the URL is that of a hub.")
    return whole


def _explained(status_code: int) -> str:
    if status_code in (401, 403):
        return f"The hub does not admit this token ({status_code}): make one with 'omroeper token create --point'."
    if status_code == 404:
        return "The hub has no board for this point (404): check the URL and the point."
    return f"The hub answers {status_code}: look at the hub."


def backoff(failures: int, rng: Random) -> float:
    """Seconds to wait after so many failures in a row: anything up to a bound that doubles."""
    return rng.uniform(0.0, min(BACKOFF_CAP_IN, BACKOFF_IN * 2.0 ** min(failures, 10)))
