"""A hub's word, signed every minute, that a board is still the newest: a silence is seen, and a clock has a floor.

Ours to define: a compact JWS (`typ` below) by the key that signs the boards. "Not modified" is signed by nobody, and a
board without news only hourly: whoever holds a display on an old board on purpose cannot make these.
"""

from collections.abc import Callable
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from broadcaster.boards.refusals import Refusal, Refused
from broadcaster.boards.serving import Boards, Place
from broadcaster.boards.verifying import Board, Display, KeySet, certified, content_of
from broadcaster.model.board import MAX_SEQ, Mode
from broadcaster.model.draft import Name
from broadcaster.seal import BoardSigner, SignatureError, sign_text, unpack

HEARTBEAT_TYP = "omroeper-heartbeat+json"
BEAT_IN = 60.0
"""Seconds from one to the next."""


class Heartbeat(BaseModel):
    """What is signed: at `at` the newest board of this point had this number. Unknown members are left alone."""

    model_config = ConfigDict(frozen=True)
    mode: Mode
    point: Name
    epoch: int = Field(strict=True, ge=1)
    seq: int = Field(strict=True, ge=1, le=MAX_SEQ)
    at: AwareDatetime
    journal_head: str | None = None


def verify(token: str, keys: KeySet, display: Display, held: Board | None, now: datetime) -> Heartbeat | Refused:
    """The verdict on a heartbeat from anyone. `held` is the board that this display accepted last."""
    try:
        claim = unpack(token)
    except SignatureError:
        return Refused(Refusal.MALFORMED)
    certificate = certified(claim, keys, display, held, now)
    if isinstance(certificate, Refused):
        return certificate
    beat = content_of(claim, HEARTBEAT_TYP, Heartbeat, certificate)
    if isinstance(beat, Refused):
        return beat
    if beat.epoch != certificate.epoch or beat.at > certificate.not_after:
        return Refused(Refusal.WRONG_EPOCH)
    if (beat.point, beat.mode) != (display.point, display.mode):
        return Refused(Refusal.WRONG_POINT)
    return beat


class Heart:
    """The hub's: each board's word of this minute, signed when the first one asks for it."""

    def __init__(self, signer_of: Callable[[Mode], BoardSigner], boards: Boards) -> None:
        self._signer_of, self._boards = signer_of, boards
        self._at: datetime | None = None
        self._journal_head: str | None = None
        self._said: dict[Place, tuple[int, str]] = {}

    def beat(self, at: datetime, journal_head: str | None) -> None:
        """From here on the boards that are served were the newest at `at`. Who cannot say so any more, stays silent:
        the last word stands with its instant."""
        self._at, self._journal_head = at, journal_head
        self._said.clear()

    def of(self, point: str, mode: Mode) -> str | None:
        """The newest word on a board; None when there is none yet."""
        board = self._boards.current(point, mode)
        if board is None or self._at is None:
            return None
        seq, token = self._said.get((point, mode), (0, ""))
        if seq != board.seq:
            token = self._signed(point, mode, board.seq, self._at)
            self._said[point, mode] = (board.seq, token)
        return token

    def _signed(self, point: str, mode: Mode, seq: int, at: datetime) -> str:
        signer, head = self._signer_of(mode), self._journal_head
        beat = Heartbeat(mode=mode, point=point, epoch=signer.epoch, seq=seq, at=at, journal_head=head)
        return sign_text(beat.model_dump_json(), HEARTBEAT_TYP, signer.key)
