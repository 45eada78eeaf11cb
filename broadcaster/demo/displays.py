"""The displays of the support points: each pulls its board over HTTP and believes only what it can check."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from random import Random
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from broadcaster.boards.client import Reader, Source
from broadcaster.boards.ratchet import Ratchet, open_ratchet
from broadcaster.boards.refusals import Refused
from broadcaster.boards.showing import Shown, show
from broadcaster.boards.verifying import Board, Display, KeySet, verify
from broadcaster.clock import SystemClock
from broadcaster.demo.premises import Premises
from broadcaster.model.board import Mode
from broadcaster.seal import fingerprint, unpack


class Displays:
    """One display per support point, each following its board until the end."""

    def __init__(self, session: aiohttp.ClientSession, hub: str, premises: Premises, mode: Mode, seed: int) -> None:
        self._clock = SystemClock()
        self._ratchets = ExitStack()
        self._readers = {
            point: Reader(
                session,
                Source(URL(hub), point, mode, token),
                self._ratchets.enter_context(_ratchet(premises, point, mode)),
                self._clock,
                root=premises.roots[mode.value],
            )
            for point, token in premises.screens.items()
        }
        self._random = Random(f"displays {seed}")  # noqa: S311 - spreads reconnections, guards nothing
        self._following: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._following = [asyncio.create_task(self._follow(reader)) for reader in self._readers.values()]
        return self

    async def _follow(self, reader: Reader) -> None:
        async for _ in reader.follow(self._random):
            pass

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)
        self._ratchets.close()

    def boards(self, alert: str) -> dict[str, dict[str, Any]]:
        """Of each point the number of the board that its display accepted (0 before the first), and
        whether that board was verified and shows the alert."""
        return {point: _as_shown(reader.held, alert, self._clock) for point, reader in self._readers.items()}

    def fooled(self) -> list[str]:
        """The points whose display takes a forged copy of its own board: there must be none."""
        held = {point: reader.held for point, reader in self._readers.items()}
        return [point for point, board in held.items() if board is not None and _takes_forgery(board, self._clock)]


def _ratchet(premises: Premises, point: str, mode: Mode) -> AbstractContextManager[Ratchet]:
    return open_ratchet(premises.folder / f"display.{point}.{mode}.json", point, mode)


def _as_shown(board: Board | None, alert: str, clock: SystemClock) -> dict[str, Any]:
    if board is None:
        return {"seq": 0, "verified": False}
    shown = show(board, clock.now())
    return {"seq": board.payload.seq, "verified": isinstance(shown, Shown) and _names(shown, alert)}


def _names(shown: Shown, alert: str) -> bool:
    return any(notice.alert == alert for notice in shown.notices)


def _takes_forgery(board: Board, clock: SystemClock) -> bool:
    """Whether a board passes of which one letter of the signed text is another."""
    forged = with_another_letter(board.token)
    keys: Mapping[str, str] = {unpack(board.token).kid: board.certificate}
    display = Display(board.payload.point, board.payload.mode, fingerprint(board.root))
    return not isinstance(verify(forged, KeySet(board.root, keys), display, None, clock.now()), Refused)


def with_another_letter(token: str) -> str:
    """A signed board of which one letter of what it says is another."""
    head, text, signature = token.split(".")
    middle = len(text) // 2
    return ".".join((head, text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :], signature))
