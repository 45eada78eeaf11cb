"""Boards leave signed; the keys to check them travel with their root's certificates."""

from collections.abc import Iterable
from typing import Any

from broadcaster.model.board import BoardPayload
from broadcaster.seal import (
    BoardSigner,
    CapSigner,
    Certificate,
    SigningKey,
    fingerprint,
    read_certificate,
    sign_text,
)

BOARD_TYP = "omroeper-board+json"


def sign(payload: BoardPayload, signer: BoardSigner) -> str:
    """The board as a compact JWS; ValueError when the payload is not of the signer's mode and epoch."""
    if (payload.mode, payload.epoch) != (signer.mode, signer.epoch):
        raise ValueError(f"a board of {payload.mode} epoch {payload.epoch} is not for this key")
    return sign_text(payload.model_dump_json(), BOARD_TYP, signer.key)


def key_set(signers: Iterable[BoardSigner], cap_signers: Iterable[CapSigner] = ()) -> dict[str, Any]:
    """What `GET /v1/keys` gives: a JWK set (RFC 7517) of the online keys of every mode, newest first.

    Each key has its `mode`, `epoch` and the root's `certificate` as extra members; the roots stand
    apart under `roots`, since they sign no boards, and so do the keys of CAP documents under `cap` (section 5 allows
    it, and readers that do not know them pass them by).
    """
    found = list(signers)
    return {
        "keys": [_member(token, signer.root) for signer in found for token in signer.certificates],
        "roots": [_public(signer.root) | {"mode": signer.mode} for signer in found],
        "cap": [signer.jwk for signer in cap_signers],
    }


def _member(token: str, root: SigningKey) -> dict[str, Any]:
    certificate = read_certificate(token, root)
    return _public(certificate.key) | _described(certificate) | {"certificate": token}


def _described(certificate: Certificate) -> dict[str, Any]:
    return {
        "mode": certificate.mode,
        "epoch": certificate.epoch,
        "not_after": certificate.not_after.isoformat(),
    }


def _public(key: SigningKey) -> dict[str, Any]:
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": key.as_dict(private=False)["x"],
        "kid": fingerprint(key),
        "use": "sig",
        "alg": "Ed25519",
    }


def keys_of(certified: Iterable[tuple[str, SigningKey, str]]) -> dict[str, Any]:
    """The key set that a relay gives: the certificate of each board it holds, with its root and its mode."""
    found = {token: (root, mode) for token, root, mode in certified}
    roots = {fingerprint(root): _public(root) | {"mode": mode} for root, mode in found.values()}
    return {"keys": [_member(token, root) for token, (root, _) in found.items()], "roots": list(roots.values())}
