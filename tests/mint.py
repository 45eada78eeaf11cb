"""A mint of boards: the roots and keys of both modes, and boards made with them, honest or not."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from broadcaster.boards.signing import BOARD_TYP, key_set, sign
from broadcaster.boards.snapshot import payload_for
from broadcaster.boards.verifying import Board, Display, root_of, verify
from broadcaster.model.board import Mode, Notice
from broadcaster.seal import (
    BoardSigner,
    Certificate,
    certify,
    fingerprint,
    new_key,
    sign_text,
)

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def make_signer(mode, root=None, epoch=1, not_after=NOW + timedelta(days=400), earlier=()):
    root, key = root or new_key(), new_key()
    token = certify(Certificate(mode, epoch, key, not_after), root)
    return BoardSigner(mode, epoch, fingerprint(key), not_after, key, root, (token, *earlier))


def make_notice(number=3, **changes):
    content = {
        "number": number,
        "alert": "01j" + "0" * 23,
        "status": "Actual",
        "severity": "Severe",
        "sender": "voorbeeldstad.example",
        "as_of": NOW,
        "expires": NOW + timedelta(hours=6),
        "languages": {"nl": {"headline": "Stroomuitval", "instruction": "Blijf thuis."}},
    }
    return Notice.model_validate(content | changes)


@dataclass(frozen=True)
class Mint:
    live: BoardSigner
    exercise: BoardSigner
    now = NOW

    notice = staticmethod(make_notice)
    signer = staticmethod(make_signer)

    def payload(self, seq=10, *, signer=None, point="noord", **changes):
        signer = signer or self.live
        status = "Actual" if signer.mode == "live" else "Exercise"
        payload = payload_for(
            point,
            Mode(signer.mode),
            seq,
            signer.epoch,
            NOW + timedelta(seconds=seq % 1000),
            [make_notice(status=status)],
        )
        return payload.model_copy(update=changes)

    def token(self, seq=10, *, signer=None, point="noord", **changes):
        return sign(self.payload(seq, signer=signer, point=point, **changes), signer or self.live)

    def forced(self, signer, **changes):
        """A board with members that an honest hub would never sign."""
        content = json.loads(self.payload(signer=signer).model_dump_json()) | changes
        return sign_text(json.dumps(content), BOARD_TYP, signer.key)

    def keys(self, *signers, pin=None):
        signers = signers or (self.live, self.exercise)
        return root_of(json.loads(json.dumps(key_set(signers))), pin or fingerprint(signers[0].root))

    def display(self, point="noord"):
        return Display(point, Mode.LIVE, fingerprint(self.live.root))

    def board(self, seq=10, signer=None):
        """A board as a display holds it after accepting it."""
        signer = signer or self.live
        display = Display("noord", Mode(signer.mode), fingerprint(signer.root))
        verdict = verify(self.token(seq, signer=signer), self.keys(signer), display, None, NOW)
        assert isinstance(verdict, Board)
        return verdict

    def next_epoch(self, **changes):
        """The live signer after its root certified the next key."""
        signer = make_signer("live", self.live.root, self.live.epoch + 1, earlier=self.live.certificates)
        return replace(signer, **changes)


@pytest.fixture(scope="session")
def mint():
    return Mint(make_signer("live"), make_signer("exercise"))
