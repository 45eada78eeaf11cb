"""Secrets at rest and signatures: sealed addresses, look-up marks, Ed25519 keys and what they sign."""

from broadcaster.seal.cap_key import CapSigner
from broadcaster.seal.certificate import MODES, Certificate, certify, read_certificate
from broadcaster.seal.id_token import load_client_key
from broadcaster.seal.keys import (
    BoardSigner,
    KeysError,
    create_keys,
    load_cap_signer,
    load_seal,
    load_signer,
    rotate_signer,
)
from broadcaster.seal.sealing import Seal, SealError
from broadcaster.seal.signature import (
    SignatureError,
    SigningKey,
    Unsigned,
    fingerprint,
    new_key,
    public_key,
    sign_text,
    unpack,
    verified_text,
)

__all__ = [
    "MODES",
    "BoardSigner",
    "CapSigner",
    "Certificate",
    "KeysError",
    "Seal",
    "SealError",
    "SignatureError",
    "SigningKey",
    "Unsigned",
    "certify",
    "create_keys",
    "fingerprint",
    "load_cap_signer",
    "load_client_key",
    "load_seal",
    "load_signer",
    "new_key",
    "public_key",
    "read_certificate",
    "rotate_signer",
    "sign_text",
    "unpack",
    "verified_text",
]
