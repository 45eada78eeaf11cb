"""What a display accepted last, on disk: written after every check and before anything is shown.

The file holds signed things only (the root, its certificate, the board), so that whatever was damaged
or altered is found when it is read, by the same checks that let it in.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from broadcaster.boards.refusals import Refusal
from broadcaster.boards.verifying import Board, Display, KeySet, verify
from broadcaster.model.board import Mode
from broadcaster.seal import SignatureError, fingerprint, public_key, unpack

_ALWAYS = datetime.min.replace(tzinfo=UTC)  # the dates were checked when the board was accepted
_MAX_BYTES = 1024 * 1024


class StateRefused(Exception):
    """The state file cannot be relied on; `reason` says why."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


class Ratchet:
    """The board held for one display; `take` moves it, and only `take`. Without a file it forgets at exit."""

    def __init__(self, file: Path | None, held: Board | None) -> None:
        self._file = file
        self.held = held

    def take(self, board: Board) -> None:
        """Keep a verified board; StateRefused when it cannot be written, and then nothing has moved."""
        if self._file is not None:
            try:
                write_durably(self._file, _as_text(board))
            except OSError as error:
                raise StateRefused(Refusal.STATE_UNWRITABLE) from error
        self.held = board


@contextmanager
def open_ratchet(file: Path | None, point: str, mode: Mode) -> Iterator[Ratchet]:
    """The ratchet of one display, for this process alone; StateRefused when it cannot be relied on."""
    if file is None:
        yield Ratchet(None, None)
        return
    with _alone(file):
        yield Ratchet(file, load(file, point, mode))


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    # Two processes that each remember what they read would take turns in setting the other back.
    try:
        descriptor = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateRefused(Refusal.STATE_UNWRITABLE) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise StateRefused(Refusal.STATE_BUSY) from error
    finally:
        os.close(descriptor)  # lets go of the lock, as does the death of the process


def load(file: Path, point: str, mode: Mode) -> Board | None:
    """What was accepted last, checked again; None when there is no file yet; else StateRefused."""
    try:
        with file.open("rb") as opened:
            content = opened.read(_MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateRefused(Refusal.STATE_DAMAGED) from error
    try:
        return _from_json(json.loads(content), point, mode)
    except (SignatureError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateRefused(Refusal.STATE_DAMAGED) from error


def _from_json(content: Any, point: str, mode: Mode) -> Board:
    root, token = public_key(content["root"]), str(content["board"])
    keys = KeySet(root, {unpack(token).kid: str(content["certificate"])})
    owner = Display(str(content["point"]), Mode(content["mode"]), fingerprint(root))
    verdict = verify(token, keys, owner, None, _ALWAYS)
    if not isinstance(verdict, Board):
        raise StateRefused(Refusal.STATE_DAMAGED)
    if (owner.point, owner.mode) != (point, mode):
        raise StateRefused(Refusal.STATE_FOREIGN)
    return verdict


def _as_text(board: Board) -> str:
    content = {
        "point": board.payload.point,
        "mode": board.payload.mode,
        "root": board.root.as_dict(private=False),
        "certificate": board.certificate,
        "board": board.token,
    }
    return json.dumps(content, indent=1)


def _pass(_step: str) -> None:
    pass


def write_durably(
    file: Path, text: str, passed: Callable[[str], None] = _pass, sync: Callable[[int], None] = os.fsync
) -> None:
    """Replace `file` as a whole: a power cut leaves the old text or the new one (rename(2), fsync(2)).

    `passed` is told each step as it is done; `sync` brings a descriptor's file to disk.
    """
    fresh = Path(f"{file}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        passed("opened")
        opened.write(text)
        opened.flush()
        passed("written")
        sync(opened.fileno())
    passed("synced")
    fresh.replace(file)
    passed("renamed")
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        sync(folder)
    finally:
        os.close(folder)
    passed("kept")
