"""Heads of the journal that went out: every signed board carries the one of its hour.

Whoever owns the hub's disk can write the journal anew, and the file beside it too. The boards that displays, relays and
backups keep he cannot: what stands in one of them must still stand in the journal.
"""

from collections.abc import Iterable

from pydantic import ValidationError

from broadcaster.boards.signing import BOARD_TYP
from broadcaster.model.board import BoardPayload
from broadcaster.seal import BoardSigner, SignatureError, read_certificate, unpack, verified_text


def head_in(board: str, signers: Iterable[BoardSigner]) -> str | None:
    """The hash of the journal's head when a board was signed; None in one that carries none. SignatureError when it
    is no board, or no key of ours signed it: also one that has expired did."""
    claim = unpack(board)
    for signer in signers:
        for token in signer.certificates:
            certificate = read_certificate(token, signer.root)
            if certificate.kid == claim.kid:
                return _payload(verified_text(claim, BOARD_TYP, certificate.key)).journal_head
    raise SignatureError("no key of this hub signed this board")


def _payload(text: str) -> BoardPayload:
    try:
        return BoardPayload.model_validate_json(text)
    except ValidationError as error:
        raise SignatureError("this is no board") from error
