"""What a display makes sure of before it shows a board. Pure: bytes, keys and a clock reading in, a verdict out.

The order is part of the design: nothing signed is read before its key is known to come from the
pinned root, and nothing is compared with what was stored before it is known to be for this display.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from broadcaster.boards.refusals import Refusal, Refused
from broadcaster.boards.signing import BOARD_TYP
from broadcaster.model.board import BoardPayload, Mode
from broadcaster.seal import (
    Certificate,
    SignatureError,
    SigningKey,
    Unsigned,
    fingerprint,
    public_key,
    read_certificate,
    unpack,
    verified_text,
)

Content = TypeVar("Content", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Display:
    """Who asks: the board of which point, in which mode, under which root (its fingerprint)."""

    point: str
    mode: Mode
    root: str


@dataclass(frozen=True, slots=True)
class Board:
    """A board that passed, byte for byte, with what is needed to check it again later."""

    payload: BoardPayload
    token: str
    certificate: str
    root: SigningKey


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The very board that was accepted before."""

    board: Board


Verdict = Board | Unchanged | Refused


@dataclass(frozen=True, slots=True)
class KeySet:
    """The members of a JWK set that concern one pinned root. Certificates are read when needed."""

    root: SigningKey
    certificates: Mapping[str, str]


def root_of(key_set: Any, fingerprint_pinned: str) -> KeySet | Refused:
    """The hub's keys (parsed JSON from anyone) as seen from the pinned root."""
    try:
        roots = [public_key(member) for member in key_set["roots"]]
        keys = {str(member["kid"]): str(member["certificate"]) for member in key_set["keys"]}
    except (SignatureError, KeyError, TypeError, AttributeError):
        return Refused(Refusal.MALFORMED)
    for root in roots:
        if fingerprint(root) == fingerprint_pinned:
            return KeySet(root, keys)
    return Refused(Refusal.WRONG_ROOT)


def offered_root(key_set: Any, mode: Mode) -> str | None:
    """The fingerprint of the root a hub claims for `mode`: only for those who trust on first use."""
    try:
        claimed = [public_key(member) for member in key_set["roots"] if member["mode"] == mode.value]
    except (SignatureError, KeyError, TypeError, AttributeError):
        return None
    return fingerprint(claimed[0]) if claimed else None


def verify(token: str, keys: KeySet, display: Display, held: Board | None, now: datetime) -> Verdict:
    """The verdict on a board from anyone. `held` is what this display accepted last."""
    try:
        claim = unpack(token)
    except SignatureError:
        return Refused(Refusal.MALFORMED)
    certificate = certified(claim, keys, display, held, now)
    if isinstance(certificate, Refused):
        return certificate
    payload = content_of(claim, BOARD_TYP, BoardPayload, certificate)
    if isinstance(payload, Refused):
        return payload
    refusal = _not_for(payload, certificate, display)
    if refusal:
        return Refused(refusal)
    return _against(held, Board(payload, token, keys.certificates[claim.kid], keys.root))


def certified(
    claim: Unsigned, keys: KeySet, display: Display, held: Board | None, now: datetime
) -> Certificate | Refused:
    """The certificate of the key that this claims to be signed with, when its root vouches for it now."""
    if claim.kid not in keys.certificates:
        return Refused(Refusal.UNKNOWN_KEY)
    try:
        certificate = read_certificate(keys.certificates[claim.kid], keys.root)
    except SignatureError:
        return Refused(Refusal.UNCERTIFIED_KEY)
    if (certificate.kid, certificate.mode, fingerprint(keys.root)) != (claim.kid, display.mode, display.root):
        return Refused(Refusal.UNCERTIFIED_KEY)
    if certificate.not_after <= _not_before(held, certificate.epoch, now):
        return Refused(Refusal.KEY_EXPIRED)
    if held is not None and certificate.epoch < held.payload.epoch:
        return Refused(Refusal.KEY_REPLACED)
    return certificate


def _not_before(held: Board | None, epoch: int, now: datetime) -> datetime:
    # A display's clock may have fallen back to 1970; what it accepted is proof that it is later. Only
    # within an epoch: a stolen key that dated a board far ahead must not rule out its successor.
    if held is not None and held.payload.epoch == epoch:
        return max(now, held.payload.issued_at)
    return now


def content_of(claim: Unsigned, typ: str, model: type[Content], certificate: Certificate) -> Content | Refused:
    """What the certified key signed as `typ`."""
    try:
        return model.model_validate_json(verified_text(claim, typ, certificate.key))
    except SignatureError:
        return Refused(Refusal.BAD_SIGNATURE)
    except ValidationError:
        return Refused(Refusal.MALFORMED)


def _not_for(payload: BoardPayload, certificate: Certificate, display: Display) -> Refusal | None:
    if payload.epoch != certificate.epoch:
        return Refusal.WRONG_EPOCH
    if payload.issued_at > certificate.not_after:
        return Refusal.KEY_EXPIRED
    if payload.mode is not display.mode:
        return Refusal.WRONG_MODE
    if payload.point != display.point:
        return Refusal.WRONG_POINT
    return None


def _against(held: Board | None, board: Board) -> Verdict:
    if held is None or board.payload.epoch > held.payload.epoch:
        return board
    if board.payload.seq > held.payload.seq:
        return board
    if board.payload.seq < held.payload.seq:
        return Refused(Refusal.OLDER)
    return Unchanged(held) if board.token == held.token else Refused(Refusal.CONFLICT)
